//! All events of the touched keys, wherever they are kept, in one batch.

use super::HistorySide;
use crate::silver::{Axis, Position};
use crate::{COL_SEQ, EngineError, KeyEncoder, SEQ};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringArray};
use arrow::compute::interleave;
use sluice_change::{ChangeBatch, EventSeq, Op, RowRef, RowRefs, contract_schema};
use sluice_contract::{Column, Contract};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Where an event is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// In a version: batch of `existing` and row.
    Row((usize, usize)),
    /// In the side state: batch and row.
    Side((u32, u32)),
    /// In the changes: batch and row.
    New((usize, usize)),
}

/// An event of a touched key.
#[derive(Clone, Debug)]
pub(super) struct PoolEvent {
    pub(super) seq: EventSeq,
    pub(super) is_delete: bool,
    pub(super) origin: Origin,
    /// Columns that it does not tell, ascending.
    pub(super) absent: Vec<u16>,
}

impl PoolEvent {
    /// Copies of an event stand in the order of where they are kept, the row first.
    pub(super) fn order(&self) -> (EventSeq, Origin) {
        (self.seq, self.origin)
    }

    pub(super) fn is_new(&self) -> bool {
        matches!(self.origin, Origin::New(_))
    }
}

/// A version as it is in silver.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) start: Option<Position>,
    pub(super) end: Option<Position>,
    /// Columns of other events than the row's, with their sequence, ascending.
    pub(super) authors: Vec<(u16, Option<EventSeq>)>,
}

/// Events with their values.
pub(super) struct Pool {
    /// The contract's columns, one row per event.
    pub(super) rows: RecordBatch,
    events: Vec<PoolEvent>,
    /// Of the first events, which are rows of silver.
    stored: Vec<Stored>,
    refs: Vec<RowRefs>,
}

impl Pool {
    /// Gathers what concerns the keys of `changes`; with `everything` all rows and all of the side state.
    pub(super) fn gather(
        contract: &Contract,
        encoder: &KeyEncoder,
        axis: &Axis,
        existing: &[RecordBatch],
        side: &HistorySide,
        changes: &[ChangeBatch],
        everything: bool,
    ) -> Result<Self, EngineError> {
        let mut gathering = Gathering { contract, events: Vec::new(), stored: Vec::new(), indices: Vec::new() };
        let change_keys = changes.iter().map(|batch| encoder.encode(&batch.rows)).collect::<Result<Vec<_>, _>>()?;
        let mut keys: HashSet<&[u8]> = HashSet::new();
        for (batch, rows) in changes.iter().zip(&change_keys) {
            let of_key = batch.ops.iter().enumerate().filter(|(_, op)| **op != Op::Truncate);
            keys.extend(of_key.map(|(row, _)| rows.row(row).data()));
        }
        for (source, batch) in existing.iter().enumerate() {
            let rows = encoder.encode(batch)?;
            let wanted = (0..batch.num_rows()).filter(|&row| everything || keys.contains(rows.row(row).data()));
            gathering.rows(axis, source, batch, &wanted.collect::<Vec<_>>())?;
        }
        let side_batches = side.batches();
        let side_from = existing.len();
        if everything {
            side.all().try_for_each(|place| gathering.side(side_batches, side_from, place))?;
        } else {
            let mut in_order: Vec<&[u8]> = keys.into_iter().collect();
            in_order.sort_unstable();
            for key in in_order {
                side.of(key).iter().try_for_each(|&place| gathering.side(side_batches, side_from, place))?;
            }
        }
        let changes_from = side_from + side_batches.len();
        for (source, batch) in changes.iter().enumerate() {
            gathering.changes(source, changes_from + source, batch);
        }
        let Gathering { events, stored, indices, .. } = gathering;
        let sources = Sources { existing, side: side_batches, changes };
        let rows = sources.interleave(contract, &indices)?;
        Ok(Self { rows, events, stored, refs: changes.iter().map(|batch| batch.refs.clone()).collect() })
    }

    /// Number of events.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.events.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn event(&self, at: u32) -> &PoolEvent {
        &self.events[at as usize]
    }

    /// The version that the event is the row of.
    pub(super) fn stored(&self, at: u32) -> Option<&Stored> {
        self.stored.get(at as usize)
    }

    /// Place in the side state.
    pub(super) fn side_place(&self, at: u32) -> Option<(u32, u32)> {
        match self.event(at).origin {
            Origin::Side(place) => Some(place),
            Origin::Row(_) | Origin::New(_) => None,
        }
    }

    /// Change batch and origin of a new event.
    pub(super) fn origin_of(&self, (source, row): (usize, usize)) -> (usize, RowRef) {
        (source, self.refs[source].at(row))
    }
}

struct Gathering<'a> {
    contract: &'a Contract,
    events: Vec<PoolEvent>,
    stored: Vec<Stored>,
    /// Per event, source and row of its values.
    indices: Vec<(usize, usize)>,
}

impl Gathering<'_> {
    fn rows(&mut self, axis: &Axis, source: usize, batch: &RecordBatch, wanted: &[usize]) -> Result<(), EngineError> {
        if wanted.is_empty() {
            return Ok(());
        }
        let column = |name: &str| batch.column_by_name(name).ok_or_else(|| EngineError::Column(name.to_owned()));
        let starts = axis.positions(column(Column::START_AT)?, Column::START_AT)?;
        let ends = axis.positions(column(Column::END_AT)?, Column::END_AT)?;
        let (seqs, others) = (text_column(batch, SEQ)?, text_column(batch, COL_SEQ)?);
        for &row in wanted {
            let authors = if others.is_valid(row) { self.authors(others.value(row))? } else { Vec::new() };
            self.events.push(PoolEvent {
                seq: seq_at(seqs, row)?,
                is_delete: false,
                origin: Origin::Row((source, row)),
                absent: authors.iter().map(|(column, _)| *column).collect(),
            });
            self.stored.push(Stored { start: starts[row], end: ends[row], authors });
            self.indices.push((source, row));
        }
        Ok(())
    }

    fn authors(&self, json: &str) -> Result<Vec<(u16, Option<EventSeq>)>, EngineError> {
        let damaged = || EngineError::Sequence(COL_SEQ);
        let written: BTreeMap<String, Option<String>> = serde_json::from_str(json).map_err(|_| damaged())?;
        let mut authors = Vec::with_capacity(written.len());
        for (name, author) in written {
            let Some(column) = self.column(&name) else { continue };
            let author = match author {
                Some(text) => Some(EventSeq::parse(&text).ok_or_else(damaged)?),
                None => None,
            };
            authors.push((column, author));
        }
        authors.sort_unstable_by_key(|(column, _)| *column);
        Ok(authors)
    }

    fn column(&self, name: &str) -> Option<u16> {
        let position = self.contract.columns.iter().position(|column| column.name == name)?;
        u16::try_from(position).ok()
    }

    fn side(&mut self, batches: &[RecordBatch], from: usize, place: (u32, u32)) -> Result<(), EngineError> {
        let (batch, row) = (place.0 as usize, place.1 as usize);
        let rows = batches.get(batch).ok_or(EngineError::Sequence(SEQ))?;
        let (seqs, ops) = (text_column(rows, SEQ)?, text_column(rows, Column::OP)?);
        let absent = text_column(rows, HistorySide::ABSENT)?;
        let mut columns = Vec::new();
        if absent.is_valid(row) {
            let names: Vec<String> =
                serde_json::from_str(absent.value(row)).map_err(|_| EngineError::Column(HistorySide::ABSENT.into()))?;
            columns.extend(names.iter().filter_map(|name| self.column(name)));
            columns.sort_unstable();
        }
        self.events.push(PoolEvent {
            seq: seq_at(seqs, row)?,
            is_delete: Op::from_letter(ops.value(row)) == Some(Op::Delete),
            origin: Origin::Side(place),
            absent: columns,
        });
        self.indices.push((from + batch, row));
        Ok(())
    }

    fn changes(&mut self, source: usize, index: usize, batch: &ChangeBatch) {
        for (row, op) in batch.ops.iter().enumerate().filter(|(_, op)| **op != Op::Truncate) {
            let absent = u32::try_from(row).ok().and_then(|row| batch.absent.get(&row));
            self.events.push(PoolEvent {
                seq: batch.seqs.at(row),
                is_delete: *op == Op::Delete,
                origin: Origin::New((source, row)),
                absent: absent.cloned().unwrap_or_default(),
            });
            self.indices.push((index, row));
        }
    }
}

struct Sources<'a> {
    existing: &'a [RecordBatch],
    side: &'a [RecordBatch],
    changes: &'a [ChangeBatch],
}

impl Sources<'_> {
    /// The contract's columns of the rows named by `indices`.
    fn interleave(&self, contract: &Contract, indices: &[(usize, usize)]) -> Result<RecordBatch, EngineError> {
        let schema = Arc::new(contract_schema(contract));
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
        for (position, field) in schema.fields().iter().enumerate() {
            let mut arrays: Vec<&dyn Array> = Vec::new();
            for batch in self.existing.iter().chain(self.side) {
                let array = batch.column_by_name(field.name()).filter(|array| array.data_type() == field.data_type());
                arrays.push(array.ok_or_else(|| EngineError::Column(field.name().clone()))?.as_ref());
            }
            arrays.extend(self.changes.iter().map(|batch| batch.rows.column(position).as_ref()));
            let column = if arrays.is_empty() {
                arrow::array::new_empty_array(field.data_type())
            } else {
                interleave(&arrays, indices)?
            };
            columns.push(column);
        }
        let count = RecordBatchOptions::new().with_row_count(Some(indices.len()));
        Ok(RecordBatch::try_new_with_options(schema, columns, &count)?)
    }
}

pub(super) fn text_column<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b StringArray, EngineError> {
    let column = batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    column.ok_or_else(|| EngineError::Column(name.to_owned()))
}

pub(super) fn seq_at(seqs: &StringArray, row: usize) -> Result<EventSeq, EngineError> {
    let text = seqs.is_valid(row).then(|| seqs.value(row));
    text.and_then(EventSeq::parse).ok_or(EngineError::Sequence(SEQ))
}
