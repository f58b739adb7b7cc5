//! The content of a file that may be compressed with gzip.

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use sluice_change::ReasonCode;
use sluice_contract::limits;
use std::io::{Cursor, ErrorKind, Read};

/// Decompressed bytes from which the ratio of the limits counts.
const RATIO_FREE_BYTES: u64 = 64 << 20;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

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
            Self::Truncated => (ReasonCode::TruncatedFile, "the gzip stream ends too early"),
            Self::Corrupt { .. } => (
                ReasonCode::UnreadableFile,
                "the gzip stream is damaged; only the content whose checksum matches was kept",
            ),
            Self::Trailing => (ReasonCode::UnreadableFile, "something that is not gzip follows the gzip stream"),
            Self::TooLarge => (ReasonCode::FileTooLarge, "the content is over the limit of 8 GiB"),
            Self::RatioTooHigh => (ReasonCode::RatioTooHigh, "the content is more than 200 times the file"),
        })
    }
}

/// Reads the content piece by piece, plain or gzip with one or more members (RFC 1952).
pub(crate) struct Unpacked {
    source: Source,
    stored: u64,
    produced: u64,
    verified: u64,
}

enum Source {
    Plain(Cursor<Bytes>),
    Gzip(Box<GzDecoder<Cursor<Bytes>>>),
    Ended(StreamEnd),
}

impl Unpacked {
    pub(crate) fn new(bytes: Bytes) -> Self {
        let stored = bytes.len() as u64;
        let source = if is_gzip(&bytes) {
            Source::Gzip(Box::new(GzDecoder::new(Cursor::new(bytes))))
        } else {
            Source::Plain(Cursor::new(bytes))
        };
        Self { source, stored, produced: 0, verified: 0 }
    }

    /// Fills the front of `buffer`; says how many bytes came, or how the content ended.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, StreamEnd> {
        loop {
            let outcome = match &mut self.source {
                Source::Plain(cursor) => match cursor.read(buffer) {
                    Ok(0) | Err(_) => Err(StreamEnd::Whole),
                    Ok(count) => Ok(count),
                },
                Source::Gzip(decoder) => match decoder.read(buffer) {
                    Ok(0) => {
                        self.verified = self.produced;
                        match next_member(decoder.get_ref()) {
                            Some(rest) => {
                                self.source = Source::Gzip(Box::new(GzDecoder::new(rest)));
                                continue;
                            }
                            None if rest_is_padding(decoder.get_ref()) => Err(StreamEnd::Whole),
                            None => Err(StreamEnd::Trailing),
                        }
                    }
                    Ok(count) => Ok(count),
                    Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(StreamEnd::Truncated),
                    Err(_) => Err(StreamEnd::Corrupt { verified: self.verified }),
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

    fn account(&mut self, count: usize) -> Result<usize, StreamEnd> {
        self.produced += count as u64;
        if self.produced > limits::FILE_DECOMPRESSED_BYTES_MAX {
            return Err(StreamEnd::TooLarge);
        }
        let gzip = matches!(self.source, Source::Gzip(_));
        let ratio_max = self.stored.saturating_mul(limits::DECOMPRESSION_RATIO_MAX);
        if gzip && self.produced > RATIO_FREE_BYTES && self.produced > ratio_max {
            return Err(StreamEnd::RatioTooHigh);
        }
        Ok(count)
    }
}

/// Whether the bytes begin like gzip.
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&GZIP_MAGIC)
}

fn rest_of(cursor: &Cursor<Bytes>) -> Bytes {
    let bytes = cursor.get_ref();
    let at = usize::try_from(cursor.position()).unwrap_or(usize::MAX).min(bytes.len());
    bytes.slice(at..)
}

fn next_member(cursor: &Cursor<Bytes>) -> Option<Cursor<Bytes>> {
    let rest = rest_of(cursor);
    is_gzip(&rest).then(|| Cursor::new(rest))
}

/// Zeros after the stream are padding, as gzip(1) has it.
fn rest_is_padding(cursor: &Cursor<Bytes>) -> bool {
    rest_of(cursor).iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::{StreamEnd, Unpacked};
    use bytes::Bytes;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn unpack(bytes: Vec<u8>) -> (Vec<u8>, StreamEnd) {
        let mut unpacked = Unpacked::new(Bytes::from(bytes));
        let mut content = Vec::new();
        let mut buffer = vec![0; 100];
        loop {
            match unpacked.read(&mut buffer) {
                Ok(count) => content.extend_from_slice(&buffer[..count]),
                Err(ending) => return (content, ending),
            }
        }
    }

    #[test]
    fn members_follow_each_other_and_what_does_not_belong_is_seen() {
        let two = [gzip(b"one\n"), gzip(b"two\n")].concat();
        assert_eq!(unpack(two.clone()), (b"one\ntwo\n".to_vec(), StreamEnd::Whole));
        assert_eq!(unpack([two.clone(), vec![0; 7]].concat()).1, StreamEnd::Whole);
        assert_eq!(unpack([two.clone(), b"x".to_vec()].concat()).1, StreamEnd::Trailing);
        assert_eq!(unpack(two[..two.len() - 1].to_vec()).1, StreamEnd::Truncated);
        let mut flipped = two;
        let last = flipped.len() - 1;
        flipped[last - 5] ^= 1;
        assert_eq!(unpack(flipped).1, StreamEnd::Corrupt { verified: 4 });
        assert_eq!(unpack(b"plain".to_vec()), (b"plain".to_vec(), StreamEnd::Whole));
    }

    #[test]
    fn a_bomb_stops_at_the_ratio() {
        assert_eq!(unpack(gzip(&vec![b' '; 80 << 20])).1, StreamEnd::RatioTooHigh);
    }
}
