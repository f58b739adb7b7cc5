//! CRC-32 of every Parquet page, in its header.
//!
//! The Parquet writer leaves the field `crc` of the format (`parquet.thrift`, `PageHeader`, field 4) empty. Pages of a
//! column are buffered in a page store until their row group is complete; the one here puts the checksum into the header
//! of each, and [`ChecksummedColumn::append_to`] moves the offsets by what the headers have grown.

use bytes::{Buf, Bytes};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, PageKey, PageStore, PageStoreArgs, PageStoreFactory};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::writer::SerializedRowGroupWriter;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Compact protocol: the next field, a 32-bit integer.
const NEXT_I32: u8 = 0x15;
/// Type of a header of a dictionary page, as a zigzag integer.
const DICTIONARY_PAGE: u8 = 4;
/// Fields before the checksum: type, uncompressed size, compressed size.
const FIELDS_BEFORE: usize = 3;
/// Longest encoding of a 32-bit integer.
const VARINT_MAX: usize = 5;

/// Makes page stores and hands out what they have got.
#[derive(Debug, Default)]
pub(crate) struct ChecksumStores {
    made: Mutex<Vec<Arc<Mutex<Pages>>>>,
}

impl ChecksumStores {
    /// The pages of the stores that were made since the last call, in the order of the columns.
    pub(crate) fn take(&self) -> Vec<ColumnPages> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *made).into_iter().map(ColumnPages).collect()
    }
}

impl PageStoreFactory for ChecksumStores {
    fn create(&self, _column: &PageStoreArgs<'_>) -> Result<Box<dyn PageStore>, ParquetError> {
        let pages = Arc::new(Mutex::new(Pages::default()));
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&pages));
        Ok(Box::new(SharedPages(pages)))
    }
}

/// Pages that a column has written so far; complete when its chunk is closed.
#[derive(Debug)]
pub(crate) struct ColumnPages(Arc<Mutex<Pages>>);

impl ColumnPages {
    /// The closed column with checksums in its pages.
    ///
    /// # Errors
    /// [`ParquetError::General`] for a chunk whose pages are not those that were written.
    pub(crate) fn close(self, chunk: &ArrowColumnChunk) -> Result<ChecksummedColumn, ParquetError> {
        let pages = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        pages.close(chunk.close().clone())
    }
}

/// Pages of one column in the order in which they were written.
#[derive(Debug, Default)]
struct Pages {
    header: Option<Bytes>,
    dictionary: Option<Page>,
    data: Vec<Page>,
    blobs: u64,
}

/// A page with its checksum.
#[derive(Debug)]
struct Page {
    header: Bytes,
    data: Bytes,
    /// Bytes by which the header has grown.
    grown: usize,
}

impl Page {
    fn len(&self) -> usize {
        self.header.len() + self.data.len()
    }
}

impl Pages {
    /// The writer puts a header, then its data.
    fn put(&mut self, blob: Bytes) -> Result<PageKey, ParquetError> {
        match self.header.take() {
            None => self.header = Some(blob),
            Some(header) => {
                let with = with_checksum(&header, crc32fast::hash(&blob)).ok_or_else(|| other("a page header"))?;
                let page = Page { grown: with.len() - header.len(), header: with, data: blob };
                if header.get(1) == Some(&DICTIONARY_PAGE) {
                    self.dictionary = Some(page);
                } else {
                    self.data.push(page);
                }
            }
        }
        self.blobs += 1;
        Ok(PageKey::new(self.blobs - 1))
    }

    fn close(self, close: ColumnCloseResult) -> Result<ChecksummedColumn, ParquetError> {
        let dictionary = self.dictionary.as_ref().map_or(0, Page::len);
        let grown: usize = self.dictionary.iter().chain(&self.data).map(|page| page.grown).sum();
        let (grown, dictionary) = (signed(grown)?, signed(dictionary)?);
        let metadata = close.metadata;
        let (compressed, uncompressed) = (metadata.compressed_size() + grown, metadata.uncompressed_size() + grown);
        let metadata = metadata
            .into_builder()
            .set_total_compressed_size(compressed)
            .set_total_uncompressed_size(uncompressed)
            .set_dictionary_page_offset(self.dictionary.is_some().then_some(0))
            .set_data_page_offset(dictionary)
            .build()?;
        let mut offset_index = close.offset_index;
        if let Some(index) = &mut offset_index {
            if index.page_locations.len() != self.data.len() {
                return Err(other("the offset index"));
            }
            let mut offset = dictionary;
            for (location, page) in index.page_locations.iter_mut().zip(&self.data) {
                location.offset = offset;
                location.compressed_page_size = i32::try_from(page.len()).map_err(|_| other("the size of a page"))?;
                offset += signed(page.len())?;
            }
        }
        let bytes_written = close.bytes_written + grown.unsigned_abs();
        let pages: Vec<_> = self.dictionary.into_iter().chain(self.data).collect();
        if self.header.is_some() || pages.iter().map(Page::len).sum::<usize>() as u64 != compressed.unsigned_abs() {
            return Err(other("the size of a column"));
        }
        let parts = pages.into_iter().flat_map(|page| [page.header, page.data]).collect();
        Ok(ChecksummedColumn { parts, close: ColumnCloseResult { metadata, offset_index, bytes_written, ..close } })
    }
}

/// A closed column: its bytes in the order of the file, and where its pages begin.
#[derive(Debug)]
pub(crate) struct ChecksummedColumn {
    parts: Vec<Bytes>,
    close: ColumnCloseResult,
}

impl ChecksummedColumn {
    /// Writes the column as the next one of a row group.
    ///
    /// # Errors
    /// Those of [`SerializedRowGroupWriter::append_column`].
    pub(crate) fn append_to<W: Write + Send>(
        self,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<(), ParquetError> {
        group.append_column(&Parts(self.parts), self.close)
    }
}

/// The bytes of a column, which are read once from the beginning.
struct Parts(Vec<Bytes>);

impl Length for Parts {
    fn len(&self) -> u64 {
        self.0.iter().map(|part| part.len() as u64).sum()
    }
}

impl ChunkReader for Parts {
    type T = PartsReader;

    fn get_read(&self, start: u64) -> Result<PartsReader, ParquetError> {
        if start != 0 {
            return Err(other("the start of a column"));
        }
        Ok(PartsReader { parts: self.0.clone().into_iter(), open: Bytes::new() })
    }

    fn get_bytes(&self, _start: u64, _length: usize) -> Result<Bytes, ParquetError> {
        Err(other("a read of a column"))
    }
}

struct PartsReader {
    parts: std::vec::IntoIter<Bytes>,
    open: Bytes,
}

impl Read for PartsReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.open.is_empty() {
            let Some(next) = self.parts.next() else { return Ok(0) };
            self.open = next;
        }
        let count = self.open.len().min(into.len());
        let (Some(from), Some(to)) = (self.open.get(..count), into.get_mut(..count)) else { return Ok(0) };
        to.copy_from_slice(from);
        self.open.advance(count);
        Ok(count)
    }
}

/// The store that the writer of a column owns; its pages are read from the other handle.
struct SharedPages(Arc<Mutex<Pages>>);

impl PageStore for SharedPages {
    fn put(&mut self, value: Bytes) -> Result<PageKey, ParquetError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(value)
    }

    fn take(&mut self, _key: PageKey) -> Result<Bytes, ParquetError> {
        Err(other("a page without its checksum"))
    }

    fn memory_size(&self) -> usize {
        let pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pages.dictionary.iter().chain(&pages.data).map(Page::len).sum()
    }
}

/// A page header with field 4. The header begins with fields 1 to 3; the field after them is counted from the one before
/// it, so that it comes one nearer.
fn with_checksum(header: &[u8], checksum: u32) -> Option<Bytes> {
    let mut at = 0;
    for _ in 0..FIELDS_BEFORE {
        if *header.get(at)? != NEXT_I32 {
            return None;
        }
        let digits = header.get(at + 1..)?.iter().take(VARINT_MAX);
        at += 2 + digits.take_while(|byte| **byte >= 0x80).count();
    }
    let next = *header.get(at)?;
    if next < 0x20 {
        return None;
    }
    let mut with = Vec::with_capacity(header.len() + 1 + VARINT_MAX);
    with.extend_from_slice(header.get(..at)?);
    with.push(NEXT_I32);
    push_zigzag(&mut with, checksum.cast_signed());
    with.push(next - 0x10);
    with.extend_from_slice(header.get(at + 1..)?);
    Some(with.into())
}

fn push_zigzag(into: &mut Vec<u8>, value: i32) {
    let mut rest = ((value << 1) ^ (value >> 31)).cast_unsigned();
    while rest >= 0x80 {
        into.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    into.push(rest as u8);
}

fn signed(bytes: usize) -> Result<i64, ParquetError> {
    i64::try_from(bytes).map_err(|_| other("a size"))
}

fn other(what: &str) -> ParquetError {
    ParquetError::General(format!("{what} is not what the Parquet writer writes"))
}

#[cfg(test)]
mod tests {
    use super::{push_zigzag, with_checksum};

    fn zigzag(value: i32) -> Vec<u8> {
        let mut bytes = Vec::new();
        push_zigzag(&mut bytes, value);
        bytes
    }

    #[test]
    fn a_checksum_goes_between_field_3_and_the_next() {
        let sizes = [[0x15].as_slice(), &zigzag(300), &[0x15], &zigzag(70_000)].concat();
        let header = [&[0x15, 0x00], sizes.as_slice(), &[0x2c, 0x15, 0x02, 0x00, 0x00]].concat();
        let with = with_checksum(&header, 0xffff_fffe).unwrap();
        let expected = [&[0x15, 0x00], sizes.as_slice(), &[0x15, 0x03], &[0x1c, 0x15, 0x02, 0x00, 0x00]].concat();
        assert_eq!(with.as_ref(), expected);
    }

    #[test]
    fn another_header_is_refused() {
        for header in [[].as_slice(), &[0x15, 0x00], &[0x15, 0x00, 0x15, 0x00, 0x15, 0x00, 0x15, 0x00], &[0x16; 9]] {
            assert_eq!(with_checksum(header, 1), None, "{header:?}");
        }
    }
}
