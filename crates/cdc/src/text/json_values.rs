//! JSON values that are not one to a line: pretty-printed over several, or one behind the other without a break, as
//! Firehose and Oracle GoldenGate write files.

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Where in a value a scan is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ValueScan {
    depth: usize,
    quoted: bool,
    escaped: bool,
}

impl ValueScan {
    /// Number of bytes up to the end of the object or list, if it is among them.
    pub(super) fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, byte) in bytes.iter().enumerate() {
            if self.quoted {
                self.quoted = self.escaped || *byte != b'"';
                self.escaped = !self.escaped && *byte == b'\\';
                continue;
            }
            match byte {
                b'"' => self.quoted = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// Whether the values of a content with this front are one to a line.
pub(crate) fn is_of_lines(front: &[u8]) -> bool {
    layout(front) == Layout::Lines
}

/// How the values of a content lie in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One to a line.
    Lines,
    /// Over several lines each, or without a break between them.
    Values,
    /// In one list.
    List,
}

/// How the values of a content with this front lie in it. Only a list of objects is one of records.
pub(super) fn layout(front: &[u8]) -> Layout {
    let text = front.strip_prefix(BYTE_ORDER_MARK).unwrap_or(front).trim_ascii_start();
    let in_list = text.strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
    if in_list.is_some_and(|inside| inside.first().is_some_and(|first| matches!(first, b'{' | b']'))) {
        Layout::List
    } else if are_not_lines(front) {
        Layout::Values
    } else {
        Layout::Lines
    }
}

/// Whether the values of a content with this front are not one to a line. A first line that is cut off does not say so:
/// the line behind it begins another value.
fn are_not_lines(front: &[u8]) -> bool {
    let front = front.strip_prefix(BYTE_ORDER_MARK).unwrap_or(front).trim_ascii_start();
    if !front.starts_with(b"{") {
        return false;
    }
    let line_end = front.iter().position(|byte| *byte == b'\n');
    let (line, behind) = front.split_at_checked(line_end.unwrap_or(front.len())).unwrap_or((front, &[]));
    match ValueScan::default().end(line) {
        Some(end) => line.get(end..).unwrap_or_default().trim_ascii_start().starts_with(b"{"),
        None => behind.trim_ascii_start().first().is_some_and(|byte| matches!(byte, b'"' | b'}')),
    }
}

#[cfg(test)]
mod tests {
    use super::{ValueScan, are_not_lines};

    #[test]
    fn the_front_says_whether_a_line_is_a_value() {
        for (front, expected) in [
            ("{\"a\": 1}\n{\"a\": 2}\n", false),
            ("\u{feff}{\"a\": 1}{\"a\": 2}", true),
            ("{\"a\": \"}{\"} {\"a\": 2}\n", true),
            ("{\n  \"a\": 1\n}\n", true),
            ("{\"a\": {\n}}\n", true),
            ("{\"a\": \"cut o\n{\"a\": 2}\n", false),
            ("{\"a\": 1", false),
            ("null\n{\"a\":\n1}", false),
            ("", false),
        ] {
            assert_eq!(are_not_lines(front.as_bytes()), expected, "{front}");
        }
    }

    #[test]
    fn a_value_ends_with_its_last_brace() {
        let mut scan = ValueScan::default();
        assert_eq!(scan.end(br#"{"a": "\"}", "b": [{}"#), None);
        assert_eq!(scan.end(b"]}{"), Some(2), "the scan goes on where it was");
    }
}
