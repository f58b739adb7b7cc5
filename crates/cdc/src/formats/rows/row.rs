//! From a current row to an event.

use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::names::RowName;
use crate::plan::sequence::SequencePart;
use crate::row::text_rows::{RowPlace, TextRows, TextValue, sequence_text, text_of, time_ms};
use crate::row::values::Row;
use sluice_change::{Event, Op, ReasonCode, RowRef, SeqParts};
use sluice_contract::ColumnType;
use std::borrow::Cow;

/// The rules for current rows.
pub(crate) struct CurrentRows;

impl TextRows for CurrentRows {
    fn operation<'a>(&self, _plan: &Plan, _row: &'a Row<TextValue<'_>>) -> &'a str {
        "row"
    }

    /// An upsert at its watermark, unless `delete_when` or `truncate_when` holds. A row of a full snapshot is ordered by
    /// the snapshot's version, one of a backfill is below every change, and where the contract has no sequence otherwise,
    /// rows are appended and only their places tell them apart.
    fn place(&self, plan: &Plan, at: RowRef, row: &Row<TextValue<'_>>) -> Result<RowPlace, RecordError> {
        let contract = &plan.contract;
        let of_snapshot = contract.apply.from_snapshot.is_some() || contract.backfill.is_some();
        let delivered = if of_snapshot { Op::Read } else { Op::Upsert };
        let op = plan.operation_of(delivered, "", |name| text_of(row, name).map(Cow::Borrowed));
        if of_snapshot {
            return Ok(RowPlace { op, rank: 0, parts: SeqParts::default(), source_time_ms: None, order: None });
        }
        if plan.sequence.parts().is_empty() {
            return Ok(RowPlace { op, rank: 1, parts: plan.own_place_of(at), source_time_ms: None, order: None });
        }
        let part = |part: &SequencePart| match part {
            SequencePart::Row(name) => {
                sequence_text(plan, row, *name).or_else(|| plan.folder_order(at, *name).map(Cow::Borrowed))
            }
            SequencePart::Envelope(_) => None,
            SequencePart::Source(place) => Some(Cow::Owned(place.clone())),
        };
        let texts: Vec<Option<Cow<'_, str>>> = plan.sequence.parts().iter().map(part).collect();
        let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
        let watermark = texts.first().copied().flatten().ok_or_else(|| {
            let detail = "the watermark is null or missing, so nothing says how new the row is";
            RecordError::of(plan.sequence.first_name(), ReasonCode::MissingSeq, detail)
        })?;
        let parts = plan.sequence.numbers(&texts, false)?.parts_by_file(plan.delivery_of(at), 0);
        // An instant comes in microseconds.
        let millis =
            |text: &str| text.parse::<i64>().ok().map(|micros| micros.div_euclid(1_000)).or_else(|| time_ms(text));
        let source_time_ms = is_time(plan).then(|| millis(watermark)).flatten();
        Ok(RowPlace { op, rank: 1, parts, source_time_ms, order: None })
    }

    /// The former key of a row is never known.
    fn keep(
        &self,
        _plan: &Plan,
        out: &mut Collector,
        row: &Row<TextValue<'_>>,
        event: Event<'_>,
    ) -> Result<(), RecordError> {
        out.push(event, row.content())
    }
}

/// Whether the watermark is a time, which is the time of the change then.
fn is_time(plan: &Plan) -> bool {
    let Some(SequencePart::Row(RowName::Column(position))) = plan.sequence.parts().first() else { return false };
    let column = plan.contract.columns.get(*position);
    column.is_some_and(|column| {
        matches!(column.data_type, ColumnType::Date | ColumnType::Timestamp | ColumnType::TimestampNtz)
    })
}
