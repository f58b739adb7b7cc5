//! From a change event to an event.

use super::image::{document, patch};
use super::kind::Kind;
use super::record::{Record, TOKEN, unwrapped};
use crate::formats::json::change::{Lacking, RowChange};
use crate::formats::json::document::cell;
use crate::formats::json::position::numbers;
use crate::formats::json::row::read_row;
use crate::formats::json::source_table::is_of_other;
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::row::values::Row;
use crate::text::json_fields::string;
use sluice_change::{Op, ReasonCode, RowRef};
use std::borrow::Cow;

/// Decodes one event.
///
/// # Errors
/// Why it cannot become one.
pub(super) fn decode(plan: &Plan, out: &mut Collector, at: RowRef, text: &str) -> Result<(), RecordError> {
    let event = unwrapped(text);
    let record = Record::read(&event).ok_or_else(|| bad_envelope("not a JSON object"))?;
    let word = record.kind.and_then(string).ok_or_else(|| bad_envelope("no operation (operationType)"))?;
    let kind = Kind::of(&word);
    let truncates = || plan.operation_of(Op::Upsert, &word, |_| None) == Op::Truncate;
    if kind == Some(Kind::Mark) && !truncates() {
        out.count_operation(&word);
        out.tombstone();
        return Ok(());
    }
    if is_of_other(out, &record.table())? {
        return Ok(());
    }
    out.count_operation(&word);
    let unknown = || RecordError::new(ReasonCode::UnknownOperation, format!("known are {}", Kind::words()));
    let (op, lacking, image) = match kind.ok_or_else(unknown)? {
        Kind::Mark => (Op::Truncate, Lacking::Default, None),
        Kind::Delete => {
            let key = record.key.ok_or_else(|| bad_envelope("no documentKey"))?;
            (Op::Delete, Lacking::Default, Some(document(key)?))
        }
        Kind::Document => {
            let whole = record.document.ok_or_else(|| bad_envelope("no document (fullDocument)"))?;
            (Op::Upsert, Lacking::Default, Some(document(whole)?))
        }
        Kind::Update => match record.document {
            Some(whole) => (Op::Upsert, Lacking::Default, Some(document(whole)?)),
            None => (Op::Upsert, Lacking::Unchanged, Some(Cow::Owned(patch(plan, &record)?))),
        },
    };
    let row = match &image {
        Some(image) => read_row(plan, out, image)?,
        None => Row::new(plan),
    };
    let parts = numbers(plan, at, &row, |name| record.part(name), hint)?.parts();
    let change = RowChange {
        at,
        op,
        op_text: &word,
        row: &row,
        former: None,
        lacking,
        rank: 1,
        parts,
        source_time_ms: record.time_ms(),
        record: text.to_owned(),
    };
    change.prepare(plan, out, |position, data_type, raw| cell(plan, position, data_type, raw))?.push(plan, out)
}

fn bad_envelope(detail: &str) -> RecordError {
    RecordError::new(ReasonCode::BadEnvelope, detail)
}

/// What an event lacks that has no place in its stream.
fn hint(part: &str) -> Option<&'static str> {
    (part == TOKEN).then_some("let the event keep its resume token (_id), as the change stream gives it")
}
