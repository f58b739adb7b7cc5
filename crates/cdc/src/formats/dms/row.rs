//! Rows of AWS DMS, from CSV, Parquet or bronze.
//!
//! `Op` is `I`, `U` or `D`; a full load has none (AWS DMS guide, "Using Amazon S3 as a target",
//! "Indicating source DB operations in migrated S3 data"). Every value is text here, so that a row
//! read from a file and the same row read from bronze become the same cells.

use crate::outcome::collector::Collector;
use crate::outcome::drift::Drift;
use crate::outcome::key_change;
use crate::outcome::record_error::Fault;
use crate::plan::sequence::SequencePart;
use crate::plan::{Plan, Target};
use crate::row::{Row, cells};
use crate::text::json_fields::{each_member, string};
use sluice_change::{Cell, Event, Op, ReasonCode, RowRef, parse_cell};
use sluice_contract::{ColumnType, limits};
use std::borrow::Cow;

/// A value of AWS DMS; `None` is null.
pub(crate) type DmsValue<'a> = Option<Cow<'a, str>>;

/// The event of a row.
///
/// # Errors
/// Why there is none.
pub(crate) fn event<'a>(
    plan: &Plan,
    at: RowRef,
    row: &'a Row<DmsValue<'a>>,
    drift: &mut Drift,
    record: String,
) -> Result<Event<'a>, Fault> {
    if record.len() > limits::ROW_BYTES_MAX {
        return Err(Fault::new(ReasonCode::RowTooLarge, format!("over {} MiB", limits::ROW_BYTES_MAX >> 20)));
    }
    let text = |name| row.get(name).and_then(Option::as_deref);
    let op_text = plan.operation.and_then(text).unwrap_or_default();
    let texts: Vec<Option<&str>> = plan
        .sequence
        .parts()
        .iter()
        .map(|part| match part {
            SequencePart::Row(name) => text(*name).filter(|text| !text.is_empty()),
            SequencePart::Envelope(_) => None,
        })
        .collect();
    let mut op = match operation(op_text)? {
        // A full load with `includeOpForFullLoad` says `I`; its change sequence is empty.
        Op::Upsert if is_insert(op_text) && texts.iter().all(Option::is_none) => Op::Read,
        op => op,
    };
    let is_read = op == Op::Read;
    let said = |name| text(name).map(Cow::Borrowed);
    if plan.says_truncate(op_text, said) {
        op = Op::Truncate;
    } else if plan.says_delete(op_text, said) {
        op = Op::Delete;
    }
    let (rank, parts) = plan.sequence.dms(&texts, is_read)?;
    let told = plan.told.and_then(text);
    let cells = cells(plan, op, told, row, drift, |position, data_type: &ColumnType| match row.column(position) {
        Some(Some(text)) => parse_cell(data_type, text).map(Some),
        Some(None) => Ok(Some(Cell::Null)),
        None => Ok(None),
    })?;
    let time = plan.time.filter(|_| !is_read).and_then(text);
    let source_time_ms = time.and_then(|time| match parse_cell(&ColumnType::Timestamp, time) {
        Ok(Cell::Int(micros)) => Some(micros.div_euclid(1_000)),
        _ => None,
    });
    Ok(Event { at, op, rank, parts, cells, source_time_ms, record })
}

/// Keeps an event; where its row had another key before (`BI_<key column>`), as the contract says.
///
/// # Errors
/// `KEY_CHANGED` if the contract does not allow it, what the former key is no value of, and a batch without
/// room.
pub(crate) fn push(plan: &Plan, out: &mut Collector, row: &Row<DmsValue<'_>>, event: Event<'_>) -> Result<(), Fault> {
    let before = |(position, name): &(usize, crate::plan::RowName)| {
        let text = row.get(*name).and_then(Option::as_deref).filter(|text| !text.is_empty())?;
        Some((*position, text))
    };
    let told: Vec<(usize, &str)> = plan.before_key.iter().filter_map(before).collect();
    let mut former = Vec::with_capacity(told.len());
    for (position, text) in told {
        let Some(column) = plan.contract.columns.get(position) else { continue };
        former.push((position, parse_cell(&column.data_type, text).map_err(|e| Fault::of_cell(&column.name, e))?));
    }
    key_change::push(plan, out, event, &former, row.content())
}

/// Counts what a row is made of, whether or not it becomes an event. `unknown` are its names that
/// the contract does not know.
pub(crate) fn count<'n>(
    plan: &Plan,
    out: &mut Collector,
    row: &Row<DmsValue<'_>>,
    unknown: impl Iterator<Item = &'n str>,
) {
    unknown.for_each(|name| out.drift.unknown(name));
    let op = plan.operation.and_then(|name| row.get(name)).and_then(Option::as_deref).unwrap_or_default();
    out.count_operation(if op.is_empty() { "load" } else { op });
}

/// Decodes a row that bronze kept as JSON.
///
/// # Errors
/// Why it can not become an event.
pub(crate) fn decode_record(plan: &Plan, out: &mut Collector, at: RowRef, record: &str) -> Result<(), Fault> {
    let mut row = Row::new(plan);
    let mut unknown = Vec::new();
    let whole = each_member(record, |name, raw| {
        let value: DmsValue<'_> = if raw == "null" { None } else { Some(string(raw).unwrap_or(Cow::Borrowed(raw))) };
        let target = plan.target(&name);
        row.set(plan, &name, target, value);
        if target == Target::Unknown {
            unknown.push(name);
        }
    });
    if !whole {
        return Err(Fault::new(ReasonCode::BadEnvelope, "not a JSON object"));
    }
    count(plan, out, &row, unknown.iter().map(AsRef::as_ref));
    let event = event(plan, at, &row, &mut out.drift, record.to_owned())?;
    push(plan, out, &row, event)
}

/// A row as JSON, for bronze: names and texts in the order of the file.
pub(crate) fn record<'v>(values: impl Iterator<Item = (&'v str, Option<&'v str>)>) -> String {
    let mut json = String::from("{");
    for (name, value) in values {
        if json.len() > 1 {
            json.push(',');
        }
        push_string(&mut json, name);
        json.push(':');
        match value {
            Some(text) => push_string(&mut json, text),
            None => json.push_str("null"),
        }
    }
    json.push('}');
    json
}

/// Whether a text is an operation of AWS DMS.
pub(crate) fn is_operation(text: &str) -> bool {
    !text.is_empty() && operation(text).is_ok()
}

fn operation(text: &str) -> Result<Op, Fault> {
    let is = |letter: &str, word: &str| text.eq_ignore_ascii_case(letter) || text.eq_ignore_ascii_case(word);
    if text.is_empty() {
        Ok(Op::Read)
    } else if is_insert(text) || is("U", "UPDATE") {
        Ok(Op::Upsert)
    } else if is("D", "DELETE") {
        Ok(Op::Delete)
    } else {
        Err(Fault::new(ReasonCode::UnknownOperation, "known are I, U and D"))
    }
}

fn is_insert(text: &str) -> bool {
    text.eq_ignore_ascii_case("I") || text.eq_ignore_ascii_case("INSERT")
}

fn push_string(json: &mut String, text: &str) {
    match serde_json::to_string(text) {
        Ok(quoted) => json.push_str(&quoted),
        Err(_) => json.push_str("null"),
    }
}
