//! Avro object containers: a header with the schema, then blocks of records, each compressed for itself
//! (Avro specification 1.11, "Object container files").
//!
//! Blocks are decompressed here, within bounds, and handed on as they would be without a codec.

use super::super::stop::Stop;
use bytes::Bytes;
use flate2::read::DeflateDecoder;
use sluice_change::ReasonCode;
use sluice_contract::limits;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;

/// First bytes of a container.
pub(crate) const MAGIC: &[u8] = b"Obj\x01";
/// Decompressed bytes from which the ratio of the limits counts.
const RATIO_FREE_BYTES: u64 = 64 << 20;
/// Decompressed bytes of one block.
const BLOCK_BYTES_MAX: u64 = 512 << 20;
const SYNC_BYTES: usize = 16;
/// Codecs that are read, for a message.
const CODECS: &str = "null, deflate, snappy, zstandard, bzip2 and xz";

/// How the records of a block are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Codec {
    Null,
    Deflate,
    Snappy,
    Zstandard,
    Bzip2,
    Xz,
}

impl Codec {
    fn of(name: &[u8]) -> Result<Self, Stop> {
        Ok(match name {
            b"null" | b"" => Self::Null,
            b"deflate" => Self::Deflate,
            b"snappy" => Self::Snappy,
            b"zstandard" => Self::Zstandard,
            b"bzip2" => Self::Bzip2,
            b"xz" => Self::Xz,
            other => {
                let name: String = String::from_utf8_lossy(other).chars().take(20).collect();
                let detail = format!("the codec {name} of Avro is not known; known are {CODECS}");
                return Err(Stop { reason: ReasonCode::UnreadableFile, detail: Cow::Owned(detail) });
            }
        })
    }

    /// The content of a block, at most `most` bytes and one more.
    fn content(self, block: &[u8], most: u64) -> Option<Vec<u8>> {
        let mut content = Vec::new();
        let read = |source: &mut dyn Read, content: &mut Vec<u8>| source.take(most + 1).read_to_end(content).is_ok();
        let is_whole = match self {
            Self::Null => read(&mut &*block, &mut content),
            Self::Deflate => read(&mut DeflateDecoder::new(block), &mut content),
            Self::Zstandard => read(&mut zstd::stream::read::Decoder::new(block).ok()?, &mut content),
            Self::Bzip2 => read(&mut bzip2::read::BzDecoder::new(block), &mut content),
            Self::Xz => read(&mut lzma_rust2::XzReader::new(block, true), &mut content),
            Self::Snappy => {
                let (packed, checksum) = block.split_at_checked(block.len().checked_sub(4)?)?;
                if snap::raw::decompress_len(packed).ok()? as u64 > most {
                    return Some(vec![0; usize::try_from(most + 1).ok()?]);
                }
                content = snap::raw::Decoder::new().decompress_vec(packed).ok()?;
                let mut crc = flate2::Crc::new();
                crc.update(&content);
                crc.sum().to_be_bytes() == checksum
            }
        };
        is_whole.then_some(content)
    }
}

/// A container, read from its front.
pub(crate) struct AvroContainer {
    bytes: Bytes,
    at: usize,
    codec: Codec,
    sync: [u8; SYNC_BYTES],
    produced: u64,
    /// The schema as text.
    pub(crate) schema: String,
}

/// A block as it is without a codec.
pub(super) struct Block {
    pub(super) records: i64,
    pub(super) content: Vec<u8>,
}

const NOT_AVRO: Stop = Stop::fixed(ReasonCode::UnreadableFile, "not an Avro object container");
const CUT_HEADER: Stop = Stop::fixed(ReasonCode::TruncatedFile, "the Avro container ends before its first block");
const CUT: Stop = Stop::fixed(ReasonCode::TruncatedFile, "the Avro container ends inside a block");
const DAMAGED: Stop = Stop::fixed(ReasonCode::UnreadableFile, "a block of the Avro container is damaged");
const TOO_LARGE: Stop = Stop::fixed(ReasonCode::FileTooLarge, "a block of the Avro container is over 512 MiB");
const CONTENT: Stop = Stop::fixed(ReasonCode::FileTooLarge, "the content is over the limit of 8 GiB");
const RATIO: Stop = Stop::fixed(ReasonCode::RatioTooHigh, "the content is more than 200 times the file");

impl AvroContainer {
    /// Reads the header.
    ///
    /// # Errors
    /// Why nothing of the file can be read.
    pub(crate) fn open(bytes: Bytes) -> Result<Self, Stop> {
        if !bytes.starts_with(MAGIC) {
            return Err(if MAGIC.starts_with(&bytes) { CUT_HEADER } else { NOT_AVRO });
        }
        let mut container = Self {
            bytes,
            at: MAGIC.len(),
            codec: Codec::Null,
            sync: [0; SYNC_BYTES],
            produced: 0,
            schema: String::new(),
        };
        let entries = container.entries().ok_or(CUT_HEADER)?;
        container.codec = Codec::of(entries.get("avro.codec").map_or(&[][..], Vec::as_slice))?;
        let schema = entries.get("avro.schema").cloned().unwrap_or_default();
        container.schema = String::from_utf8(schema).map_err(|_| NOT_AVRO)?;
        let sync = container.take(SYNC_BYTES).and_then(|sync| <[u8; SYNC_BYTES]>::try_from(sync.as_ref()).ok());
        container.sync = sync.ok_or(CUT_HEADER)?;
        Ok(container)
    }

    /// The header of the same container with another schema and without a codec.
    pub(super) fn header(&self, schema: &str) -> Vec<u8> {
        let mut header = MAGIC.to_vec();
        push_number(&mut header, 2);
        for (name, value) in [("avro.schema", schema), ("avro.codec", "null")] {
            for text in [name, value] {
                push_number(&mut header, i64::try_from(text.len()).unwrap_or(0));
                header.extend_from_slice(text.as_bytes());
            }
        }
        push_number(&mut header, 0);
        header.extend_from_slice(&self.sync);
        header
    }

    /// A block with its length in front and the mark behind it.
    pub(super) fn framed(&self, block: &Block) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(block.content.len() + 2 * SYNC_BYTES + 4);
        push_number(&mut bytes, block.records);
        push_number(&mut bytes, i64::try_from(block.content.len()).unwrap_or(0));
        bytes.extend_from_slice(&block.content);
        bytes.extend_from_slice(&self.sync);
        bytes
    }

    /// The next block; `None` at the end of the file.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(super) fn next_block(&mut self) -> Result<Option<Block>, Stop> {
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        let records = self.number().ok_or(CUT)?;
        let length = self.number().ok_or(CUT)?;
        let length = usize::try_from(length).map_err(|_| DAMAGED)?;
        if records < 0 {
            return Err(DAMAGED);
        }
        let block = self.take(length).ok_or(CUT)?;
        let sync = self.take(SYNC_BYTES).ok_or(CUT)?;
        if sync.as_ref() != self.sync {
            return Err(DAMAGED);
        }
        let content = self.codec.content(&block, BLOCK_BYTES_MAX).ok_or(DAMAGED)?;
        let length = content.len() as u64;
        self.produced += length;
        if length > BLOCK_BYTES_MAX {
            return Err(TOO_LARGE);
        }
        if self.produced > limits::FILE_DECOMPRESSED_BYTES_MAX {
            return Err(CONTENT);
        }
        let ratio_max = limits::DECOMPRESSION_RATIO_MAX.saturating_mul(self.bytes.len() as u64);
        if self.produced > RATIO_FREE_BYTES && self.produced > ratio_max {
            return Err(RATIO);
        }
        Ok(Some(Block { records, content }))
    }

    /// The map of the header.
    fn entries(&mut self) -> Option<BTreeMap<String, Vec<u8>>> {
        let mut entries = BTreeMap::new();
        loop {
            let count = self.number()?;
            if count < 0 {
                // The length of the block in bytes, which nobody needs.
                self.number()?;
            }
            if count == 0 {
                return Some(entries);
            }
            for _ in 0..count.unsigned_abs() {
                let length = usize::try_from(self.number()?).ok()?;
                let name = String::from_utf8(self.take(length)?.to_vec()).ok()?;
                let length = usize::try_from(self.number()?).ok()?;
                entries.insert(name, self.take(length)?.to_vec());
            }
        }
    }

    fn take(&mut self, length: usize) -> Option<Bytes> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len())?;
        let taken = self.bytes.slice(self.at..end);
        self.at = end;
        Some(taken)
    }

    /// A number in variable length, zigzag.
    fn number(&mut self) -> Option<i64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed());
            }
        }
        None
    }
}

fn push_number(bytes: &mut Vec<u8>, number: i64) {
    let mut rest = ((number << 1) ^ (number >> 63)).cast_unsigned();
    while rest >= 0x80 {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push((rest & 0x7f) as u8);
}
