//! Parts of a large file of lines, so that each core decodes one.

use crate::format::{Content, Format};
use crate::text::content::is_marked_utf16;
use crate::text::unpack::packing::Packing;
use bytes::Bytes;

/// Bytes of a part at least: below that a thread costs more than it saves.
const PART_BYTES_MIN: usize = 4 << 20;
/// Bytes of a file at most: its columns are joined, and a column holds 2 GiB of text.
const FILE_BYTES_MAX: usize = 1 << 30;
/// Bytes at the front that tell whether records are lines.
const FRONT_BYTES: usize = 256 << 10;

/// A run of whole lines.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) bytes: Bytes,
    /// Lines of the file before it.
    pub(crate) lines_before: u64,
    /// Bytes of the file before it.
    pub(crate) bytes_before: u64,
}

/// Cuts a file into parts for so many threads; one part if its records are not lines, or it is small.
pub(crate) fn parts(format: &dyn Format, bytes: &Bytes, threads: usize) -> Vec<Part> {
    let count = threads.min(bytes.len() / PART_BYTES_MIN);
    let is_plain =
        format.file_kind().content == Content::Text && Packing::of(bytes).is_none() && bytes.len() <= FILE_BYTES_MAX;
    let front = bytes.get(..FRONT_BYTES).unwrap_or(bytes);
    // A line that is longer shows nothing of the next one.
    let is_shown = front.iter().take(FRONT_BYTES / 2).any(|byte| *byte == b'\n');
    if count < 2 || !is_plain || is_marked_utf16(front) || !is_shown || !format.is_of_lines(front) {
        return vec![Part { bytes: bytes.clone(), lines_before: 0, bytes_before: 0 }];
    }
    at_lines(bytes, count)
}

fn at_lines(bytes: &Bytes, count: usize) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::with_capacity(count);
    let (mut from, mut lines_before) = (0, 0);
    for number in 1..=count {
        let wanted = (bytes.len() * number / count).max(from);
        let rest = bytes.get(wanted..).unwrap_or_default();
        let to = rest.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| wanted + end + 1);
        if to > from {
            let part = bytes.slice(from..to);
            let lines = part.iter().filter(|byte| **byte == b'\n').count() as u64;
            parts.push(Part { bytes: part, lines_before, bytes_before: from as u64 });
            lines_before += lines;
        }
        from = to;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::at_lines;
    use bytes::Bytes;

    #[test]
    fn parts_are_whole_lines_and_together_the_file() {
        for content in ["a\nbb\n\nccc\nd", "a\n", "no line end", "\n\n\n\n", "one\ntwo\n"] {
            let bytes = Bytes::from_static(content.as_bytes());
            for count in 1..8 {
                let parts = at_lines(&bytes, count);
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
