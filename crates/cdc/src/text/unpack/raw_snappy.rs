//! Snappy without frames: the length of the content, then literals and copies, of which nothing has a checksum. Such a
//! file is one block, so its whole content is in memory once it is read.

use bytes::Bytes;
use std::io::{Cursor, Error, ErrorKind, Read};

/// Longest content of a block.
const BLOCK_MAX: usize = 64 << 20;
/// Bytes that files of other kinds begin with: marks of UTF-8 and UTF-16.
const MARKS: [&[u8]; 3] = [b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"];

/// Reads the content of the one block of a file.
pub(super) struct RawSnappy {
    source: Cursor<Bytes>,
    content: Option<Cursor<Vec<u8>>>,
}

impl RawSnappy {
    pub(super) fn new(source: Cursor<Bytes>) -> Self {
        Self { source, content: None }
    }

    pub(super) fn get_ref(&self) -> &Cursor<Bytes> {
        &self.source
    }

    fn unpacked(&mut self) -> Result<Cursor<Vec<u8>>, Error> {
        let bytes = self.source.get_ref();
        let length = snap::raw::decompress_len(bytes).map_err(Error::other)?;
        if length > BLOCK_MAX {
            return Err(Error::new(ErrorKind::InvalidData, "the block is too long"));
        }
        if elements(bytes) == Elements::Cut {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let content = snap::raw::Decoder::new().decompress_vec(bytes).map_err(Error::other)?;
        self.source.set_position(bytes.len() as u64);
        Ok(Cursor::new(content))
    }
}

impl Read for RawSnappy {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.content.is_none() {
            self.content = Some(self.unpacked()?);
        }
        self.content.as_mut().map_or(Ok(0), |content| content.read(buffer))
    }
}

/// Whether a file that begins with `bytes`, which may be all of it, is one block: its literals and copies fit each other and the
/// length in front. A content of less than 128 bytes begins with a letter and is taken for plain, and so is all text.
pub(super) fn is_raw(bytes: &[u8]) -> bool {
    let is_long = bytes.first().is_some_and(|first| *first >= 0x80);
    if !is_long || MARKS.iter().any(|mark| bytes.starts_with(mark)) || is_text(bytes) {
        return false;
    }
    elements(bytes) != Elements::Wrong
}

/// Whether it is UTF-8, the last letter of which may be cut.
fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// How the elements of a block end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Elements {
    /// With the last byte of the content.
    Whole,
    /// The bytes end before the content.
    Cut,
    /// They are no elements of one block.
    Wrong,
}

fn elements(bytes: &[u8]) -> Elements {
    let Some((length, mut at)) = length(bytes) else { return Elements::Wrong };
    let number = |at: usize, count: usize| -> Option<usize> {
        let bytes = bytes.get(at..at + count)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    };
    let mut produced = 0_usize;
    while produced < length {
        let Some(tag) = bytes.get(at).copied().map(usize::from) else { return Elements::Cut };
        at += 1;
        let (more, extra) = match tag & 3 {
            0 => match (tag >> 2).checked_sub(59) {
                None | Some(0) => ((tag >> 2) + 1, 0),
                Some(extra) => match number(at, extra) {
                    Some(length) => (length + 1, extra),
                    None => return Elements::Cut,
                },
            },
            1 => ((tag >> 2 & 7) + 4, 1),
            2 => ((tag >> 2) + 1, 2),
            _ => ((tag >> 2) + 1, 4),
        };
        let is_literal = tag & 3 == 0;
        if !is_literal {
            let Some(offset) = number(at, extra) else { return Elements::Cut };
            let offset = if tag & 3 == 1 { (tag >> 5) << 8 | offset } else { offset };
            if offset == 0 || offset > produced {
                return Elements::Wrong;
            }
        }
        at += extra;
        if is_literal {
            at = at.saturating_add(more);
        }
        produced = produced.saturating_add(more);
    }
    match at.cmp(&bytes.len()) {
        std::cmp::Ordering::Equal if produced == length => Elements::Whole,
        std::cmp::Ordering::Greater if produced == length => Elements::Cut,
        _ => Elements::Wrong,
    }
}

/// The length of the content, and where the elements begin.
fn length(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0_u64;
    for (place, byte) in bytes.iter().take(5).enumerate() {
        length |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            let length = usize::try_from(length).ok().filter(|length| (1..=u32::MAX as usize).contains(length))?;
            return Some((length, place + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Elements, RawSnappy, elements, is_raw};
    use bytes::Bytes;
    use std::io::{Cursor, Read};

    fn packed(content: &[u8]) -> Vec<u8> {
        snap::raw::Encoder::new().compress_vec(content).unwrap()
    }

    #[test]
    fn a_block_is_known_by_its_elements_and_read() {
        let lines: String = (0..5_000).map(|id| format!("{{\"id\":{id},\"note\":\"a note of {id}\"}}\n")).collect();
        for content in [lines.as_bytes(), &lines.as_bytes()[..200], &[b'x'; 100_000]] {
            let bytes = packed(content);
            assert!(is_raw(&bytes), "{} bytes", content.len());
            assert_eq!(elements(&bytes), Elements::Whole);
            for front in [64, 100, 4_096] {
                assert!(bytes.get(..front).is_none_or(is_raw), "{front} of {} bytes", content.len());
            }
            let mut read = Vec::new();
            RawSnappy::new(Cursor::new(Bytes::from(bytes.clone()))).read_to_end(&mut read).unwrap();
            assert_eq!(read, content);
            let cut = Bytes::from(bytes[..bytes.len() - 1].to_vec());
            let error = RawSnappy::new(Cursor::new(cut)).read_to_end(&mut Vec::new()).unwrap_err();
            assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
        }
    }

    #[test]
    fn texts_of_every_encoding_and_files_of_other_kinds_are_no_block() {
        let text = "Größe;Straße\n1;Österreich und Ungarn\n".repeat(40);
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let latin: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
        let capital: Vec<u8> = [&[0xd6][..], &latin].concat();
        let marked: Vec<u8> = [&[0xff, 0xfe][..], &utf16].concat();
        for bytes in [
            text.as_bytes(),
            &utf16,
            &latin,
            &capital,
            &marked,
            b"PAR1\x15\x04",
            b"\xff\xff\xff\xff\xff\xff",
            b"\x89PNG\r\n",
        ] {
            assert!(!is_raw(bytes), "{:?}", &bytes[..bytes.len().min(12)]);
        }
    }
}
