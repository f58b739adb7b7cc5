//! The keys of one data file, as hashes with row positions, in an order that makes finding cheap.
//!
//! A data file never changes, so its run never does. It is a cache: made from the file's key columns
//! when it is missing, never the truth. Which rows are deleted is in the deletion vector.
//!
//! Of a 128-bit hash the first `bits` name a bucket, the next 32 are searched, the next 32 have to
//! match too. With 8 million rows in a file that is 83 bits, so that two keys are taken for one with a
//! chance of about 2^-48 per looked up key and 2^35 rows; keys of up to 64 bits are distinguished always,
//! because their hash is a permutation.

use crate::cache::cached_file::read_exact_at;
use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result, Write};

/// First bytes of a file of keys, the last one is the version of the format.
const MAGIC: &[u8; 8] = b"sluiceK\x01";
/// Bytes of the checksum at the end.
const SUM_BYTES: usize = 32;
/// Rows in a bucket, on average between this and twice as many.
const BUCKET_ROWS_LOG2: u32 = 4;

/// Hashes of the keys of a data file.
#[derive(Debug)]
pub(crate) struct KeyRun {
    bits: u32,
    /// First entry of every bucket, and the number of entries.
    directory: Vec<u32>,
    /// Hash bits after the bucket's, ascending in a bucket.
    searched: Vec<u32>,
    rows: Rows,
}

/// Row position and further hash bits of every entry.
#[derive(Debug)]
enum Rows {
    Memory(Vec<[u32; 2]>),
    /// In a file, from this offset.
    File(File, u64),
}

fn bucket_of(hash: u128, bits: u32) -> usize {
    if bits == 0 { 0 } else { usize::try_from(hash >> (128 - bits)).unwrap_or(0) }
}

#[expect(clippy::cast_possible_truncation, reason = "parts of a hash")]
fn parts_of(hash: u128, bits: u32) -> (u32, u32) {
    ((hash >> (96 - bits)) as u32, (hash >> (64 - bits)) as u32)
}

impl KeyRun {
    /// The run of a file whose rows have these hashes, in order. At most 2^32 - 1 rows.
    pub(crate) fn build(hashes: &[u128]) -> Self {
        let bits = hashes.len().checked_ilog2().unwrap_or(0).saturating_sub(BUCKET_ROWS_LOG2).min(31);
        let mut directory = vec![0_u32; (1 << bits) + 1];
        for hash in hashes {
            directory[bucket_of(*hash, bits) + 1] += 1;
        }
        for bucket in 1..directory.len() {
            directory[bucket] += directory[bucket - 1];
        }
        let mut next = directory.clone();
        let mut entries = vec![[0_u32; 3]; hashes.len()];
        for (row, hash) in hashes.iter().enumerate() {
            let slot = &mut next[bucket_of(*hash, bits)];
            let (searched, check) = parts_of(*hash, bits);
            entries[*slot as usize] = [searched, u32::try_from(row).unwrap_or(u32::MAX), check];
            *slot += 1;
        }
        for bounds in directory.windows(2) {
            entries[bounds[0] as usize..bounds[1] as usize].sort_unstable();
        }
        Self {
            bits,
            directory,
            searched: entries.iter().map(|entry| entry[0]).collect(),
            rows: Rows::Memory(entries.iter().map(|entry| [entry[1], entry[2]]).collect()),
        }
    }

    /// Bytes in memory.
    pub(crate) fn memory(&self) -> usize {
        let rows = match &self.rows {
            Rows::Memory(rows) => rows.len() * 8,
            Rows::File(..) => 0,
        };
        (self.directory.len() + self.searched.len()) * 4 + rows
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.searched.len()
    }

    /// Calls `found` with the position in `hashes` and the row, for every row whose key has one of the
    /// hashes. Hashes in ascending order are found faster.
    ///
    /// # Errors
    /// If the file of the run cannot be read.
    pub(crate) fn probe(&self, hashes: &[u128], mut found: impl FnMut(usize, u32)) -> Result<()> {
        for (position, hash) in hashes.iter().enumerate() {
            let bucket = bucket_of(*hash, self.bits);
            let (searched, check) = parts_of(*hash, self.bits);
            let (first, end) = (self.directory[bucket] as usize, self.directory[bucket + 1] as usize);
            for (offset, candidate) in self.searched[first..end].iter().enumerate() {
                if *candidate == searched {
                    let [row, expected] = self.entry(first + offset)?;
                    if expected == check {
                        found(position, row);
                    }
                }
            }
        }
        Ok(())
    }

    /// Rows of a key in a written run of a file of `rows` rows, of which only the parts that have it are read. Their
    /// checksum is not looked at: who finds something else than expected opens the run.
    ///
    /// # Errors
    /// If it cannot be read, or is of another file.
    pub(crate) fn glance(file: &File, rows: u64, hash: u128) -> Result<Vec<u32>> {
        let damaged = || Error::from(ErrorKind::InvalidData);
        let mut header = [0; 16];
        read_exact_at(file, &mut header, 0)?;
        let (bits, count) = (number(&header[8..12]), number(&header[12..16]));
        if &header[..8] != MAGIC || bits > 31 || u64::from(count) != rows {
            return Err(damaged());
        }
        let bucket = bucket_of(hash, bits) as u64;
        let (searched, check) = parts_of(hash, bits);
        let mut bounds = [0; 8];
        read_exact_at(file, &mut bounds, 16 + bucket * 4)?;
        let (first, end) = (number(&bounds[..4]), number(&bounds[4..]));
        let length = end.checked_sub(first).filter(|_| end <= count).ok_or_else(damaged)?;
        let directory_end = 16 + ((1_u64 << bits) + 1) * 4;
        let mut of_bucket = vec![0; length as usize * 4];
        read_exact_at(file, &mut of_bucket, directory_end + u64::from(first) * 4)?;
        let mut found = Vec::new();
        for (offset, candidate) in (0_u64..).zip(of_bucket.chunks_exact(4)) {
            if number(candidate) == searched {
                let mut entry = [0; 8];
                let place = directory_end + u64::from(count) * 4 + (u64::from(first) + offset) * 8;
                read_exact_at(file, &mut entry, place)?;
                if number(&entry[4..]) == check {
                    found.push(number(&entry[..4]));
                }
            }
        }
        Ok(found)
    }

    fn entry(&self, index: usize) -> Result<[u32; 2]> {
        match &self.rows {
            Rows::Memory(rows) => Ok(rows[index]),
            Rows::File(file, offset) => {
                let mut bytes = [0; 8];
                read_exact_at(file, &mut bytes, offset + index as u64 * 8)?;
                Ok([number(&bytes[..4]), number(&bytes[4..])])
            }
        }
    }

    /// Writes the run: header, directory, searched bits, rows, checksum.
    pub(crate) fn write(&self, into: &mut impl Write) -> Result<()> {
        let Rows::Memory(rows) = &self.rows else { return Err(ErrorKind::Unsupported.into()) };
        let mut into = Summed { into, hasher: blake3::Hasher::new() };
        into.write_all(MAGIC)?;
        into.write_all(&self.bits.to_le_bytes())?;
        into.write_all(&u32::try_from(self.len()).unwrap_or(u32::MAX).to_le_bytes())?;
        write_numbers(&mut into, self.directory.iter().copied())?;
        write_numbers(&mut into, self.searched.iter().copied())?;
        write_numbers(&mut into, rows.iter().flatten().copied())?;
        let sum = into.hasher.finalize();
        into.into.write_all(sum.as_bytes())
    }

    /// Opens a written run; rows and check bits stay in the file.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidData`] if it is not as it was written, for the file of `rows` rows.
    pub(crate) fn open(mut file: File, rows: u64) -> Result<Self> {
        let damaged = || Error::from(ErrorKind::InvalidData);
        let mut header = [0; 16];
        file.read_exact(&mut header)?;
        let (bits, count) = (number(&header[8..12]), number(&header[12..16]));
        if &header[..8] != MAGIC || bits > 31 || u64::from(count) != rows {
            return Err(damaged());
        }
        let (count, buckets) = (count as usize, (1_usize << bits) + 1);
        let expected = 16 + (buckets + count * 3) * 4 + SUM_BYTES;
        if file.metadata()?.len() != expected as u64 {
            return Err(damaged());
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(&header);
        let directory = read_numbers(&mut file, buckets, &mut hasher)?;
        let searched = read_numbers(&mut file, count, &mut hasher)?;
        let mut left = count * 8;
        let mut buffer = vec![0; 1 << 20];
        while left > 0 {
            let part = left.min(buffer.len());
            file.read_exact(&mut buffer[..part])?;
            hasher.update(&buffer[..part]);
            left -= part;
        }
        let mut sum = [0; SUM_BYTES];
        file.read_exact(&mut sum)?;
        let sound = directory.windows(2).all(|pair| pair[0] <= pair[1]) && directory.last() == Some(&count_u32(count));
        if hasher.finalize().as_bytes() != &sum || !sound {
            return Err(damaged());
        }
        let offset = 16 + (buckets + count) as u64 * 4;
        Ok(Self { bits, directory, searched, rows: Rows::File(file, offset) })
    }
}

struct Summed<'a, W: Write> {
    into: &'a mut W,
    hasher: blake3::Hasher,
}

impl<W: Write> Summed<'_, W> {
    fn write_all(&mut self, bytes: &[u8]) -> Result<()> {
        self.hasher.update(bytes);
        self.into.write_all(bytes)
    }
}

fn count_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn number(bytes: &[u8]) -> u32 {
    bytes.try_into().map_or(0, u32::from_le_bytes)
}

fn write_numbers<W: Write>(into: &mut Summed<'_, W>, numbers: impl Iterator<Item = u32>) -> Result<()> {
    let mut buffer = Vec::with_capacity(1 << 16);
    for number in numbers {
        buffer.extend_from_slice(&number.to_le_bytes());
        if buffer.len() >= (1 << 16) {
            into.write_all(&buffer)?;
            buffer.clear();
        }
    }
    into.write_all(&buffer)
}

fn read_numbers(file: &mut File, count: usize, hasher: &mut blake3::Hasher) -> Result<Vec<u32>> {
    let mut numbers = Vec::with_capacity(count);
    let mut buffer = vec![0; 1 << 20];
    while numbers.len() < count {
        let part = ((count - numbers.len()) * 4).min(buffer.len());
        file.read_exact(&mut buffer[..part])?;
        hasher.update(&buffer[..part]);
        numbers.extend(buffer[..part].chunks_exact(4).map(number));
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::KeyRun;
    use std::fs::File;
    use std::io::Write;

    fn hash(n: u128) -> u128 {
        n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
    }

    fn rows_of(run: &KeyRun, hashes: &[u128]) -> Vec<(usize, u32)> {
        let mut found = Vec::new();
        run.probe(hashes, |position, row| found.push((position, row))).unwrap();
        found
    }

    #[test]
    fn every_key_is_found_in_memory_and_in_a_file() {
        for rows in [0, 1, 2, 17, 5_000] {
            let hashes: Vec<u128> = (0..rows).map(|n| hash(n * 2)).collect();
            let run = KeyRun::build(&hashes);
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.keys");
            let mut file = File::create(&path).unwrap();
            run.write(&mut file).unwrap();
            let opened = KeyRun::open(File::open(&path).unwrap(), rows as u64).unwrap();
            let probes: Vec<u128> = (0..rows * 2 + 2).map(hash).collect();
            let expected: Vec<(usize, u32)> = (0..rows as u32).map(|row| (row as usize * 2, row)).collect();
            assert_eq!(rows_of(&run, &probes), expected);
            assert_eq!(rows_of(&opened, &probes), expected);
            let file = File::open(&path).unwrap();
            let glances = probes.iter().enumerate().flat_map(|(position, hash)| {
                KeyRun::glance(&file, rows as u64, *hash).unwrap().into_iter().map(move |row| (position, row))
            });
            assert_eq!(glances.collect::<Vec<_>>(), expected);
            assert!(KeyRun::open(File::open(&path).unwrap(), rows as u64 + 1).is_err(), "another file's");
        }
    }

    #[test]
    fn several_rows_of_one_key_are_all_found() {
        let run = KeyRun::build(&[hash(1), hash(2), hash(1), hash(3), hash(1)]);
        let mut rows: Vec<u32> = rows_of(&run, &[hash(1)]).into_iter().map(|(_, row)| row).collect();
        rows.sort_unstable();
        assert_eq!(rows, [0, 2, 4]);
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let hashes: Vec<u128> = (0..100).map(hash).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.keys");
        KeyRun::build(&hashes).write(&mut File::create(&path).unwrap()).unwrap();
        let sound = std::fs::read(&path).unwrap();
        for at in (0..sound.len()).step_by(7) {
            let mut damaged = sound.clone();
            damaged[at] ^= 1;
            File::create(&path).unwrap().write_all(&damaged).unwrap();
            assert!(KeyRun::open(File::open(&path).unwrap(), 100).is_err(), "byte {at}");
        }
        File::create(&path).unwrap().write_all(&sound[..sound.len() - 1]).unwrap();
        assert!(KeyRun::open(File::open(&path).unwrap(), 100).is_err());
    }
}
