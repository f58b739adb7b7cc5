//! From a record to an event.

use super::image::Marks;
use super::record::{BY_ROWS, Record};
use crate::formats::json::change::{Lacking, RowChange};
use crate::formats::json::position::numbers;
use crate::formats::json::row::{plain_cell, read_row_without};
use crate::formats::json::source_table::is_of_other;
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::row::values::Row;
use crate::text::json_fields::string;
use sluice_change::{Op, ReasonCode, RowRef};

/// Decodes one record.
///
/// # Errors
/// Why it cannot become an event.
pub(super) fn decode(plan: &Plan, out: &mut Collector, at: RowRef, text: &str) -> Result<(), RecordError> {
    let record = Record::read(text).ok_or_else(|| bad_envelope("not a JSON object"))?;
    let word = record.op.and_then(string).ok_or_else(|| bad_envelope("no operation (op_type)"))?;
    if is_of_other(out, &record.table())? {
        return Ok(());
    }
    out.count_operation(&word);
    let (op, image, lacking) = match word.as_ref() {
        "I" => (Op::Upsert, record.after, Lacking::Default),
        "U" => (Op::Upsert, record.after, Lacking::Unchanged),
        "D" => (Op::Delete, record.before, Lacking::Default),
        "T" => (Op::Truncate, None, Lacking::Default),
        _ => return Err(RecordError::new(ReasonCode::UnknownOperation, "known are I, U, D and T")),
    };
    let row = match image {
        Some(image) => {
            let marks = Marks::of(image);
            read_row_without(plan, out, image, |name, _| marks.is_none(name))?
        }
        None if op == Op::Truncate => Row::new(plan),
        None if record.before.or(record.after).is_none() => return Err(bad_envelope(BY_ROWS)),
        None if op == Op::Delete => return Err(bad_envelope("no row (before)")),
        None => return Err(bad_envelope("no row (after)")),
    };
    let parts = numbers(plan, at, &row, |name| record.part(name), |_| None)?.parts_then(0);
    // The time names no zone, so without source.time_zone it is not known when the change was.
    let instant = record.time().and_then(|time| plan.reading.instant(&time).ok());
    let source_time_ms = instant.map(|micros| micros.div_euclid(1_000));
    let former = record.before.filter(|_| lacking == Lacking::Unchanged);
    let record = text.to_owned();
    let change =
        RowChange { at, op, op_text: &word, row: &row, former, lacking, rank: 1, parts, source_time_ms, record };
    change.prepare(plan, out, |position, data_type, raw| plain_cell(plan, raw, position, data_type))?.push(plan, out)
}

fn bad_envelope(detail: &str) -> RecordError {
    RecordError::new(ReasonCode::BadEnvelope, detail)
}
