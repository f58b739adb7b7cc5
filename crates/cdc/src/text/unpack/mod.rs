//! The content of a file that may be compressed.

mod hadoop_snappy;
mod lz4;
pub(crate) mod packing;
mod raw_snappy;

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use hadoop_snappy::HadoopSnappy;
use packing::{Packing, skipped_frame};
use raw_snappy::RawSnappy;
use sluice_change::ReasonCode;
use sluice_contract::limits;
use std::io::{Cursor, ErrorKind, Read};

/// Decompressed bytes from which the ratio of the limits counts.
const RATIO_FREE_BYTES: u64 = 64 << 20;

/// How the content of a file ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamEnd {
    /// Where it should.
    Whole,
    /// The compressed stream ends too early; what came before is good.
    Truncated,
    /// The compressed stream is damaged; a checksum matches for only this many bytes of content.
    Corrupt {
        /// Bytes.
        verified: u64,
    },
    /// Something else follows the compressed stream, whose content is good.
    Trailing,
    /// Over the limit of bytes.
    TooLarge,
    /// Over the limit of compression.
    RatioTooHigh,
}

impl StreamEnd {
    /// Reason and sentence for quarantine; `None` for a whole file.
    pub(crate) fn reason(self) -> Option<(ReasonCode, &'static str)> {
        Some(match self {
            Self::Whole => return None,
            Self::Truncated => (ReasonCode::TruncatedFile, "the compressed stream ends too early"),
            Self::Corrupt { .. } => (
                ReasonCode::UnreadableFile,
                "the compressed stream is damaged; only the content whose checksum matches was kept",
            ),
            Self::Trailing => (ReasonCode::UnreadableFile, "something else follows the compressed stream"),
            Self::TooLarge => (ReasonCode::FileTooLarge, "the content is over the limit of 8 GiB"),
            Self::RatioTooHigh => (ReasonCode::RatioTooHigh, "the content is more than 200 times the file"),
        })
    }
}

/// Reads the content piece by piece, plain or compressed in one or more parts (members of gzip, frames, streams).
pub(crate) struct Unpacked {
    source: Source,
    packing: Option<Packing>,
    stored: u64,
    produced: u64,
    verified: u64,
}

enum Source {
    Plain(Cursor<Bytes>),
    Packed(Part),
    Ended(StreamEnd),
}

/// The decoder of one part of a file.
enum Part {
    Gzip(Box<GzDecoder<Cursor<Bytes>>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, Cursor<Bytes>>>),
    Bzip2(Box<bzip2::bufread::BzDecoder<Cursor<Bytes>>>),
    Lz4(Box<lz4_flex::frame::FrameDecoder<Cursor<Bytes>>>),
    Snappy(Box<snap::read::FrameDecoder<Cursor<Bytes>>>),
    HadoopSnappy(Box<HadoopSnappy<Cursor<Bytes>>>),
    RawSnappy(Box<RawSnappy>),
}

impl Part {
    /// The first part of `bytes`; `None` where a decoder has no memory.
    fn new(packing: Packing, bytes: Bytes) -> Option<Self> {
        let bytes = match packing {
            Packing::Zstd | Packing::Lz4 => without_skipped(bytes),
            _ => bytes,
        };
        let bytes = Cursor::new(bytes);
        Some(match packing {
            Packing::Gzip => Self::Gzip(Box::new(GzDecoder::new(bytes))),
            Packing::Zstd => Self::Zstd(Box::new(zstd::stream::read::Decoder::with_buffer(bytes).ok()?.single_frame())),
            Packing::Bzip2 => Self::Bzip2(Box::new(bzip2::bufread::BzDecoder::new(bytes))),
            Packing::Lz4 => Self::Lz4(Box::new(lz4_flex::frame::FrameDecoder::new(bytes))),
            Packing::Snappy => Self::Snappy(Box::new(snap::read::FrameDecoder::new(bytes))),
            Packing::HadoopSnappy => Self::HadoopSnappy(Box::new(HadoopSnappy::new(bytes))),
            Packing::RawSnappy => Self::RawSnappy(Box::new(RawSnappy::new(bytes))),
        })
    }

    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Gzip(part) => part.read(buffer),
            Self::Zstd(part) => part.read(buffer),
            Self::Bzip2(part) => part.read(buffer),
            Self::Lz4(part) => part.read(buffer),
            Self::Snappy(part) => part.read(buffer),
            Self::HadoopSnappy(part) => part.read(buffer),
            Self::RawSnappy(part) => part.read(buffer),
        }
    }

    /// What is behind it, once it has ended.
    fn rest(&self) -> Bytes {
        let cursor = match self {
            Self::Gzip(part) => part.get_ref(),
            Self::Zstd(part) => part.get_ref(),
            Self::Bzip2(part) => part.get_ref(),
            Self::Lz4(part) => part.get_ref(),
            Self::Snappy(part) => part.get_ref(),
            Self::HadoopSnappy(part) => part.get_ref(),
            Self::RawSnappy(part) => part.get_ref(),
        };
        let bytes = cursor.get_ref();
        let at = usize::try_from(cursor.position()).unwrap_or(usize::MAX).min(bytes.len());
        bytes.slice(at..)
    }

    /// Whether every piece that is produced was compared with a checksum of its own.
    fn verifies_pieces(&self) -> bool {
        matches!(self, Self::Snappy(_))
    }

    /// Whether its end is there, where its decoder does not say so.
    fn has_end(&self) -> bool {
        match self {
            Self::Lz4(part) => lz4::has_end(part.get_ref().get_ref()),
            _ => true,
        }
    }
}

impl Unpacked {
    pub(crate) fn new(bytes: Bytes) -> Self {
        let (stored, packing) = (bytes.len() as u64, Packing::of(&bytes));
        let source = match packing {
            None => Source::Plain(Cursor::new(bytes)),
            Some(packing) => Part::new(packing, bytes).map_or(Source::Ended(StreamEnd::TooLarge), Source::Packed),
        };
        Self { source, packing, stored, produced: 0, verified: 0 }
    }

    /// Fills the front of `buffer`; says how many bytes came, or how the content ended.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, StreamEnd> {
        loop {
            let outcome = match &mut self.source {
                Source::Plain(cursor) => match cursor.read(buffer) {
                    Ok(0) | Err(_) => Err(StreamEnd::Whole),
                    Ok(count) => Ok(count),
                },
                Source::Packed(part) => match part.read(buffer) {
                    Ok(0) if !part.has_end() => Err(StreamEnd::Truncated),
                    Ok(0) => {
                        self.verified = self.produced;
                        match self.next_part() {
                            Ok(()) => continue,
                            Err(end) => Err(end),
                        }
                    }
                    Ok(count) => Ok(count),
                    Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(StreamEnd::Truncated),
                    Err(_) => {
                        let verified = if part.verifies_pieces() { self.produced } else { self.verified };
                        Err(StreamEnd::Corrupt { verified })
                    }
                },
                Source::Ended(ending) => return Err(*ending),
            };
            let outcome = outcome.and_then(|count| self.account(count));
            if let Err(ending) = outcome {
                self.source = Source::Ended(ending);
            }
            return outcome;
        }
    }

    /// Goes on to the part behind the one that ended.
    ///
    /// # Errors
    /// How the content ended, where there is none.
    fn next_part(&mut self) -> Result<(), StreamEnd> {
        let (Source::Packed(part), Some(packing)) = (&self.source, self.packing) else { return Err(StreamEnd::Whole) };
        let rest = match packing {
            Packing::Zstd | Packing::Lz4 => without_skipped(part.rest()),
            _ => part.rest(),
        };
        if packing.begins_another(&rest) {
            self.source = Source::Packed(Part::new(packing, rest).ok_or(StreamEnd::TooLarge)?);
            return Ok(());
        }
        // Zeros after the stream are padding, as gzip(1) has it.
        Err(if rest.iter().all(|byte| *byte == 0) { StreamEnd::Whole } else { StreamEnd::Trailing })
    }

    fn account(&mut self, count: usize) -> Result<usize, StreamEnd> {
        self.produced += count as u64;
        if self.produced > limits::FILE_DECOMPRESSED_BYTES_MAX {
            return Err(StreamEnd::TooLarge);
        }
        let ratio_max = self.stored.saturating_mul(limits::DECOMPRESSION_RATIO_MAX);
        if self.packing.is_some() && self.produced > RATIO_FREE_BYTES && self.produced > ratio_max {
            return Err(StreamEnd::RatioTooHigh);
        }
        Ok(count)
    }
}

fn without_skipped(mut bytes: Bytes) -> Bytes {
    while let Some(length) = skipped_frame(&bytes) {
        bytes = bytes.slice(length.min(bytes.len())..);
    }
    bytes
}

#[cfg(test)]
mod tests;
