//! The rows of one data file, each by itself, so that single rows cost no decoding of their pages.
//!
//! A data file never changes, so its run never does. It is a cache: made from the file when its rows are
//! asked for from all over it, never the truth. Layout: header, every row in Arrow's row format with a
//! checksum of it and its position, where every row begins. It takes as much space as the rows without
//! compression. Checksums are looked at when a row is read; a power cut may leave half of a run.

use crate::cache::cached_file::read_exact_at;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::row::{RowConverter, SortField};
use std::fs::File;
use std::io::{BufWriter, Error, ErrorKind, Read, Result, Write};

/// First bytes of a file of rows, the last one is the version of the format.
const MAGIC: &[u8; 8] = b"sluiceR\x01";
const HEADER_BYTES: usize = 8 + 8 + 16;
const SUM_BYTES: usize = 4;

/// Writes a run, rows in the order of the data file.
pub(crate) struct RowRunWriter {
    into: BufWriter<File>,
    converter: RowConverter,
    /// Where every row begins, and where the next one would.
    offsets: Vec<u64>,
}

impl RowRunWriter {
    /// Begins a run of `rows` rows.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for columns that have no row format.
    pub(crate) fn new(file: File, schema: &SchemaRef, rows: u64) -> Result<Self> {
        let converter = converter(schema)?;
        let mut into = BufWriter::with_capacity(1 << 20, file);
        into.write_all(&header(schema, rows))?;
        let mut offsets = Vec::with_capacity(usize::try_from(rows).unwrap_or(0) + 1);
        offsets.push(HEADER_BYTES as u64);
        Ok(Self { into, converter, offsets })
    }

    pub(crate) fn append(&mut self, batch: &RecordBatch) -> Result<()> {
        let rows = self.converter.convert_columns(batch.columns()).map_err(Error::other)?;
        for row in &rows {
            let bytes = row.data();
            let number = self.offsets.len() as u64 - 1;
            self.into.write_all(bytes)?;
            self.into.write_all(&sum_of(number, bytes))?;
            let next = self.offsets.last().copied().unwrap_or(0) + (bytes.len() + SUM_BYTES) as u64;
            self.offsets.push(next);
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<()> {
        for offset in &self.offsets {
            self.into.write_all(&offset.to_le_bytes())?;
        }
        self.into.flush()
    }
}

/// Reads rows of a written run by their positions. `schema` and `rows` are those of the whole file.
///
/// # Errors
/// [`ErrorKind::InvalidData`] if the run is damaged, or of other columns or another number of rows.
pub(crate) fn read_rows(mut file: &File, schema: &SchemaRef, rows: u64, positions: &[u32]) -> Result<RecordBatch> {
    let damaged = || Error::from(ErrorKind::InvalidData);
    let mut head = [0; HEADER_BYTES];
    file.read_exact(&mut head)?;
    if head != header(schema, rows) {
        return Err(damaged());
    }
    let length = file.metadata()?.len();
    let directory = length.checked_sub((rows + 1) * 8).ok_or_else(damaged)?;
    let mut bytes = Vec::new();
    let mut ends = Vec::with_capacity(positions.len());
    for position in positions.iter().map(|position| u64::from(*position)) {
        if position >= rows {
            return Err(damaged());
        }
        let mut bounds = [0; 16];
        read_exact_at(file, &mut bounds, directory + position * 8)?;
        let (first, end) = (number(&bounds[..8]), number(&bounds[8..]));
        let size = end.checked_sub(first).filter(|_| end <= directory).ok_or_else(damaged)?;
        let size = usize::try_from(size).map_err(|_| damaged())?;
        let from = bytes.len();
        bytes.resize(from + size, 0);
        read_exact_at(file, &mut bytes[from..], first)?;
        let row_end = size.checked_sub(SUM_BYTES).ok_or_else(damaged)? + from;
        if bytes[row_end..] != sum_of(position, &bytes[from..row_end]) {
            return Err(damaged());
        }
        bytes.truncate(row_end);
        ends.push(row_end);
    }
    let converter = converter(schema)?;
    let parser = converter.parser();
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let rows = starts.zip(&ends).map(|(from, end)| parser.parse(&bytes[from..*end]));
    let columns = converter.convert_rows(rows).map_err(Error::other)?;
    RecordBatch::try_new(SchemaRef::clone(schema), columns).map_err(Error::other)
}

fn converter(schema: &SchemaRef) -> Result<RowConverter> {
    let fields: Vec<SortField> =
        schema.fields().iter().map(|field| SortField::new(field.data_type().clone())).collect();
    if fields.is_empty() || !RowConverter::supports_fields(&fields) {
        return Err(ErrorKind::Unsupported.into());
    }
    RowConverter::new(fields).map_err(Error::other)
}

/// What a run is of: the format, the number of rows, names and types of the columns.
fn header(schema: &SchemaRef, rows: u64) -> [u8; HEADER_BYTES] {
    let mut hasher = blake3::Hasher::new();
    for field in schema.fields() {
        hasher.update(format!("{}\0{:?}\0", field.name(), field.data_type()).as_bytes());
    }
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(MAGIC);
    header[8..16].copy_from_slice(&rows.to_le_bytes());
    header[16..].copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    header
}

fn sum_of(position: u64, row: &[u8]) -> [u8; SUM_BYTES] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&position.to_le_bytes());
    hasher.update(row);
    hasher.finalize().to_le_bytes()
}

fn number(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::{RowRunWriter, read_rows};
    use arrow::array::{
        ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, UInt32Array,
    };
    use arrow::compute::take_record_batch;
    use std::fs::File;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    fn batch(first: i64, rows: i64) -> RecordBatch {
        let numbers = first..first + rows;
        let some = |number: i64| (number % 7 != 3).then_some(number);
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("id", Arc::new(Int64Array::from_iter_values(numbers.clone()))),
            (
                "note",
                Arc::new(
                    numbers.clone().map(|n| some(n).map(|n| "ü".repeat((n % 90) as usize))).collect::<StringArray>(),
                ),
            ),
            (
                "price",
                Arc::new(
                    numbers
                        .clone()
                        .map(|n| some(n).map(|n| i128::from(n) * -3))
                        .collect::<Decimal128Array>()
                        .with_precision_and_scale(20, 2)
                        .unwrap(),
                ),
            ),
            ("at", Arc::new(numbers.map(some).collect::<TimestampMicrosecondArray>().with_timezone("UTC"))),
        ];
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
            .unwrap()
    }

    fn written(folder: &Path, rows: i64) -> (PathBuf, RecordBatch) {
        let (path, all) = (folder.join("a.rows"), batch(0, rows));
        let mut writer = RowRunWriter::new(File::create(&path).unwrap(), &all.schema(), rows as u64).unwrap();
        for first in (0..rows).step_by(100) {
            writer.append(&batch(first, 100.min(rows - first))).unwrap();
        }
        writer.finish().unwrap();
        (path, all)
    }

    #[test]
    fn any_rows_come_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let (path, all) = written(folder.path(), 1_234);
        for positions in [vec![], vec![0], vec![1_233], vec![3, 4, 99, 100, 777], (0..1_234).collect()] {
            let read = read_rows(&File::open(&path).unwrap(), &all.schema(), 1_234, &positions).unwrap();
            assert_eq!(read, take_record_batch(&all, &UInt32Array::from(positions)).unwrap());
        }
        let read = |rows, positions: &[u32]| read_rows(&File::open(&path).unwrap(), &all.schema(), rows, positions);
        assert!(read(1_234, &[1_234]).is_err(), "beyond the end");
        assert!(read(1_235, &[0]).is_err(), "another file's");
        let fewer = all.project(&[0, 1]).unwrap().schema();
        assert!(read_rows(&File::open(&path).unwrap(), &fewer, 1_234, &[0]).is_err(), "other columns");
    }

    #[test]
    fn a_damaged_row_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (path, all) = written(folder.path(), 40);
        let sound = std::fs::read(&path).unwrap();
        let positions: Vec<u32> = (0..40).collect();
        for at in 0..sound.len() {
            let mut damaged = sound.clone();
            damaged[at] ^= 0x10;
            std::fs::write(&path, &damaged).unwrap();
            assert!(read_rows(&File::open(&path).unwrap(), &all.schema(), 40, &positions).is_err(), "byte {at}");
        }
        for length in [0, 31, 40, sound.len() - 1] {
            std::fs::write(&path, &sound[..length]).unwrap();
            assert!(read_rows(&File::open(&path).unwrap(), &all.schema(), 40, &positions).is_err(), "{length} bytes");
        }
    }
}
