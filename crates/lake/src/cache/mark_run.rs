//! Where in a data file the rows under a mark are: marks with row numbers, in an order that makes one quick to find.
//!
//! A mark is a number of 64 bits that whoever makes the run gives a row, for example a hash of its key; a row has any
//! number of them. The run is read in blocks of 4 KiB, each with a checksum, so that looking for a mark costs a few
//! blocks of a file of any size. It is a cache: what is damaged counts as missing.

use crate::cache::cached_file::{StagedFile, read_exact_at};
use std::fs::File;
use std::io::{BufWriter, Error, ErrorKind, Result, Write};
use std::path::Path;

/// First bytes of a run, the last one is the version of the format.
const MAGIC: &[u8; 8] = b"sluiceM\x01";
/// Identity of what made the marks, for example of a contract.
pub(crate) const MADE_BY_BYTES: usize = 32;
const BLOCK_BYTES: usize = 4_096;
const SUM_BYTES: usize = 16;
/// Bytes of a mark and its row.
const ENTRY_BYTES: usize = 12;
const BLOCK_ENTRIES: usize = (BLOCK_BYTES - SUM_BYTES) / ENTRY_BYTES;

/// A run in a file.
#[derive(Debug)]
pub(crate) struct MarkRun {
    file: File,
    entries: u64,
}

impl MarkRun {
    /// Writes the marks of a data file, and puts the run in place in one step.
    pub(crate) fn write(path: &Path, made_by: &[u8; MADE_BY_BYTES], mut entries: Vec<(u64, u32)>) -> Result<()> {
        entries.sort_unstable();
        entries.dedup();
        let staged = StagedFile::new(path)?;
        let mut into = BufWriter::with_capacity(1 << 20, File::create(staged.path())?);
        into.write_all(&header(made_by, entries.len() as u64))?;
        for (number, entries) in (1_u64..).zip(entries.chunks(BLOCK_ENTRIES)) {
            let mut block = Vec::with_capacity(BLOCK_BYTES);
            for (mark, row) in entries {
                block.extend_from_slice(&mark.to_le_bytes());
                block.extend_from_slice(&row.to_le_bytes());
            }
            block.resize(BLOCK_BYTES - SUM_BYTES, 0);
            let sum = sum_of(number, &block);
            block.extend_from_slice(&sum);
            into.write_all(&block)?;
        }
        into.flush()?;
        staged.place()
    }

    /// Opens a run.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]; [`ErrorKind::InvalidData`] if it is damaged or made by something else.
    pub(crate) fn open(path: &Path, made_by: &[u8; MADE_BY_BYTES]) -> Result<Self> {
        let file = File::open(path)?;
        let mut found = [0; BLOCK_BYTES];
        read_exact_at(&file, &mut found, 0)?;
        let entries = number(&found[8 + MADE_BY_BYTES..16 + MADE_BY_BYTES]);
        let blocks = 1 + entries.div_ceil(BLOCK_ENTRIES as u64);
        if found[..] != header(made_by, entries) || file.metadata()?.len() != blocks * BLOCK_BYTES as u64 {
            return Err(ErrorKind::InvalidData.into());
        }
        Ok(Self { file, entries })
    }

    /// Rows under a mark, ascending.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidData`] if it is damaged.
    pub(crate) fn rows(&self, mark: u64) -> Result<Vec<u32>> {
        // The last block that begins before the mark; entries under the mark are there or begin the next one.
        let (mut low, mut high) = (0, self.entries.div_ceil(BLOCK_ENTRIES as u64));
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            let begins_before = self.block(middle)?.first().is_some_and(|(first, _)| *first < mark);
            if begins_before { low = middle } else { high = middle }
        }
        let mut rows = Vec::new();
        for block in low..self.entries.div_ceil(BLOCK_ENTRIES as u64) {
            let entries = self.block(block)?;
            rows.extend(entries.iter().filter(|(of, _)| *of == mark).map(|(_, row)| *row));
            if entries.last().is_none_or(|(last, _)| *last > mark) {
                break;
            }
        }
        Ok(rows)
    }

    /// The entries of a block, counted from 0.
    fn block(&self, block: u64) -> Result<Vec<(u64, u32)>> {
        let mut bytes = [0; BLOCK_BYTES];
        let number_in_file = block + 1;
        read_exact_at(&self.file, &mut bytes, number_in_file * BLOCK_BYTES as u64)?;
        let (content, sum) = bytes.split_at(BLOCK_BYTES - SUM_BYTES);
        if sum_of(number_in_file, content) != sum {
            return Err(Error::from(ErrorKind::InvalidData));
        }
        let left = self.entries.saturating_sub(block * BLOCK_ENTRIES as u64);
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(BLOCK_ENTRIES);
        let entry = |entry: &[u8]| (number(&entry[..8]), u32::try_from(number(&entry[8..])).unwrap_or(u32::MAX));
        Ok(content.chunks_exact(ENTRY_BYTES).take(count).map(entry).collect())
    }
}

/// The first block.
fn header(made_by: &[u8; MADE_BY_BYTES], entries: u64) -> [u8; BLOCK_BYTES] {
    let mut block = [0; BLOCK_BYTES];
    block[..8].copy_from_slice(MAGIC);
    block[8..8 + MADE_BY_BYTES].copy_from_slice(made_by);
    block[8 + MADE_BY_BYTES..16 + MADE_BY_BYTES].copy_from_slice(&entries.to_le_bytes());
    let sum = sum_of(0, &block[..BLOCK_BYTES - SUM_BYTES]);
    block[BLOCK_BYTES - SUM_BYTES..].copy_from_slice(&sum);
    block
}

fn sum_of(block: u64, content: &[u8]) -> [u8; SUM_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&block.to_le_bytes());
    hasher.update(content);
    let mut sum = [0; SUM_BYTES];
    sum.copy_from_slice(&hasher.finalize().as_bytes()[..SUM_BYTES]);
    sum
}

/// A number of up to eight bytes, the lowest first.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::{BLOCK_ENTRIES, MADE_BY_BYTES, MarkRun};
    use std::collections::BTreeSet;

    const MADE_BY: [u8; MADE_BY_BYTES] = [7; MADE_BY_BYTES];

    #[test]
    fn every_row_under_a_mark_is_found() {
        let mut state = 21_u64;
        let mut random = move |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part.marks");
        for (count, marks) in [(0, 1), (1, 1), (50, 5), (BLOCK_ENTRIES, 900), (20_000, 3), (20_000, 15_000)] {
            let entries: Vec<(u64, u32)> =
                (0..count).map(|row| (random(marks).wrapping_mul(0x9e37_79b9_7f4a_7c15), row as u32)).collect();
            MarkRun::write(&path, &MADE_BY, entries.clone()).unwrap();
            let run = MarkRun::open(&path, &MADE_BY).unwrap();
            let some: BTreeSet<u64> = entries.iter().map(|(mark, _)| *mark).chain([0, 1, u64::MAX]).take(300).collect();
            for mark in some {
                let expected: Vec<u32> = entries.iter().filter(|(of, _)| *of == mark).map(|(_, row)| *row).collect();
                assert_eq!(run.rows(mark).unwrap(), expected, "mark {mark} of {count} rows");
            }
        }
    }

    #[test]
    fn a_run_of_something_else_or_a_damaged_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part.marks");
        assert!(MarkRun::open(&path, &MADE_BY).is_err());
        let entries: Vec<(u64, u32)> = (0..2_000).map(|row| (u64::from(row) * 31, row)).collect();
        MarkRun::write(&path, &MADE_BY, entries.clone()).unwrap();
        assert!(MarkRun::open(&path, &[8; MADE_BY_BYTES]).is_err());
        let sound = std::fs::read(&path).unwrap();
        std::fs::write(&path, &sound[..sound.len() - 1]).unwrap();
        assert!(MarkRun::open(&path, &MADE_BY).is_err());
        for at in (0..sound.len()).step_by(997) {
            let mut damaged = sound.clone();
            damaged[at] ^= 4;
            std::fs::write(&path, &damaged).unwrap();
            let Ok(run) = MarkRun::open(&path, &MADE_BY) else { continue };
            let wrong = entries.iter().filter(|(mark, row)| run.rows(*mark).is_ok_and(|rows| rows != [*row]));
            assert_eq!(wrong.count(), 0, "byte {at}");
        }
    }
}
