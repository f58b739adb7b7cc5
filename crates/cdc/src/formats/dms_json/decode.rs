//! From a record to an event.

use super::kind::Kind;
use super::record::{BEFORE, Record};
use crate::formats::dms::own_place::BY_CHANGE_SEQUENCE;
use crate::formats::dms::{SEQUENCE, is_document};
use crate::formats::json::change::{Lacking, RowChange};
use crate::formats::json::position::{BY_OFFSET, numbers};
use crate::formats::json::row::{plain_cell, read_row_without, row_text};
use crate::formats::json::source_table::is_of_other;
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::names::Target;
use crate::plan::position_text::PartValue;
use crate::row::text_rows::time_ms;
use crate::row::values::Row;
use crate::text::json_fields::{each_member, string};
use crate::value::extended_json::plain;
use sluice_change::{Cell, CellError, EventSeq, Op, ReasonCode, RowRef, SeqParts};
use sluice_contract::ColumnType;
use std::borrow::Cow;

/// Decodes one record.
///
/// # Errors
/// Why it cannot become an event.
pub(super) fn decode(plan: &Plan, out: &mut Collector, at: RowRef, text: &str) -> Result<(), RecordError> {
    let bad_envelope = |detail: &str| RecordError::new(ReasonCode::BadEnvelope, detail);
    let record = Record::read(text).ok_or_else(|| bad_envelope("not a JSON object with metadata"))?;
    let word = record.operation.and_then(string).ok_or_else(|| bad_envelope("no operation (metadata.operation)"))?;
    let kind = Kind::of(&word);
    let truncates = || plan.operation_of(Op::Upsert, &word, |_| None) == Op::Truncate;
    if record.is_control && kind != Some(Kind::Truncate) && !truncates() {
        out.count_operation(&word);
        out.tombstone();
        return Ok(());
    }
    if is_of_other(out, &record.table())? {
        return Ok(());
    }
    out.count_operation(&word);
    let op = match kind {
        Some(Kind::Load) => Op::Read,
        Some(Kind::Insert | Kind::Update) => Op::Upsert,
        Some(Kind::Delete) => Op::Delete,
        Some(Kind::Truncate) => Op::Truncate,
        None if record.is_control => Op::Truncate,
        None => return Err(RecordError::new(ReasonCode::UnknownOperation, format!("known are {}", Kind::words()))),
    };
    let opened = record.data.filter(|_| plan.has_documents()).and_then(with_open_documents);
    let row = match opened.as_deref().or(record.data) {
        _ if op == Op::Truncate => Row::new(plan),
        Some(data) => read_row_without(plan, out, data, |name, _| is_former(plan, name))?,
        None => return Err(bad_envelope("no row (data)")),
    };
    let (rank, parts) = match op {
        Op::Read => (0, SeqParts::default()),
        _ => (1, place(plan, out, at, &row)?),
    };
    let source_time_ms = record.time().filter(|_| op != Op::Read).and_then(|text| time_ms(&text));
    let former = record.former().filter(|_| kind == Some(Kind::Update));
    // What is null or empty is left out unless the task says otherwise, so what a row lacks is null.
    let (former, lacking, record) = (former.as_deref(), Lacking::Default, text.to_owned());
    let change = RowChange { at, op, op_text: &word, row: &row, former, lacking, rank, parts, source_time_ms, record };
    change.prepare(plan, out, |position, data_type, raw| cell(plan, raw, position, data_type))?.push(plan, out)
}

/// The row with the texts that are documents of MongoDB in their place as JSON, so that columns are found inside; `None` if
/// it is no object. What is no Extended JSON stays a text, and its cell says so.
fn with_open_documents(data: &str) -> Option<String> {
    let mut json = String::with_capacity(data.len());
    let whole = each_member(data, |name, raw| {
        json.push(if json.is_empty() { '{' } else { ',' });
        json.push_str(&serde_json::Value::from(name.as_ref()).to_string());
        json.push(':');
        let text = string(raw).filter(|text| is_document(&name) && text.starts_with(['{', '[']));
        match text.as_deref().map(plain) {
            Some(Ok(document)) => json.push_str(&document),
            _ => json.push_str(raw),
        }
    });
    json.push_str(if json.is_empty() { "{}" } else { "}" });
    whole.then_some(json)
}

/// The cell of a value; one that is Extended JSON of MongoDB, or a text of it, as plain JSON.
fn cell<'a>(plan: &Plan, raw: &'a str, position: usize, data_type: &ColumnType) -> Result<Cell<'a>, CellError> {
    if !plan.is_document(position) {
        return plain_cell(plan, raw, position, data_type);
    }
    let text = string(raw).unwrap_or(Cow::Borrowed(raw));
    if !text.starts_with(['{', '[']) {
        return plain_cell(plan, raw, position, data_type);
    }
    let json = plain(&text).map_err(|_| CellError::mismatch(data_type))?;
    plain_cell(plan, &json, position, data_type).map(Cell::into_owned)
}

/// Whether a member of the row is a value before the change, and not a column that the contract has.
fn is_former(plan: &Plan, name: &str) -> bool {
    name.starts_with(BEFORE) && plan.target(name) == Target::Unknown
}

/// By the change sequence where the task adds it, else by the place in the topic.
fn place(plan: &Plan, out: &mut Collector, at: RowRef, row: &Row<&str>) -> Result<SeqParts, RecordError> {
    if !plan.sequence.is_own() {
        return Ok(numbers(plan, at, row, |_| None, |_| None)?.parts());
    }
    let missing = |detail: &str| RecordError::of(SEQUENCE, ReasonCode::MissingSeq, detail);
    if let Some(text) = plan.own_position(SEQUENCE).find_map(|name| row_text(row, name)) {
        let value = PartValue::read(&text).ok_or_else(|| missing("the position is not a number from 0"))?;
        let mut parts = SeqParts::default();
        parts.iter_mut().zip(value.numbers()).for_each(|(part, number)| *part = number);
        out.orders.note(BY_CHANGE_SEQUENCE);
        return Ok(parts);
    }
    let [offset, row] = plan.place_of(at).ok_or_else(|| {
        missing(
            "the record has no position, and the name of its file has no offset as the Kafka Connect S3 sink gives it \
             (orders+0+0000000042.json); let the task add the change sequence ($AR_H_CHANGE_SEQ as transact_seq), or name \
             in apply.sequence what orders the records",
        )
    })?;
    out.orders.note(BY_OFFSET);
    Ok(EventSeq::parts_of([offset, row]))
}
