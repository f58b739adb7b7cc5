//! All events of the keys of a batch, wherever they are kept, in one batch.

use super::late_arrivals::LateArrivalState;
use crate::error::EngineError;
use crate::keys::KeyEncoder;
use crate::silver::col_seq::{self, WrittenBy};
use crate::silver::{COL_SEQ, Position, SEQ, ValidityType, seq_at, text_column};
use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::interleave;
use sluice_change::{ChangeBatch, EventSeq, Op, RowRef, RowRefs, contract_schema};
use sluice_contract::{Column, Contract};
use std::collections::HashSet;
use std::sync::Arc;

/// Where an event is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// In a version: batch of `existing` and row.
    Row((usize, usize)),
    /// In the late-arrival state: batch and row.
    State((u32, u32)),
    /// In the changes: batch and row.
    New((usize, usize)),
}

/// An event of a key that the batch has events of.
#[derive(Clone, Debug)]
pub(super) struct PoolEvent {
    pub(super) seq: EventSeq,
    pub(super) is_delete: bool,
    /// It is an upsert of a row that the contract leaves out, which is a delete here.
    pub(super) is_filtered: bool,
    pub(super) origin: Origin,
    /// Its absent columns, ascending.
    pub(super) absent: Vec<u16>,
}

impl PoolEvent {
    /// Duplicates of an event are in the order of where they are kept, the version first.
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
    pub(super) written_by: Vec<WrittenBy>,
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
    /// Gathers the events of the keys of `changes`; with `everything` all versions and all of the late-arrival state.
    pub(super) fn gather(
        contract: &Contract,
        encoder: &KeyEncoder,
        validity: &ValidityType,
        existing: &[RecordBatch],
        state: &LateArrivalState,
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
            gathering.rows(validity, source, batch, &wanted.collect::<Vec<_>>())?;
        }
        let state_batches = state.batches();
        let state_from = existing.len();
        if everything {
            state.all().try_for_each(|place| gathering.state(state_batches, state_from, place))?;
        } else {
            let mut in_order: Vec<&[u8]> = keys.into_iter().collect();
            in_order.sort_unstable();
            for key in in_order {
                state.of(key).iter().try_for_each(|&place| gathering.state(state_batches, state_from, place))?;
            }
        }
        let changes_from = state_from + state_batches.len();
        for (source, batch) in changes.iter().enumerate() {
            gathering.changes(source, changes_from + source, batch);
        }
        let Gathering { events, stored, indices, .. } = gathering;
        let sources = Sources { existing, state: state_batches, changes };
        let rows = sources.interleave(contract, &indices)?;
        Ok(Self { rows, events, stored, refs: changes.iter().map(|batch| batch.refs.clone()).collect() })
    }

    /// Number of events; they are numbered from 0.
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

    /// Place in the late-arrival state, if the event is kept there.
    pub(super) fn state_place(&self, at: u32) -> Option<(u32, u32)> {
        match self.event(at).origin {
            Origin::State(place) => Some(place),
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
    fn rows(
        &mut self,
        validity: &ValidityType,
        source: usize,
        batch: &RecordBatch,
        wanted: &[usize],
    ) -> Result<(), EngineError> {
        if wanted.is_empty() {
            return Ok(());
        }
        let column = |name: &str| batch.column_by_name(name).ok_or_else(|| EngineError::Column(name.to_owned()));
        let starts = validity.positions(column(Column::START_AT)?, Column::START_AT)?;
        let ends = validity.positions(column(Column::END_AT)?, Column::END_AT)?;
        let (seqs, col_seqs) = (text_column(batch, SEQ)?, text_column(batch, COL_SEQ)?);
        for &row in wanted {
            let written_by = if col_seqs.is_valid(row) { self.written_by(col_seqs.value(row))? } else { Vec::new() };
            self.events.push(PoolEvent {
                seq: seq_at(seqs, row)?,
                is_delete: false,
                is_filtered: false,
                origin: Origin::Row((source, row)),
                absent: written_by.iter().map(|(column, _)| *column).collect(),
            });
            self.stored.push(Stored { start: starts[row], end: ends[row], written_by });
            self.indices.push((source, row));
        }
        Ok(())
    }

    /// The columns of a version that are of other events, ascending.
    fn written_by(&self, json: &str) -> Result<Vec<WrittenBy>, EngineError> {
        let mut written_by: Vec<WrittenBy> = col_seq::read(self.contract, json)?;
        written_by.sort_unstable_by_key(|(column, _)| *column);
        Ok(written_by)
    }

    fn column(&self, name: &str) -> Option<u16> {
        let position = self.contract.columns.iter().position(|column| column.name == name)?;
        u16::try_from(position).ok()
    }

    fn state(&mut self, batches: &[RecordBatch], from: usize, place: (u32, u32)) -> Result<(), EngineError> {
        let (batch, row) = (place.0 as usize, place.1 as usize);
        let rows = batches.get(batch).ok_or(EngineError::Sequence(SEQ))?;
        let (seqs, ops) = (text_column(rows, SEQ)?, text_column(rows, Column::OP)?);
        let absent = text_column(rows, LateArrivalState::ABSENT)?;
        let mut columns = Vec::new();
        if absent.is_valid(row) {
            let names: Vec<String> = serde_json::from_str(absent.value(row))
                .map_err(|_| EngineError::Column(LateArrivalState::ABSENT.into()))?;
            columns.extend(names.iter().filter_map(|name| self.column(name)));
            columns.sort_unstable();
        }
        self.events.push(PoolEvent {
            seq: seq_at(seqs, row)?,
            is_delete: Op::from_letter(ops.value(row)) == Some(Op::Delete),
            is_filtered: false,
            origin: Origin::State(place),
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
                is_delete: op.is_delete(),
                is_filtered: *op == Op::Filtered,
                origin: Origin::New((source, row)),
                absent: absent.cloned().unwrap_or_default(),
            });
            self.indices.push((index, row));
        }
    }
}

struct Sources<'a> {
    existing: &'a [RecordBatch],
    state: &'a [RecordBatch],
    changes: &'a [ChangeBatch],
}

impl Sources<'_> {
    /// The contract's columns of the rows named by `indices`.
    fn interleave(&self, contract: &Contract, indices: &[(usize, usize)]) -> Result<RecordBatch, EngineError> {
        let schema = Arc::new(contract_schema(contract));
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
        for (position, field) in schema.fields().iter().enumerate() {
            let mut arrays: Vec<&dyn Array> = Vec::new();
            for batch in self.existing.iter().chain(self.state) {
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
