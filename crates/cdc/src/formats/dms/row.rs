//! Rows of AWS DMS, from CSV, Parquet or bronze: `Op` is `I`, `U` or `D`; a full load has none.

use super::own_place::OwnPlace;
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::sequence::SequencePart;
use crate::row::column_value;
use crate::row::key_change;
use crate::row::text_rows::{RowPlace, TextRows, TextValue, sequence_text, text_of, time_ms};
use crate::row::values::Row;
use sluice_change::{Cell, Event, Op, ReasonCode, RowRef, SeqParts};
use sluice_contract::ColumnType;
use std::borrow::Cow;

/// The rules for rows of AWS DMS.
pub(crate) struct DmsRows;

impl TextRows for DmsRows {
    fn operation<'a>(&self, plan: &Plan, row: &'a Row<TextValue<'_>>) -> &'a str {
        let op = operation_text(plan, row);
        if op.is_empty() { "load" } else { op }
    }

    /// A row of the full load ranks below every change, with whatever position it carries (the time of a full load is
    /// when the row was copied).
    fn place(&self, plan: &Plan, at: RowRef, row: &Row<TextValue<'_>>) -> Result<RowPlace, RecordError> {
        let op_text = operation_text(plan, row);
        let own = plan.sequence.is_own().then(|| OwnPlace::of(plan, at, row));
        let written = if own.is_some() { Vec::new() } else { written_texts(plan, row) };
        let written: Vec<Option<&str>> = written.iter().map(Option::as_deref).collect();
        let is_unplaced = own.as_ref().map_or_else(|| written.iter().all(Option::is_none), |own| own.may_be_loaded());
        let delivered = match operation(op_text)? {
            // A full load with `includeOpForFullLoad` says `I`; its change sequence is empty.
            Op::Upsert if is_insert(op_text) && is_unplaced => Op::Read,
            // Files of changes without an operation hold inserts and updates (`cdcInsertsAndUpdates`).
            Op::Read if own.is_some() && !is_unplaced && plan.is_change_file(at) => Op::Upsert,
            op => op,
        };
        let is_read = delivered == Op::Read;
        let op = plan.operation_of(delivered, op_text, |name| text_of(row, name).map(Cow::Borrowed));
        let numbers = match &own {
            Some(own) => own.parts(),
            None => plan.sequence.numbers(&written, is_read).map(|numbers| (numbers.parts(), None)),
        };
        let (parts, order) = match numbers {
            Err(_) if is_read => (SeqParts::default(), None),
            Ok((_, Some(_))) if is_read => (SeqParts::default(), None),
            other => other?,
        };
        let source_time_ms = plan.time.filter(|_| !is_read).and_then(|name| text_of(row, name)).and_then(time_ms);
        Ok(RowPlace { op, rank: u8::from(!is_read), parts, source_time_ms, order })
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
            let fetch = |data_type: &ColumnType| plan.text_cell(*position, data_type, text).map(Some);
            let cell = column_value::cell(plan, *position, column, &column.data_type, fetch)
                .map_err(|error| RecordError::of_cell(&column.name, error))?;
            former.extend(cell.filter(|cell| *cell != Cell::Null).map(|cell| (*position, cell)));
        }
        key_change::push(plan, out, event, &former, row.content())
    }
}

/// The texts of a sequence that the contract writes.
fn written_texts<'a>(plan: &'a Plan, row: &'a Row<TextValue<'_>>) -> Vec<Option<Cow<'a, str>>> {
    let part = |part: &SequencePart| match part {
        SequencePart::Row(name) => sequence_text(plan, row, *name),
        SequencePart::Envelope(_) => None,
        SequencePart::Source(place) => Some(Cow::Owned(place.clone())),
    };
    plan.sequence.parts().iter().map(part).collect()
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
