//! From a row image to an event, for formats whose records say their table, their operation and a former row.

use super::row::{columns_of, key_cells, row_text};
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::row::cells::cells;
use crate::row::key_change;
use crate::row::values::Row;
use sluice_change::{Cell, CellError, Event, Op, RowRef, SeqParts};
use sluice_contract::ColumnType;

/// What a column means that the row of an event lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lacking {
    /// The row is of before the column existed: its declared default, or null.
    Default,
    /// It was not sent because it did not change: it stays as it is.
    Unchanged,
    /// The same, unless the former row names it: then it changed to null, which the producer leaves out.
    UnchangedOrNull,
}

/// What a record says of one row.
pub(crate) struct RowChange<'c, 'a> {
    pub(crate) at: RowRef,
    /// By the format; conditions of the contract come after it.
    pub(crate) op: Op,
    /// The operation as delivered.
    pub(crate) op_text: &'c str,
    pub(crate) row: &'c Row<&'a str>,
    /// The row before the change or a part of it, as raw JSON.
    pub(crate) former: Option<&'a str>,
    pub(crate) lacking: Lacking,
    /// As [`Event::rank`].
    pub(crate) rank: u8,
    /// As [`Event::parts`].
    pub(crate) parts: SeqParts,
    /// Milliseconds since 1970.
    pub(crate) source_time_ms: Option<i64>,
    /// The record as delivered; empty for a row of a record of several, see [`Prepared::of_record`].
    pub(crate) record: String,
}

/// An event that can be kept.
pub(crate) struct Prepared<'a> {
    event: Event<'a>,
    former: Vec<(usize, Cell<'a>)>,
    content: u64,
}

impl<'a> RowChange<'_, 'a> {
    /// The event, with values read by `read`: position of the column, its type, the raw value.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn prepare(
        self,
        plan: &Plan,
        out: &mut Collector,
        read: impl Fn(usize, &ColumnType, &'a str) -> Result<Cell<'a>, CellError>,
    ) -> Result<Prepared<'a>, RecordError> {
        let Self { at, op, op_text, row, former, lacking, rank, parts, source_time_ms, record } = self;
        let op = if op.is_upsert() { plan.operation_of(op, op_text, |name| row_text(row, name)) } else { op };
        let former = former.map(|image| columns_of(plan, image)).unwrap_or_else(|| Row::new(plan));
        let fetch = |position: usize, data_type: &ColumnType| {
            let is_key = plan.is_key.get(position).copied().unwrap_or(false);
            match (row.column(position), former.column(position)) {
                (Some(raw), _) => read(position, data_type, raw).map(Some),
                // A key that did not change need not be in the row.
                (None, Some(raw)) if is_key => read(position, data_type, raw).map(Some),
                (None, _) if is_key || lacking == Lacking::Default => Ok(None),
                (None, Some(_)) if lacking == Lacking::UnchangedOrNull => Ok(Some(Cell::Null)),
                (None, _) => Ok(Some(Cell::Absent)),
            }
        };
        let provided = plan.update_columns.and_then(|name| row_text(row, name));
        let cells = cells(plan, (at, op), provided.as_deref(), row, &mut out.drift, fetch)?;
        let former = if op.is_upsert() { key_cells(plan, &former, &read)? } else { Vec::new() };
        let event = Event { at, op, rank, parts, cells, source_time_ms, record };
        key_change::check(plan, &event, &former)?;
        Ok(Prepared { event, former, content: row.content() })
    }
}

impl Prepared<'_> {
    /// The same with the record as delivered, for the last row of a record of several.
    pub(crate) fn of_record(mut self, record: String) -> Self {
        self.event.record = record;
        self
    }

    /// Keeps it.
    ///
    /// # Errors
    /// A batch without room.
    pub(crate) fn push(self, plan: &Plan, out: &mut Collector) -> Result<(), RecordError> {
        key_change::push(plan, out, self.event, &self.former, self.content)
    }
}
