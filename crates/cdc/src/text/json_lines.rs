//! Files of JSON lines, and their records.

use crate::formats::{debezium_flat::decode as debezium_flat, debezium_json::decode as debezium};
use crate::outcome::collector::Collector;
use crate::outcome::record_error::Fault;
use crate::plan::Plan;
use crate::text::json_fields::is_too_deep;
use crate::text::records::{Cut, Records};
use crate::text::unpack::Ending;
use crate::value::encoding::SchemaCache;
use bytes::Bytes;
use sluice_change::{ReasonCode, RowRef};
use sluice_contract::{SourceFormat, limits};

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Decodes a file of JSON lines, plain or gzip; says how it ended.
pub(crate) fn decode(plan: &Plan, out: &mut Collector, bytes: Bytes, stop_at: u64) -> Ending {
    let mut records = Records::new(bytes, Cut::Lines, stop_at);
    let mut schemas = SchemaCache::default();
    let mut last = None;
    while let Some(record) = records.next() {
        let at = RowRef { file: 0, row: record.number, offset: record.offset };
        let mut line = record.bytes;
        if record.number == 0 {
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        let too_large = record.too_large;
        if !record.ended && !too_large {
            // Whether the file was cut here is known only after it.
            last = Some((at, line.to_vec()));
            continue;
        }
        let outcome = if too_large {
            let detail = format!("over {} MiB", limits::ROW_BYTES_MAX >> 20);
            Err(Fault::new(ReasonCode::RowTooLarge, detail))
        } else {
            decode_line(plan, &mut schemas, out, at, line)
        };
        if let Err(fault) = outcome {
            if fault.reason == ReasonCode::FileTooLarge {
                out.reject_file(at, fault.reason, fault.detail);
                return Ending::Whole;
            }
            out.reject(at, fault, line);
        }
    }
    let ending = records.ending();
    if let Some((at, line)) = last
        && let Err(fault) = decode_line(plan, &mut schemas, out, at, &line)
    {
        let cut = Fault::new(ReasonCode::BadEnvelope, "the file ends inside the record");
        out.reject(at, if ending == Ending::Whole { fault } else { cut }, &line);
    }
    if let Some((reason, detail)) = ending.reason() {
        out.reject_file(RowRef { file: 0, row: records.count(), offset: records.offset() }, reason, detail);
    }
    ending
}

fn decode_line(
    plan: &Plan,
    schemas: &mut SchemaCache,
    out: &mut Collector,
    at: RowRef,
    line: &[u8],
) -> Result<(), Fault> {
    match std::str::from_utf8(line) {
        Ok(text) => decode_text(plan, schemas, out, at, text),
        Err(error) => {
            let detail = format!("not UTF-8 at byte {} of the record", error.valid_up_to());
            Err(Fault::new(ReasonCode::BadEncoding, detail))
        }
    }
}

/// Decodes one record of JSON.
///
/// # Errors
/// Why it can not become an event.
pub(crate) fn decode_text(
    plan: &Plan,
    schemas: &mut SchemaCache,
    out: &mut Collector,
    at: RowRef,
    text: &str,
) -> Result<(), Fault> {
    let trimmed = text.trim_matches([' ', '\t', '\r', '\n']);
    if trimmed.is_empty() {
        return Ok(());
    }
    if trimmed == "null" {
        out.tombstone();
        return Ok(());
    }
    if is_too_deep(text.as_bytes(), limits::JSON_DEPTH_MAX) {
        return Err(Fault::new(ReasonCode::TooDeep, format!("deeper than {}", limits::JSON_DEPTH_MAX)));
    }
    if plan.format() == SourceFormat::DebeziumFlatJson {
        debezium_flat::decode(plan, schemas, out, at, text)
    } else {
        debezium::decode(plan, schemas, out, at, text)
    }
}
