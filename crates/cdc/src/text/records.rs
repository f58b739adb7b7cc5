//! Cuts the content of a text file into records.

use super::content::Content;
use super::csv_dialect::CsvDialect;
use super::json_values::{Layout, ValueScan, layout};
use super::unpack::StreamEnd;
use bytes::Bytes;
use memchr::memchr;
use sluice_change::Reject;
use sluice_contract::{TextEncoding, limits};
use std::ops::Range;

const READ_BYTES: usize = 256 << 10;

/// Where a record ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordDelimiter {
    /// At `\n` only: U+2028, U+2029 and `\r` are content.
    Lines,
    /// At `\n` outside quotes.
    Csv(CsvDialect),
    /// As [`RecordDelimiter::Lines`], or at the end of each JSON value where the front of the content shows that they
    /// are not one to a line.
    Json,
    /// At the end of each JSON value.
    JsonValues,
    /// At the end of each value of a JSON list that is the whole content.
    JsonList,
}

impl RecordDelimiter {
    fn is_json_values(self) -> bool {
        matches!(self, Self::JsonValues | Self::JsonList)
    }
}

/// A piece of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    /// Bytes without the line end; of a record over the limit the first 64 KiB.
    pub(crate) bytes: &'a [u8],
    /// Offset in the content.
    pub(crate) offset: u64,
    /// Number of the record, from 0.
    pub(crate) number: u64,
    /// It is over [`limits::ROW_BYTES_MAX`].
    pub(crate) too_large: bool,
    /// The line end is there.
    pub(crate) ended: bool,
}

/// Records of a file, read piece by piece; memory is bounded by the longest record.
pub(crate) struct Records {
    content: Content,
    delimiter: RecordDelimiter,
    buffer: Vec<u8>,
    start: usize,
    scanned: usize,
    state: QuoteState,
    value: ValueScan,
    offset: u64,
    number: u64,
    skipping: bool,
    end: Option<StreamEnd>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum QuoteState {
    FieldStart,
    Plain,
    Quoted,
    QuoteInQuoted,
    /// Behind an escape.
    EscapedQuoted,
    EscapedPlain,
}

struct Found {
    range: Range<usize>,
    ended: bool,
    /// Bytes between it and the next one.
    delimiter: usize,
    too_large: bool,
}

impl Records {
    /// Records of `bytes` in UTF-8, or as a byte order mark says, of whose content only the first `stop_at` bytes are
    /// taken.
    pub(crate) fn new(bytes: Bytes, delimiter: RecordDelimiter, stop_at: u64) -> Self {
        Self::in_encoding(bytes, delimiter, TextEncoding::Utf8, stop_at)
    }

    /// The same of text in another encoding. Offsets count bytes of UTF-8.
    pub(crate) fn in_encoding(bytes: Bytes, delimiter: RecordDelimiter, encoding: TextEncoding, stop_at: u64) -> Self {
        Self {
            content: Content::new(bytes, encoding, stop_at),
            delimiter,
            buffer: Vec::new(),
            start: 0,
            scanned: 0,
            state: QuoteState::FieldStart,
            value: ValueScan::default(),
            offset: 0,
            number: 0,
            skipping: false,
            end: None,
        }
    }

    /// Records that follow end as `delimiter` says.
    pub(crate) fn set_delimiter(&mut self, delimiter: RecordDelimiter) {
        self.delimiter = delimiter;
    }

    /// The next record.
    pub(crate) fn next(&mut self) -> Option<Record<'_>> {
        let offset;
        let found = loop {
            let found = self.find()?;
            let at = self.offset;
            let consumed = found.range.len() + found.delimiter;
            if self.skipping {
                self.skipping = !found.ended && found.too_large;
                self.consume(consumed);
                continue;
            }
            offset = at;
            self.skipping = found.too_large && !found.ended;
            break found;
        };
        let number = self.number;
        self.number += 1;
        let Found { range, ended, delimiter, too_large } = found;
        // The bytes stay in the buffer until the next call, only the cursor moves on.
        self.consume(range.len() + delimiter);
        let mut bytes = self.buffer.get(range).unwrap_or_default();
        if too_large {
            bytes = bytes.get(..Reject::RAW_BYTES_MAX).unwrap_or(bytes);
        }
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        Some(Record { bytes, offset, number, too_large, ended })
    }

    /// How the content ended; known once [`Records::next`] has returned `None`.
    pub(crate) fn end(&self) -> StreamEnd {
        self.end.unwrap_or(StreamEnd::Whole)
    }

    /// Offset of what comes next.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Number of records so far.
    pub(crate) fn count(&self) -> u64 {
        self.number
    }

    fn consume(&mut self, count: usize) {
        self.start += count;
        self.scanned = self.start;
        self.state = QuoteState::FieldStart;
        self.offset += count as u64;
    }

    fn find(&mut self) -> Option<Found> {
        if self.delimiter == RecordDelimiter::Json {
            while self.buffer.len() < READ_BYTES && self.end.is_none() && self.fill() {}
            self.delimiter = match layout(&self.buffer) {
                Layout::Lines => RecordDelimiter::Lines,
                Layout::Values => RecordDelimiter::JsonValues,
                Layout::List => RecordDelimiter::JsonList,
            };
            if self.delimiter == RecordDelimiter::JsonList {
                self.skip_list_start();
            }
        }
        loop {
            if self.delimiter.is_json_values() && self.value == ValueScan::default() {
                self.skip_blanks();
            }
            if let Some(end) = self.scan() {
                self.value = ValueScan::default();
                let range = self.start..end;
                let delimiter = usize::from(!self.delimiter.is_json_values());
                let too_large = range.len() > limits::ROW_BYTES_MAX;
                return Some(Found { range, ended: true, delimiter, too_large });
            }
            let pending = self.buffer.len() - self.start;
            if pending > limits::ROW_BYTES_MAX {
                return Some(self.pending(true));
            }
            if self.end.is_some() || !self.fill() {
                return (pending > 0).then(|| self.pending(false));
            }
        }
    }

    /// Everything that was read and is in no record.
    fn pending(&self, too_large: bool) -> Found {
        Found { range: self.start..self.buffer.len(), ended: false, delimiter: 0, too_large }
    }

    /// Goes over the bracket with which a list begins, and what is before it.
    fn skip_list_start(&mut self) {
        if let Some(at) = self.buffer.iter().position(|byte| *byte == b'[') {
            self.consume(at + 1);
        }
    }

    /// Goes over white space between values, and over the commas and the end of a list.
    fn skip_blanks(&mut self) {
        let pending = self.buffer.get(self.start..).unwrap_or_default();
        let in_list = self.delimiter == RecordDelimiter::JsonList;
        let is_between = |byte: &u8| byte.is_ascii_whitespace() || (in_list && matches!(byte, b',' | b']'));
        let blanks = pending.iter().take_while(|byte| is_between(byte)).count();
        if blanks > 0 && self.scanned <= self.start + blanks {
            self.consume(blanks);
        }
    }

    /// Position of the line end of the record that begins at `start`, if it is in the buffer.
    fn scan(&mut self) -> Option<usize> {
        let fresh = self.buffer.get(self.scanned..)?;
        let found = match self.delimiter {
            RecordDelimiter::Lines | RecordDelimiter::Json => memchr(b'\n', fresh),
            RecordDelimiter::JsonValues | RecordDelimiter::JsonList => self.value.end(fresh),
            RecordDelimiter::Csv(dialect) => scan_csv(fresh, &mut self.state, dialect),
        };
        match found {
            Some(at) => Some(self.scanned + at),
            None => {
                self.scanned = self.buffer.len();
                None
            }
        }
    }

    /// Reads more; `false` at the end.
    fn fill(&mut self) -> bool {
        self.buffer.drain(..self.start);
        self.scanned -= self.start;
        self.start = 0;
        let filled = self.buffer.len();
        self.buffer.resize(filled + READ_BYTES, 0);
        let read = match self.buffer.get_mut(filled..) {
            Some(space) => self.content.read(space),
            None => Err(StreamEnd::Whole),
        };
        match read {
            Ok(count) => {
                self.buffer.truncate(filled + count);
                true
            }
            Err(end) => {
                self.buffer.truncate(filled);
                self.end = Some(end);
                false
            }
        }
    }
}

fn scan_csv(bytes: &[u8], state: &mut QuoteState, dialect: CsvDialect) -> Option<usize> {
    use QuoteState as S;
    let CsvDialect { delimiter, quote, escape } = dialect;
    // Most records have neither quotes nor escapes, and end with their line.
    if *state == S::FieldStart
        && let Some(end) = memchr(b'\n', bytes)
        && let Some(line) = bytes.get(..end)
        && !quote.into_iter().chain(escape).any(|special| memchr(special, line).is_some())
    {
        return Some(end);
    }
    for (at, byte) in bytes.iter().enumerate() {
        let is_quote = quote == Some(*byte);
        let is_escape = escape == Some(*byte) && !is_quote;
        *state = match *state {
            S::EscapedQuoted => S::Quoted,
            S::EscapedPlain => S::Plain,
            S::Quoted if is_escape => S::EscapedQuoted,
            S::Quoted if is_quote => S::QuoteInQuoted,
            S::Quoted => S::Quoted,
            S::FieldStart | S::QuoteInQuoted if is_quote => S::Quoted,
            _ if *byte == b'\n' => return Some(at),
            _ if *byte == delimiter => S::FieldStart,
            _ if is_escape => S::EscapedPlain,
            S::FieldStart | S::Plain | S::QuoteInQuoted => S::Plain,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{CsvDialect, RecordDelimiter, Records};
    use bytes::Bytes;
    use sluice_contract::limits;

    fn all(content: &[u8], delimiter: RecordDelimiter) -> Vec<(String, u64, bool)> {
        let mut records = Records::new(Bytes::copy_from_slice(content), delimiter, u64::MAX);
        let mut found = Vec::new();
        while let Some(record) = records.next() {
            found.push((String::from_utf8_lossy(record.bytes).into_owned(), record.offset, record.ended));
        }
        found
    }

    #[test]
    fn lines_end_at_line_feeds_only() {
        let found = all("a\u{2028}b\r\n\nc".as_bytes(), RecordDelimiter::Lines);
        assert_eq!(found, [("a\u{2028}b".into(), 0, true), (String::new(), 7, true), ("c".into(), 8, false)]);
    }

    #[test]
    fn json_values_end_where_they_do_if_the_front_shows_it() {
        let texts = |content: &str| -> Vec<String> {
            all(content.as_bytes(), RecordDelimiter::Json).into_iter().map(|record| record.0).collect()
        };
        assert_eq!(texts("{\"a\":1}\n{\"a\":\n2}\n"), ["{\"a\":1}", "{\"a\":", "2}"], "by lines");
        assert_eq!(texts("{\"a\":1}{\"a\":\"}{\"}\n {\"a\":3"), ["{\"a\":1}", "{\"a\":\"}{\"}", "{\"a\":3"]);
        assert_eq!(
            texts("{\n  \"a\": {\n  }\n}\n{\n  \"a\": []\n}\n\n"),
            ["{\n  \"a\": {\n  }\n}", "{\n  \"a\": []\n}"]
        );
        let found = all(b" {\n\"a\":1}\n{}", RecordDelimiter::Json);
        assert_eq!(found.iter().map(|record| record.1).collect::<Vec<_>>(), [1, 10]);
    }

    #[test]
    fn csv_records_keep_line_feeds_in_quotes() {
        let found = all(b"1,\"a\n\"\"b\",x\n2,5\" pipe,\n\"open\n", RecordDelimiter::Csv(CsvDialect::RFC_4180));
        let texts: Vec<&str> = found.iter().map(|record| record.0.as_str()).collect();
        assert_eq!(texts, ["1,\"a\n\"\"b\",x", "2,5\" pipe,", "\"open\n"]);
    }

    #[test]
    fn a_quote_behind_records_without_one_keeps_its_line_feed() {
        let content = format!("{}9,\"a\nb\"\n10,c", "1,plain\n".repeat(40_000));
        let found = all(content.as_bytes(), RecordDelimiter::Csv(CsvDialect::RFC_4180));
        let last: Vec<&str> = found.iter().skip(39_999).map(|record| record.0.as_str()).collect();
        assert_eq!(last, ["1,plain", "9,\"a\nb\"", "10,c"]);
    }

    #[test]
    fn delimiters_and_escapes_are_those_of_the_file() {
        let dialect = CsvDialect { delimiter: b';', quote: Some(b'"'), escape: Some(b'\\') };
        let found = all(b"1;\"a\\\"\nb\"\n2;c\\\nd\n3,\"x\n", RecordDelimiter::Csv(dialect));
        let texts: Vec<&str> = found.iter().map(|record| record.0.as_str()).collect();
        assert_eq!(texts, ["1;\"a\\\"\nb\"", "2;c\\\nd", "3,\"x"]);
    }

    #[test]
    fn a_list_that_is_the_whole_file_is_its_values() {
        let found = all(b"\n[{\"a\": [1]},\n  {\"a\": \"],\"} ,{\"a\":3}]\n", RecordDelimiter::Json);
        let texts: Vec<&str> = found.iter().map(|record| record.0.as_str()).collect();
        assert_eq!(texts, ["{\"a\": [1]}", "{\"a\": \"],\"}", "{\"a\":3}"]);
        assert_eq!(all(b"[]", RecordDelimiter::Json), []);
    }

    #[test]
    fn a_record_over_the_limit_is_one_record() {
        let mut content = vec![b'x'; limits::ROW_BYTES_MAX * 2 + 5];
        content.extend_from_slice(b"\nnext\n");
        let mut records = Records::new(Bytes::from(content), RecordDelimiter::Lines, u64::MAX);
        assert!(records.next().unwrap().too_large);
        let next = records.next().unwrap();
        assert_eq!((next.bytes, next.number, next.too_large), (&b"next"[..], 1, false));
        assert!(records.next().is_none());
    }
}
