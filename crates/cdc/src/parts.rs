//! Parts of a large file of lines: so that each core decodes one, or that one is in memory at a time.

use crate::format::{Content, Format};
use crate::outcome::record_keys::RecordKeys;
use crate::text::content::is_marked_utf16;
use crate::text::unpack::packing::Packing;
use bytes::Bytes;
use memchr::{memchr, memchr_iter};

/// Bytes of a part at least: below that a thread costs more than it saves.
const PART_BYTES_MIN: usize = 4 << 20;
/// Bytes of a file at most: its columns are joined, and a column holds 2 GiB of text.
const FILE_BYTES_MAX: usize = 1 << 30;
/// Bytes at the front that tell how long lines are, and bytes of a record at least for this.
const SAMPLE_BYTES: usize = 64 << 10;
const RECORD_BYTES_MIN: usize = 16;
/// Bytes at the front that tell whether records are lines.
pub(crate) const FRONT_BYTES: usize = 256 << 10;

/// A part of a file: whole lines, and what is before them.
#[derive(Clone, Debug)]
pub struct FilePart {
    /// The lines.
    pub bytes: Bytes,
    /// Lines of the file before it.
    pub lines_before: u64,
    /// Bytes of the file before it.
    pub bytes_before: u64,
    /// Keys of its records.
    pub keys: RecordKeys,
}

impl FilePart {
    /// Lines of the file up to its end.
    #[must_use]
    pub fn lines_after(&self) -> u64 {
        self.lines_before + memchr_iter(b'\n', &self.bytes).count() as u64
    }

    /// All of a file.
    pub(crate) const fn whole(bytes: Bytes) -> Self {
        Self { bytes, lines_before: 0, bytes_before: 0, keys: RecordKeys::Absent }
    }
}

/// Cuts a part into smaller ones for so many threads; itself if its records are not lines, or it is small.
pub(crate) fn parts(format: &dyn Format, part: FilePart, threads: usize) -> Vec<FilePart> {
    let count = threads.min(part.bytes.len() / PART_BYTES_MIN);
    if count < 2 || part.bytes.len() > FILE_BYTES_MAX || !are_plain_lines(format, &part.bytes) {
        return vec![part];
    }
    at_lines(&part, count)
}

/// Whether the records of a file are lines of plain text, as its front shows.
pub(crate) fn are_plain_lines(format: &dyn Format, bytes: &[u8]) -> bool {
    let is_plain = format.file_kind().content == Content::Text && Packing::of(bytes).is_none();
    let front = bytes.get(..FRONT_BYTES).unwrap_or(bytes);
    // A line that is longer shows nothing of the next one.
    let is_shown = front.iter().take(FRONT_BYTES / 2).any(|byte| *byte == b'\n');
    is_plain && !is_marked_utf16(front) && is_shown && format.is_of_lines(front)
}

/// How many lines a text has, as its front shows; 0 if it shows nothing.
pub(crate) fn lines_about(format: &dyn Format, bytes: &[u8]) -> usize {
    let is_plain = format.file_kind().content == Content::Text && Packing::of(bytes).is_none();
    let front = bytes.get(..SAMPLE_BYTES).unwrap_or(bytes);
    let lines = memchr_iter(b'\n', front).count();
    // Lines of one letter and blank ones would be no records.
    let likely = lines.min(front.len() / RECORD_BYTES_MIN);
    if !is_plain || likely == 0 { 0 } else { bytes.len() / (front.len() / likely) }
}

fn at_lines(whole: &FilePart, count: usize) -> Vec<FilePart> {
    let bytes = &whole.bytes;
    let mut parts: Vec<FilePart> = Vec::with_capacity(count);
    let (mut from, mut lines_before) = (0, whole.lines_before);
    for number in 1..=count {
        let wanted = (bytes.len() * number / count).max(from);
        let rest = bytes.get(wanted..).unwrap_or_default();
        let to = memchr(b'\n', rest).map_or(bytes.len(), |end| wanted + end + 1);
        if to > from {
            let bytes_before = whole.bytes_before + from as u64;
            let keys = whole.keys.clone();
            let part = FilePart { bytes: bytes.slice(from..to), lines_before, bytes_before, keys };
            lines_before = part.lines_after();
            parts.push(part);
        }
        from = to;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{FilePart, at_lines};
    use bytes::Bytes;

    #[test]
    fn parts_are_whole_lines_and_together_the_file() {
        for content in ["a\nbb\n\nccc\nd", "a\n", "no line end", "\n\n\n\n", "one\ntwo\n"] {
            let bytes = Bytes::from_static(content.as_bytes());
            for count in 1..8 {
                let parts = at_lines(&FilePart::whole(bytes.clone()), count);
                let whole: Vec<u8> = parts.iter().flat_map(|part| part.bytes.to_vec()).collect();
                assert_eq!(whole, content.as_bytes());
                for part in &parts {
                    let before = &content.as_bytes()[..usize::try_from(part.bytes_before).unwrap()];
                    assert_eq!(part.lines_before, before.iter().filter(|byte| **byte == b'\n').count() as u64);
                    assert!(before.is_empty() || before.ends_with(b"\n"));
                }
            }
        }
    }
}
