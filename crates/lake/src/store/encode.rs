//! Rows as the bytes of a Parquet file.

use super::page_checksums::{ChecksumStores, ChecksummedColumn, ColumnPages};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{
    ArrowColumnWriter, ArrowRowGroupWriterFactory, ArrowWriterOptions, PageStoreFactory, compute_leaves,
};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
use std::sync::Arc;

/// Rows of one row group: a page of a grid never decodes more than one or two.
pub const ROW_GROUP_ROWS: usize = 131_072;
/// Rows of one Parquet page, the least that a reader has to decode.
pub(crate) const PAGE_ROWS: usize = 4_096;
/// Bytes of a column's dictionary in one row group. Reading one page needs the whole dictionary, so
/// columns of mostly different values soon go on without.
const DICTIONARY_BYTES: usize = 128 * 1024;
/// From this many rows on columns are encoded by several threads.
const ENCODE_ALONE_MAX: usize = 8_192;

pub(crate) fn parquet_properties() -> WriterProperties {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_created_by(crate::environment::ENGINE.to_owned())
        .build()
}

/// Encodes batches of one schema as they come; only one row group and the encoded bytes are in memory. Every page has its
/// checksum.
pub(crate) fn encode_parquet<E: From<ParquetError>>(
    schema: &SchemaRef,
    batches: impl Iterator<Item = Result<RecordBatch, E>>,
    properties: WriterProperties,
) -> Result<(Bytes, ParquetMetaData), E> {
    let mut buffer = Vec::new();
    let pages = Arc::new(ChecksumStores::default());
    let store = Arc::clone(&pages) as Arc<dyn PageStoreFactory>;
    let options = ArrowWriterOptions::new().with_properties(properties).with_page_store_factory(store);
    let writer = ArrowWriter::try_new_with_options(&mut buffer, SchemaRef::clone(schema), options)?;
    let (file, columns) = writer.into_serialized_writer()?;
    let mut groups = RowGroups { file, columns, pages, open: Vec::new(), rows: 0 };
    for batch in batches {
        groups.write(&batch?)?;
    }
    let metadata = groups.finish()?;
    Ok((buffer.into(), metadata))
}

/// One batch as a file.
pub(crate) fn encode_batch(batch: RecordBatch) -> Result<(Bytes, ParquetMetaData), ParquetError> {
    encode_parquet(&batch.schema(), std::iter::once(Ok::<_, ParquetError>(batch)), parquet_properties())
}

/// A file under way: whole row groups, and the columns of the one that is open.
struct RowGroups<'a> {
    file: SerializedFileWriter<&'a mut Vec<u8>>,
    columns: ArrowRowGroupWriterFactory,
    pages: Arc<ChecksumStores>,
    open: Vec<(ArrowColumnWriter, ColumnPages)>,
    rows: usize,
}

impl RowGroups<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        let mut at = 0;
        while at < batch.num_rows() {
            if self.open.is_empty() {
                let writers = self.columns.create_column_writers(self.file.flushed_row_groups().len())?;
                self.open = writers.into_iter().zip(self.pages.take()).collect();
            }
            let count = (batch.num_rows() - at).min(ROW_GROUP_ROWS - self.rows);
            self.write_columns(&batch.slice(at, count))?;
            at += count;
            self.rows += count;
            if self.rows == ROW_GROUP_ROWS {
                self.close_group()?;
            }
        }
        Ok(())
    }

    fn write_columns(&mut self, rows: &RecordBatch) -> Result<(), ParquetError> {
        let schema = rows.schema();
        let leaves = schema.fields().iter().zip(rows.columns()).map(|(field, column)| compute_leaves(field, column));
        let leaves: Vec<_> = leaves.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        if rows.num_rows() > ENCODE_ALONE_MAX {
            self.open.par_iter_mut().zip(&leaves).try_for_each(|((writer, _), leaf)| writer.write(leaf))
        } else {
            self.open.iter_mut().zip(&leaves).try_for_each(|((writer, _), leaf)| writer.write(leaf))
        }
    }

    fn close_group(&mut self) -> Result<(), ParquetError> {
        let open = std::mem::take(&mut self.open);
        let columns = if self.rows > ENCODE_ALONE_MAX {
            open.into_par_iter().map(close_column).collect::<Result<Vec<_>, _>>()?
        } else {
            open.into_iter().map(close_column).collect::<Result<Vec<_>, _>>()?
        };
        let mut group = self.file.next_row_group()?;
        for column in columns {
            column.append_to(&mut group)?;
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }

    fn finish(mut self) -> Result<ParquetMetaData, ParquetError> {
        if self.rows > 0 {
            self.close_group()?;
        }
        self.file.close()
    }
}

fn close_column((writer, pages): (ArrowColumnWriter, ColumnPages)) -> Result<ChecksummedColumn, ParquetError> {
    pages.close(&writer.close()?)
}
