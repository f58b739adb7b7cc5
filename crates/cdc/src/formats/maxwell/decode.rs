//! From a record to an event.

use super::kind::Kind;
use super::record::{ENCRYPTED, Record};
use crate::formats::json::change::{Lacking, RowChange};
use crate::formats::json::position::numbers;
use crate::formats::json::row::{encoded_cell, inline_json, plain_cell, read_row};
use crate::formats::json::source_table::is_of_other;
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::row::values::Row;
use crate::text::json_fields::{members, string};
use crate::value::encoding::Encoding;
use sluice_change::{Cell, CellError, EventSeq, Op, ReasonCode, RowRef};
use sluice_contract::ColumnType;

/// Decodes one record.
///
/// # Errors
/// Why it cannot become an event.
pub(super) fn decode(plan: &Plan, out: &mut Collector, at: RowRef, text: &str) -> Result<(), RecordError> {
    let record = Record::read(text).ok_or_else(|| bad_envelope("not a JSON object"))?;
    let word = record.kind.and_then(string).ok_or_else(|| without_data(&record, "no operation (type)"))?;
    let kind = Kind::of(&word);
    let truncates = || plan.operation_of(Op::Upsert, &word, |_| None) == Op::Truncate;
    if kind.is_some_and(|kind| !kind.has_row()) && !truncates() {
        out.count_operation(&word);
        out.tombstone();
        if let Some(sql) = members(text, ["sql"]).and_then(|[sql]| string(sql?)) {
            out.drift.statement(&sql);
        }
        return Ok(());
    }
    if is_of_other(out, &record.table())? {
        return Ok(());
    }
    out.count_operation(&word);
    let unknown = || RecordError::new(ReasonCode::UnknownOperation, format!("known are {}", Kind::words()));
    let kind = kind.ok_or_else(unknown)?;
    let op = match kind {
        Kind::Insert | Kind::Update => Op::Upsert,
        Kind::Delete => Op::Delete,
        Kind::Bootstrap => Op::Read,
        Kind::BootstrapMark | Kind::Ddl => Op::Truncate,
    };
    let row = match record.data {
        _ if op == Op::Truncate => Row::new(plan),
        Some(data) => read_row(plan, out, data)?,
        None => return Err(without_data(&record, "no row (data)")),
    };
    let (rank, parts) = match op {
        // Below every change, whenever it was read; of two bootstraps the later one counts.
        Op::Read => (0, EventSeq::parts_of([record.time().unwrap_or(0)])),
        _ => (1, numbers(plan, at, &row, |name| record.part(name), hint)?.parts()),
    };
    let per_second = if kind == Kind::Ddl { 1 } else { 1_000 };
    let source_time_ms = record.time().and_then(|time| i64::try_from(time.checked_mul(per_second)?).ok());
    let (former, lacking) = match kind {
        Kind::Update => (record.old, Lacking::UnchangedOrNull),
        _ => (None, Lacking::Default),
    };
    let record = text.to_owned();
    let change = RowChange { at, op, op_text: &word, row: &row, former, lacking, rank, parts, source_time_ms, record };
    change.prepare(plan, out, |position, data_type, raw| cell(plan, position, data_type, raw))?.push(plan, out)
}

fn bad_envelope(detail: &str) -> RecordError {
    RecordError::new(ReasonCode::BadEnvelope, detail)
}

fn without_data(record: &Record<'_>, detail: &str) -> RecordError {
    bad_envelope(if record.encrypted.is_some() { ENCRYPTED } else { detail })
}

/// What a record lacks that has no place in the log.
fn hint(part: &str) -> Option<&'static str> {
    match part {
        "file" | "pos" => Some("let Maxwell write position (output_binlog_position)"),
        "xoffset" => Some("let Maxwell write xoffset and commit (output_xoffset, output_commit_info)"),
        _ => None,
    }
}

/// Bytes are base64 by the format.
fn cell<'a>(plan: &Plan, position: usize, data_type: &ColumnType, raw: &'a str) -> Result<Cell<'a>, CellError> {
    match data_type {
        ColumnType::Binary if plan.source.binary.is_none() => {
            encoded_cell(plan, &Encoding::Bytes, raw, position, data_type)
        }
        ColumnType::Json => Ok(inline_json(raw)),
        _ => plain_cell(plan, raw, position, data_type),
    }
}
