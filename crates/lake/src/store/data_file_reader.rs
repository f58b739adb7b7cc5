//! Byte ranges of a data file for the Parquet decoder.

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use std::ops::Range;
use std::sync::Arc;

/// Bytes read from the end at once: most footers fit, so a remote file costs one request less.
const FOOTER_BYTES: usize = 64 * 1024;

/// More bytes than a file can have that is one object: 16 TiB. Sizes are bounded by it where they are read, so that a
/// million of them can be added up.
pub(crate) const FILE_BYTES_MAX: u64 = 1 << 44;

/// A data file in a store.
#[derive(Clone, Debug)]
pub(crate) struct DataFileReader {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) location: Path,
    /// Bytes, as the log has it.
    pub(crate) size: u64,
    /// The content, if it was read already.
    pub(crate) content: Option<Bytes>,
}

impl DataFileReader {
    /// A part of the content that was read already.
    fn part(content: &Bytes, range: &Range<u64>) -> Result<Bytes> {
        let ends = (usize::try_from(range.start).ok(), usize::try_from(range.end).ok());
        match ends {
            (Some(start), Some(end)) if start <= end && end <= content.len() => Ok(content.slice(start..end)),
            _ => Err(ParquetError::EOF("the file is shorter than its footer says".to_owned())),
        }
    }
}

impl AsyncFileReader for DataFileReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        if let Some(content) = &self.content {
            return std::future::ready(Self::part(content, &range)).boxed();
        }
        async move { self.store.get_range(&self.location, range).await.map_err(external) }.boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>>> {
        if let Some(content) = &self.content {
            return std::future::ready(ranges.iter().map(|range| Self::part(content, range)).collect()).boxed();
        }
        async move { self.store.get_ranges(&self.location, &ranges).await.map_err(external) }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        async move {
            let size = self.size;
            let reader =
                ParquetMetaDataReader::new().with_arrow_reader_options(options).with_prefetch_hint(Some(FOOTER_BYTES));
            Ok(Arc::new(reader.load_and_finish(self, size).await?))
        }
        .boxed()
    }
}

fn external(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}
