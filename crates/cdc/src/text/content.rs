//! The content of a text file: unpacked, and in UTF-8 whatever its encoding.

use super::unpack::{StreamEnd, Unpacked};
use bytes::Bytes;
use encoding_rs::{Decoder, DecoderResult, Encoding};
use sluice_contract::TextEncoding;

const RAW_BYTES: usize = 64 << 10;
/// Bytes by which the front of a content grows.
const FRONT_STEP: usize = 16 << 10;
/// Longest byte order mark.
const MARK_BYTES: usize = 3;
const UTF16_LE_MARK: &[u8] = &[0xff, 0xfe];
const UTF16_BE_MARK: &[u8] = &[0xfe, 0xff];
const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];
/// A byte that UTF-8 never has, in the place of what is no text in the encoding of the file.
const NO_TEXT: u8 = 0xff;

/// Reads the content of a text file piece by piece. A byte order mark tells the encoding, else the contract does.
pub(crate) struct Content {
    unpacked: Unpacked,
    /// Bytes of the unpacked content that may still be taken.
    left: u64,
    by_contract: TextEncoding,
    coding: Option<Coding>,
    raw: Vec<u8>,
    start: usize,
    end: Option<StreamEnd>,
}

enum Coding {
    Utf8,
    Latin1,
    Other(Box<Decoder>),
}

impl Coding {
    fn of(encoding: TextEncoding) -> Self {
        match by_name(encoding) {
            None if encoding == TextEncoding::Latin1 => Self::Latin1,
            None => Self::Utf8,
            Some(encoding) => Self::Other(Box::new(encoding.new_decoder_without_bom_handling())),
        }
    }
}

/// The encoding as the library has it; `None` for those that need none of its decoders.
fn by_name(encoding: TextEncoding) -> Option<&'static Encoding> {
    Some(match encoding {
        TextEncoding::Utf8 | TextEncoding::Latin1 => return None,
        TextEncoding::Utf16Le => encoding_rs::UTF_16LE,
        TextEncoding::Utf16Be => encoding_rs::UTF_16BE,
        TextEncoding::Windows1250 => encoding_rs::WINDOWS_1250,
        TextEncoding::Windows1251 => encoding_rs::WINDOWS_1251,
        TextEncoding::Windows1252 => encoding_rs::WINDOWS_1252,
        TextEncoding::Latin2 => encoding_rs::ISO_8859_2,
        TextEncoding::Latin9 => encoding_rs::ISO_8859_15,
        TextEncoding::ShiftJis => encoding_rs::SHIFT_JIS,
        TextEncoding::Gb18030 => encoding_rs::GB18030,
    })
}

/// The encoding that a byte order mark tells, and the length of the mark.
fn marked(front: &[u8]) -> Option<(TextEncoding, usize)> {
    if front.starts_with(UTF16_LE_MARK) {
        Some((TextEncoding::Utf16Le, UTF16_LE_MARK.len()))
    } else if front.starts_with(UTF16_BE_MARK) {
        Some((TextEncoding::Utf16Be, UTF16_BE_MARK.len()))
    } else if front.starts_with(UTF8_MARK) {
        // Whoever reads the first record goes over it.
        Some((TextEncoding::Utf8, 0))
    } else {
        None
    }
}

/// Whether a content begins with the mark of UTF-16, so that bytes of 0 are text.
pub(crate) fn is_marked_utf16(front: &[u8]) -> bool {
    matches!(marked(front), Some((TextEncoding::Utf16Le | TextEncoding::Utf16Be, _)))
}

/// The form of UTF-16 that a content without a mark looks like: most letters of most texts have a byte of 0.
pub(crate) fn looks_like_utf16(front: &[u8]) -> Option<TextEncoding> {
    let zeros = |at: usize| front.iter().skip(at).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let pairs = front.len() / 2;
    if pairs < 4 {
        None
    } else if odd * 10 >= pairs * 7 && even * 10 < pairs {
        Some(TextEncoding::Utf16Le)
    } else if even * 10 >= pairs * 7 && odd * 10 < pairs {
        Some(TextEncoding::Utf16Be)
    } else {
        None
    }
}

/// The front of a content, at most `most` bytes and a piece; a small one costs little.
pub(crate) fn front_of(most: usize, mut read: impl FnMut(&mut [u8]) -> Result<usize, StreamEnd>) -> Vec<u8> {
    let mut front = Vec::new();
    while front.len() < most {
        let filled = front.len();
        front.resize(filled + FRONT_STEP, 0);
        let count = read(front.get_mut(filled..).unwrap_or_default());
        front.truncate(filled + count.unwrap_or(0));
        if count.is_err() {
            break;
        }
    }
    front.truncate(most);
    front
}

impl Content {
    /// Of a file of which only the first `stop_at` bytes are taken once it is unpacked.
    pub(crate) fn new(bytes: Bytes, by_contract: TextEncoding, stop_at: u64) -> Self {
        let unpacked = Unpacked::new(bytes);
        Self { unpacked, left: stop_at, by_contract, coding: None, raw: Vec::new(), start: 0, end: None }
    }

    /// Fills the front of `buffer`, which has room for 16 bytes at least; says how many bytes came, or how the content
    /// ended.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, StreamEnd> {
        if self.coding.is_none() {
            self.find_coding();
        }
        loop {
            if self.start == self.raw.len() {
                if let (Some(Coding::Utf8), None) = (&self.coding, self.end) {
                    return self.take(buffer);
                }
                self.fill();
            }
            let fresh = self.raw.get(self.start..).unwrap_or_default();
            let (read, written) = match &mut self.coding {
                Some(Coding::Other(decoder)) => {
                    let last = self.end.is_some();
                    let (read, written, is_done) = decode(decoder, fresh, buffer, last);
                    if last && is_done {
                        // A decoder that has ended must not be asked again.
                        self.coding = Some(Coding::Utf8);
                    }
                    (read, written)
                }
                Some(Coding::Latin1) => encoding_rs::mem::convert_latin1_to_utf8_partial(fresh, buffer),
                Some(Coding::Utf8) | None => {
                    let count = fresh.len().min(buffer.len());
                    if let (Some(to), Some(from)) = (buffer.get_mut(..count), fresh.get(..count)) {
                        to.copy_from_slice(from);
                    }
                    (count, count)
                }
            };
            self.start += read;
            match self.end {
                _ if written > 0 => return Ok(written),
                Some(end) if self.start == self.raw.len() => return Err(end),
                _ => {}
            }
        }
    }

    fn find_coding(&mut self) {
        while self.raw.len() < MARK_BYTES && self.end.is_none() {
            self.fill();
        }
        let (encoding, mark) = marked(&self.raw).unwrap_or((self.by_contract, 0));
        self.start = mark;
        self.coding = Some(Coding::of(encoding));
    }

    /// Reads more behind what is not decoded yet.
    fn fill(&mut self) {
        self.raw.drain(..self.start);
        self.start = 0;
        if self.end.is_some() {
            return;
        }
        let filled = self.raw.len();
        let mut raw = std::mem::take(&mut self.raw);
        raw.resize(filled + RAW_BYTES, 0);
        let read = self.take(raw.get_mut(filled..).unwrap_or_default());
        raw.truncate(filled + read.unwrap_or(0));
        self.raw = raw;
        self.end = read.err();
    }

    /// Unpacked bytes, as many as may be taken.
    fn take(&mut self, buffer: &mut [u8]) -> Result<usize, StreamEnd> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Err(StreamEnd::Whole);
        }
        let count = self.unpacked.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.left -= count as u64;
        Ok(count)
    }
}

/// Decodes the front of `raw`; says how many bytes it read and wrote, and whether nothing is left of it.
fn decode(decoder: &mut Decoder, raw: &[u8], buffer: &mut [u8], last: bool) -> (usize, usize, bool) {
    let room = buffer.len().saturating_sub(1);
    let space = buffer.get_mut(..room).unwrap_or_default();
    let (result, read, written) = decoder.decode_to_utf8_without_replacement(raw, space, last);
    match (result, buffer.get_mut(written)) {
        (DecoderResult::Malformed(..), Some(place)) => {
            *place = NO_TEXT;
            (read, written + 1, false)
        }
        (result, _) => (read, written, result == DecoderResult::InputEmpty),
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, looks_like_utf16};
    use crate::text::unpack::StreamEnd;
    use bytes::Bytes;
    use sluice_contract::TextEncoding;

    fn read(bytes: &[u8], encoding: TextEncoding, stop_at: u64) -> (Vec<u8>, StreamEnd) {
        let mut content = Content::new(Bytes::copy_from_slice(bytes), encoding, stop_at);
        let (mut all, mut buffer) = (Vec::new(), [0; 16]);
        loop {
            match content.read(&mut buffer) {
                Ok(count) => all.extend_from_slice(&buffer[..count]),
                Err(end) => return (all, end),
            }
        }
    }

    fn text(bytes: &[u8], encoding: TextEncoding) -> String {
        String::from_utf8(read(bytes, encoding, u64::MAX).0).unwrap()
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn a_mark_goes_before_the_contract() {
        let long = "id;größe 😀\n".repeat(20_000);
        for bytes in
            [utf16(&format!("\u{feff}{long}"), u16::to_le_bytes), utf16(&format!("\u{feff}{long}"), u16::to_be_bytes)]
        {
            for encoding in [TextEncoding::Utf8, TextEncoding::Windows1252] {
                assert_eq!(text(&bytes, encoding), long);
            }
        }
        assert_eq!(text("\u{feff}größe".as_bytes(), TextEncoding::Windows1252), "\u{feff}größe");
        assert_eq!(text(&utf16(&long, u16::to_le_bytes), TextEncoding::Utf16Le), long);
    }

    #[test]
    fn encodings_of_one_byte_are_those_of_the_contract() {
        assert_eq!(text(b"gr\xf6\xdfe \x80", TextEncoding::Windows1252), "größe €");
        assert_eq!(text(b"gr\xf6\xdfe \x80", TextEncoding::Latin1), "größe \u{80}");
        assert_eq!(text(b"\xa4", TextEncoding::Latin9), "€");
        assert_eq!(text(b"", TextEncoding::Latin1), "");
    }

    #[test]
    fn what_is_no_text_stays_none_and_nothing_is_replaced() {
        let mut bytes = utf16("a", u16::to_le_bytes);
        bytes.extend_from_slice(&[0x00, 0xd8]);
        bytes.extend_from_slice(&utf16("b", u16::to_le_bytes));
        assert_eq!(read(&bytes, TextEncoding::Utf16Le, u64::MAX).0, [b'a', 0xff, b'b']);
        assert_eq!(read(&[b'a', 0, b'b'], TextEncoding::Utf16Le, u64::MAX).0, [b'a', 0xff], "half a letter");
        assert_eq!(read(b"gr\xf6", TextEncoding::Utf8, u64::MAX).0, b"gr\xf6");
        assert_eq!(read(b"abcdef", TextEncoding::Utf8, 4), (b"abcd".to_vec(), StreamEnd::Whole));
        assert_eq!(read(b"abcdef", TextEncoding::Latin1, 4), (b"abcd".to_vec(), StreamEnd::Whole));
    }

    #[test]
    fn utf16_without_a_mark_is_seen() {
        assert_eq!(looks_like_utf16(&utf16("id,name\n1,Ada\n", u16::to_le_bytes)), Some(TextEncoding::Utf16Le));
        assert_eq!(looks_like_utf16(&utf16("id,name\n1,Ada\n", u16::to_be_bytes)), Some(TextEncoding::Utf16Be));
        assert_eq!(looks_like_utf16(b"id,name\n1,Ada\n"), None);
        assert_eq!(looks_like_utf16(&[0; 100]), None);
    }
}
