//! Rows of AWS DMS, from CSV, Parquet or bronze: `Op` is `I`, `U` or `D`; a full load has none.

use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::sequence::SequencePart;
use crate::row::key_change;
use crate::row::text_rows::{RowPlace, TextRows, TextValue, sequence_text, text_of, time_ms};
use crate::row::values::Row;
use sluice_change::{Event, Op, ReasonCode, RowRef};
use std::borrow::Cow;

/// The rules for rows of AWS DMS.
pub(crate) struct DmsRows;

impl TextRows for DmsRows {
    fn operation<'a>(&self, plan: &Plan, row: &'a Row<TextValue<'_>>) -> &'a str {
        let op = operation_text(plan, row);
        if op.is_empty() { "load" } else { op }
    }

    /// A row of the full load ranks below every change, with whatever
    /// position it carries (the time of a full load is when the row was copied). A change without a member for
    /// its position, as AWS DMS writes it by default, is where it stands: by the time in its file's name, then by row.
    fn place(&self, plan: &Plan, at: RowRef, row: &Row<TextValue<'_>>) -> Result<RowPlace, RecordError> {
        let op_text = operation_text(plan, row);
        let part = |part: &SequencePart| match part {
            SequencePart::Row(name) => sequence_text(plan, row, *name),
            SequencePart::Envelope(_) => None,
        };
        let texts: Vec<Option<Cow<'_, str>>> = plan.sequence.parts().iter().map(part).collect();
        let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
        let has_member = |part: &SequencePart| matches!(part, SequencePart::Row(name) if row.get(*name).is_some());
        let by_place = plan.orders_by_place() && !plan.sequence.parts().iter().any(has_member);
        let place = plan.place_of(at).filter(|_| by_place);
        let delivered = match operation(op_text)? {
            // A full load with `includeOpForFullLoad` says `I`; its change sequence is empty.
            Op::Upsert if is_insert(op_text) && texts.iter().all(Option::is_none) && place.is_none() => Op::Read,
            op => op,
        };
        let is_read = delivered == Op::Read;
        let op = plan.operation_of(delivered, op_text, |name| text_of(row, name).map(Cow::Borrowed));
        let (rank, parts) = match (plan.sequence.numbers(&texts, is_read), place) {
            (Ok(numbers), _) => (u8::from(!is_read), numbers.parts()),
            (Err(_), _) if is_read => (0, [0; 3]),
            (Err(_), Some(place)) => (1, place),
            (Err(mut error), None) => {
                if by_place {
                    error.detail.push_str(", and the file's name has no time as AWS DMS gives it");
                }
                return Err(error);
            }
        };
        let source_time_ms = plan.time.filter(|_| !is_read).and_then(|name| text_of(row, name)).and_then(time_ms);
        Ok(RowPlace { op, rank, parts, source_time_ms })
    }

    /// Where the row had another key before (`BI_<key column>`), as the contract says.
    fn keep(
        &self,
        plan: &Plan,
        out: &mut Collector,
        row: &Row<TextValue<'_>>,
        event: Event<'_>,
    ) -> Result<(), RecordError> {
        let mut former = Vec::with_capacity(plan.before_key.len());
        for (position, name) in &plan.before_key {
            let Some(text) = text_of(row, *name).filter(|text| !text.is_empty()) else { continue };
            let Some(column) = plan.contract.columns.get(*position) else { continue };
            let cell = plan
                .reading
                .cell(&column.data_type, column.unit, text)
                .map_err(|e| RecordError::of_cell(&column.name, e))?;
            former.push((*position, cell));
        }
        key_change::push(plan, out, event, &former, row.content())
    }
}

fn operation_text<'a>(plan: &Plan, row: &'a Row<TextValue<'_>>) -> &'a str {
    plan.operation.and_then(|name| text_of(row, name)).unwrap_or_default()
}

/// Whether a text is an operation of AWS DMS.
pub(crate) fn is_operation(text: &str) -> bool {
    !text.is_empty() && operation(text).is_ok()
}

/// Whether a text is the operation of an insert.
pub(crate) fn is_insert(text: &str) -> bool {
    text.eq_ignore_ascii_case("I") || text.eq_ignore_ascii_case("INSERT")
}

/// Whether a text is the operation of a delete.
pub(crate) fn is_delete(text: &str) -> bool {
    text.eq_ignore_ascii_case("D") || text.eq_ignore_ascii_case("DELETE")
}

fn operation(text: &str) -> Result<Op, RecordError> {
    if text.is_empty() {
        Ok(Op::Read)
    } else if is_insert(text) || text.eq_ignore_ascii_case("U") || text.eq_ignore_ascii_case("UPDATE") {
        Ok(Op::Upsert)
    } else if is_delete(text) {
        Ok(Op::Delete)
    } else {
        Err(RecordError::new(ReasonCode::UnknownOperation, "known are I, U and D"))
    }
}
