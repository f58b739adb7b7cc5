//! How the content of a file is compressed, seen from its first bytes and never from its name.

use super::raw_snappy;

/// A compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// RFC 1952, one or more members.
    Gzip,
    /// RFC 8878, one or more frames.
    Zstd,
    /// One or more streams.
    Bzip2,
    /// The frame format, of today and of before 2013, one or more frames.
    Lz4,
    /// The framing format of Snappy.
    Snappy,
    /// Snappy in blocks with their lengths in front, as Hadoop writes it. It has no magic number.
    HadoopSnappy,
    /// One block of Snappy for the whole file, without a magic number.
    RawSnappy,
}

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const LZ4: &[u8] = &[0x04, 0x22, 0x4d, 0x18];
const LZ4_LEGACY: &[u8] = &[0x02, 0x21, 0x4c, 0x18];
const SNAPPY: &[u8] = b"\xff\x06\0\0sNaPpY";
const BZIP2: &[u8] = b"BZh";
/// What follows the level of compression of bzip2: a block, or the end.
const BZIP2_PARTS: [&[u8]; 2] = [&[0x31, 0x41, 0x59, 0x26, 0x53, 0x59], &[0x17, 0x72, 0x45, 0x38, 0x50, 0x90]];
/// Last three bytes of the magic number of a frame that is skipped; the first has 4 free bits. Of zstd and LZ4 alike.
const SKIPPED: &[u8] = &[0x2a, 0x4d, 0x18];
/// Bytes before the content of a frame that is skipped.
const SKIPPED_HEAD: usize = 8;
/// Frames to skip at the front of a file that are looked at.
const SKIPPED_MAX: usize = 16;
/// Longest content of a block that Hadoop writes; its default is 256 KiB.
pub(super) const HADOOP_BLOCK_MAX: usize = 64 << 20;

impl Packing {
    /// The compression of a file that begins with `bytes`; `None` for a plain one.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        for _ in 0..SKIPPED_MAX {
            match skipped_frame(rest) {
                Some(length) => rest = rest.get(length..).unwrap_or_default(),
                None => break,
            }
        }
        Some(if rest.starts_with(GZIP) && rest.len() == bytes.len() {
            Self::Gzip
        } else if rest.starts_with(ZSTD) {
            Self::Zstd
        } else if rest.starts_with(LZ4) || rest.starts_with(LZ4_LEGACY) {
            Self::Lz4
        } else if rest.starts_with(SNAPPY) {
            Self::Snappy
        } else if is_bzip2(rest) {
            Self::Bzip2
        } else if is_hadoop_snappy(bytes) {
            Self::HadoopSnappy
        } else if raw_snappy::is_raw(bytes) {
            Self::RawSnappy
        } else {
            return None;
        })
    }

    /// Whether bytes behind the end of a part begin another one of the same file.
    pub(super) fn begins_another(self, bytes: &[u8]) -> bool {
        match self {
            Self::HadoopSnappy => !bytes.is_empty(),
            Self::RawSnappy => false,
            _ => Self::of(bytes) == Some(self),
        }
    }

    /// Endings of names that say that a file is compressed.
    pub(crate) const ENDINGS: [&str; 9] = ["gz", "gzip", "zst", "zstd", "bz2", "bzip2", "lz4", "snappy", "sz"];
}

/// A name without the ending that says that its file is compressed, if it has one.
pub(crate) fn without_ending(name: &str) -> Option<&str> {
    let (stem, ending) = name.rsplit_once('.')?;
    Packing::ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)).then_some(stem)
}

/// Length of a frame at the front that is skipped, its head included.
pub(super) fn skipped_frame(bytes: &[u8]) -> Option<usize> {
    let is_skipped = bytes.first().is_some_and(|first| first & 0xf0 == 0x50) && bytes.get(1..4) == Some(SKIPPED);
    let length = bytes.get(4..SKIPPED_HEAD).filter(|_| is_skipped)?;
    let length = <[u8; 4]>::try_from(length).ok().map(u32::from_le_bytes)?;
    usize::try_from(length).ok()?.checked_add(SKIPPED_HEAD)
}

fn is_bzip2(bytes: &[u8]) -> bool {
    let level = bytes.get(3).is_some_and(|level| (b'1'..=b'9').contains(level));
    let part = bytes.get(4..10).unwrap_or_default();
    bytes.starts_with(BZIP2) && level && BZIP2_PARTS.contains(&part)
}

/// Whether the lengths in front fit each other: no text begins with a byte of 0 to 3.
fn is_hadoop_snappy(bytes: &[u8]) -> bool {
    let length = |at: usize| -> Option<usize> {
        let bytes = <[u8; 4]>::try_from(bytes.get(at..at + 4)?).ok()?;
        usize::try_from(u32::from_be_bytes(bytes)).ok()
    };
    let (Some(content), Some(packed)) = (length(0), length(4)) else { return false };
    if content == 0 || content > HADOOP_BLOCK_MAX || packed == 0 {
        return false;
    }
    // The front of a file may be all that is looked at, so the block may be cut.
    let block = bytes.get(8..).unwrap_or_default();
    let block = block.get(..packed).unwrap_or(block);
    let length = snap::raw::decompress_len(block).ok();
    length.is_some_and(|length| length > 0 && length <= content && packed <= snap::raw::max_compress_len(length))
}

#[cfg(test)]
mod tests {
    use super::{Packing, without_ending};

    #[test]
    fn the_first_bytes_tell_the_compression() {
        for text in ["", "id,name\n", "{\"id\":1}", "BZh9 is a name", "PK\u{3}\u{4}", "\0\0\0\u{5}\0\0\0\u{5}hello"] {
            assert_eq!(Packing::of(text.as_bytes()), None, "{text}");
        }
        let skipped = [0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9];
        let behind = |magic: &[u8]| Packing::of(&[&skipped, magic].concat());
        assert_eq!(behind(&[0x28, 0xb5, 0x2f, 0xfd]), Some(Packing::Zstd));
        assert_eq!(behind(&[0x04, 0x22, 0x4d, 0x18]), Some(Packing::Lz4));
        assert_eq!(behind(&[0x1f, 0x8b]), None);
        assert_eq!(Packing::of(&skipped), None);
    }

    #[test]
    fn names_say_it_too_and_are_only_stripped() {
        assert_eq!(without_ending("a.csv.GZ"), Some("a.csv"));
        assert_eq!(without_ending("part-0.snappy"), Some("part-0"));
        assert_eq!(without_ending("a.csv"), None);
    }
}
