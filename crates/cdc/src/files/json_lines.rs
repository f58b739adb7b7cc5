//! Files of JSON lines, and their records.

use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::text::json_fields::is_too_deep;
use crate::text::records::{RecordDelimiter, Records};
use crate::text::unpack::StreamEnd;
use bytes::Bytes;
use sluice_change::{ReasonCode, RowRef};
use sluice_contract::{TextEncoding, limits};

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// Values looked at to tell a format.
const FIRST_VALUES: usize = 100;

/// Decodes a file of JSON records, plain or compressed, with a decoder of one record; says how it ended.
pub(crate) fn decode(
    out: &mut Collector,
    bytes: Bytes,
    encoding: TextEncoding,
    stop_at: u64,
    mut decode: impl FnMut(&mut Collector, RowRef, &str) -> Result<(), RecordError>,
) -> StreamEnd {
    // What the front of a file shows holds for all of its parts.
    let delimiter = if out.is_continued() { RecordDelimiter::Lines } else { RecordDelimiter::Json };
    let mut records = Records::in_encoding(bytes, delimiter, encoding, stop_at);
    let mut last = None;
    while let Some(record) = records.next() {
        let at = out.place(record.number, record.offset);
        let mut line = record.bytes;
        if at.row == 0 {
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        let too_large = record.too_large;
        if !line.trim_ascii().is_empty() {
            out.note_record(at);
        }
        if !record.ended && !too_large {
            // Whether the file was cut here is known only after it.
            last = Some((at, line.to_vec()));
            continue;
        }
        let outcome = if too_large {
            let detail = format!("over {} MiB", limits::ROW_BYTES_MAX >> 20);
            Err(RecordError::new(ReasonCode::RowTooLarge, detail))
        } else {
            decode_line(out, at, line, &mut decode)
        };
        if let Err(error) = outcome {
            if error.reason == ReasonCode::FileTooLarge {
                out.reject_file(at, error.reason, error.detail);
                return StreamEnd::Whole;
            }
            out.reject(at, error, line);
        }
    }
    let end = records.end();
    if let Some((at, line)) = last
        && let Err(error) = decode_line(out, at, &line, &mut decode)
    {
        let cut = RecordError::new(ReasonCode::BadEnvelope, "the file ends inside the record");
        out.reject(at, if end == StreamEnd::Whole { error } else { cut }, &line);
    }
    if let Some((reason, detail)) = end.reason() {
        out.reject_file(out.place(records.count(), records.offset()), reason, detail);
    }
    end
}

fn decode_line(
    out: &mut Collector,
    at: RowRef,
    line: &[u8],
    decode: impl FnOnce(&mut Collector, RowRef, &str) -> Result<(), RecordError>,
) -> Result<(), RecordError> {
    match std::str::from_utf8(line) {
        Ok(text) => decode(out, at, text),
        Err(error) => {
            let detail = format!("not UTF-8 at byte {} of the record", error.valid_up_to());
            Err(RecordError::new(ReasonCode::BadEncoding, detail))
        }
    }
}

/// Decodes one record: a blank line is nothing and `null` a tombstone; the rest, unless nested too deep, is for
/// `decode`.
///
/// # Errors
/// Why it cannot become an event.
pub(crate) fn decode_record(
    out: &mut Collector,
    at: RowRef,
    text: &str,
    decode: impl FnOnce(&mut Collector, RowRef, &str) -> Result<(), RecordError>,
) -> Result<(), RecordError> {
    let trimmed = text.trim_matches([' ', '\t', '\r', '\n']);
    if trimmed.is_empty() {
        return Ok(());
    }
    if trimmed == "null" {
        out.tombstone();
        return Ok(());
    }
    if is_too_deep(text.as_bytes(), limits::JSON_DEPTH_MAX) {
        return Err(RecordError::new(ReasonCode::TooDeep, format!("deeper than {}", limits::JSON_DEPTH_MAX)));
    }
    decode(out, at, text)
}

/// The first values of a content that are JSON objects, the front of one, or a text with one.
pub(crate) fn first_values(content: &[u8]) -> impl Iterator<Item = String> {
    let mut records = Records::new(Bytes::copy_from_slice(content), RecordDelimiter::Json, u64::MAX);
    let values = std::iter::from_fn(move || {
        let value = records.next()?.bytes;
        let value = value.strip_prefix(BYTE_ORDER_MARK).unwrap_or(value);
        Some(String::from_utf8_lossy(value).trim().to_owned())
    });
    let records = values.filter(|value| !value.is_empty() && value != "null");
    records.take(FIRST_VALUES).filter(|value| value.starts_with('{') || value.starts_with("\"{"))
}
