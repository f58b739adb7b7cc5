//! Events of an SCD 2 table that no version shows, kept for late events.

use crate::error::EngineError;
use crate::keys::KeyEncoder;
use crate::silver::{SEQ, text_column};
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow::compute::{concat_batches, filter_record_batch, interleave_record_batch};
use arrow::datatypes::{DataType, Field, Schema};
use sluice_change::{EventSeq, arrow_field};
use sluice_contract::{Column, Contract};
use std::collections::HashMap;
use std::sync::Arc;

/// Events of an SCD 2 table that no version shows, by key: deletes, upserts that changed nothing, upserts
/// superseded by another of their position; and all truncates. A late event may make versions of them.
#[derive(Clone, Debug, Default)]
pub struct LateArrivalState {
    batches: Vec<RecordBatch>,
    places: HashMap<Box<[u8]>, Vec<(u32, u32)>>,
    /// Ascending.
    truncates: Vec<EventSeq>,
    /// Rows of `batches` that are not deleted.
    live: usize,
}

/// What a batch of changes does to the late-arrival state.
#[derive(Clone, Debug)]
pub struct HistoryChange {
    /// Events that a version shows now: batch and row.
    pub(super) taken: Vec<(u32, u32)>,
    /// Events that no version shows, or no version shows any more.
    pub(super) added: RecordBatch,
    /// Truncates that were not known before.
    pub(super) truncates: Vec<EventSeq>,
}

impl HistoryChange {
    /// As a batch for [`LateArrivalState::add_segment`]: the events that are added, and the key and sequence
    /// of those that are removed from `state`, the state before; truncates in the metadata.
    ///
    /// # Errors
    /// [`EngineError`] if `state` is not the state that the change was planned on.
    pub fn segment(&self, state: &LateArrivalState) -> Result<RecordBatch, EngineError> {
        let mut parts = vec![self.added.clone()];
        if !self.taken.is_empty() {
            let taken = state.rows_at(&self.taken)?;
            let schema = taken.schema();
            let removed: ArrayRef = Arc::new(StringArray::from(vec![TAKEN; taken.num_rows()]));
            let op = schema.index_of(Column::OP).map_err(|_| EngineError::Column(Column::OP.to_owned()))?;
            let mut columns = taken.columns().to_vec();
            columns[op] = removed;
            parts.push(RecordBatch::try_new(self.added.schema(), columns)?);
        }
        with_truncates(&concat_batches(&self.added.schema(), &parts)?, &self.truncates)
    }

    /// The changes of ranges of keys as one. They were planned from nothing and with the same truncates.
    ///
    /// # Errors
    /// [`EngineError`] if they are of different tables.
    pub fn joined(ranges: Vec<Self>) -> Result<Option<Self>, EngineError> {
        let Some(first) = ranges.first() else { return Ok(None) };
        let (schema, truncates) = (first.added.schema(), first.truncates.clone());
        let added: Vec<RecordBatch> = ranges.into_iter().map(|range| range.added).collect();
        Ok(Some(Self { taken: Vec::new(), added: concat_batches(&schema, &added)?, truncates }))
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty() && self.added.num_rows() == 0 && self.truncates.is_empty()
    }
}

const TRUNCATES: &str = "sluice.truncates";
/// Operation in a segment: the event with this key and sequence is removed from the state.
const TAKEN: &str = "x";
/// From this many rows on, deleted rows are dropped when they are half.
const COMPACT_ROWS: usize = 4_096;

impl LateArrivalState {
    /// Column: JSON list of the columns that are absent from an event, or null.
    pub(super) const ABSENT: &'static str = "_absent";
    /// Columns besides those of the contract.
    pub(super) const OWN_COLUMNS: usize = 3;

    /// Number of events that no version shows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether there are neither events nor truncates.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live == 0 && self.truncates.is_empty()
    }

    pub(super) fn truncates(&self) -> &[EventSeq] {
        &self.truncates
    }

    pub(super) fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    pub(super) fn of(&self, key: &[u8]) -> &[(u32, u32)] {
        self.places.get(key).map_or(&[], Vec::as_slice)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (u32, u32)> {
        self.places.values().flatten().copied()
    }

    /// Applies the change of a plan. The cost grows with the change, not with the state.
    ///
    /// # Errors
    /// [`EngineError`] if the change is of another table.
    pub fn apply(&mut self, encoder: &KeyEncoder, change: &HistoryChange) -> Result<(), EngineError> {
        if !change.taken.is_empty() {
            let keys = encoder.encode(&self.rows_at(&change.taken)?)?;
            for (key, place) in keys.iter().zip(&change.taken) {
                self.remove(key.as_ref(), |one| one == *place);
            }
        }
        self.add(encoder, change.added.clone())?;
        self.truncates.extend(&change.truncates);
        self.truncates.sort_unstable();
        let rows: usize = self.batches.iter().map(RecordBatch::num_rows).sum();
        // Many small batches cost as much as deleted rows do.
        if rows > COMPACT_ROWS && rows > 2 * self.live || self.batches.len() > 256 {
            *self = Self::from_batch(encoder, &self.to_batch(encoder)?)?;
        }
        Ok(())
    }

    fn rows_at(&self, places: &[(u32, u32)]) -> Result<RecordBatch, EngineError> {
        let indices: Vec<(usize, usize)> = places.iter().map(|(batch, row)| (*batch as usize, *row as usize)).collect();
        Ok(interleave_record_batch(&self.batches.iter().collect::<Vec<_>>(), &indices)?)
    }

    fn remove(&mut self, key: &[u8], mut is_removed: impl FnMut((u32, u32)) -> bool) {
        let Some(places) = self.places.get_mut(key) else { return };
        let before = places.len();
        places.retain(|place| !is_removed(*place));
        self.live -= before - places.len();
        if places.is_empty() {
            self.places.remove(key);
        }
    }

    fn add(&mut self, encoder: &KeyEncoder, rows: RecordBatch) -> Result<(), EngineError> {
        if rows.num_rows() == 0 {
            return Ok(());
        }
        let batch = u32::try_from(self.batches.len()).unwrap_or(u32::MAX);
        for (row, key) in encoder.encode(&rows)?.iter().enumerate() {
            let place = (batch, u32::try_from(row).unwrap_or(u32::MAX));
            match self.places.get_mut(key.as_ref()) {
                Some(places) => places.push(place),
                None => {
                    self.places.insert(key.as_ref().into(), vec![place]);
                }
            }
        }
        self.live += rows.num_rows();
        self.batches.push(rows);
        Ok(())
    }

    /// As one batch, sorted by key and sequence; the truncates are in the schema's metadata. Equal states
    /// make equal batches.
    ///
    /// # Errors
    /// [`EngineError`] if the state is damaged.
    pub fn to_batch(&self, encoder: &KeyEncoder) -> Result<RecordBatch, EngineError> {
        let places: Vec<(usize, usize)> = self.all().map(|(batch, row)| (batch as usize, row as usize)).collect();
        let all = match self.batches.first() {
            Some(_) => interleave_record_batch(&self.batches.iter().collect::<Vec<_>>(), &places)?,
            None => RecordBatch::new_empty(Arc::new(Schema::empty())),
        };
        let sorted = if places.is_empty() {
            all
        } else {
            let (keys, seqs) = (encoder.encode(&all)?, text_column(&all, SEQ)?);
            let mut order: Vec<usize> = (0..all.num_rows()).collect();
            order.sort_unstable_by(|&a, &b| {
                keys.row(a).cmp(&keys.row(b)).then_with(|| seqs.value(a).cmp(seqs.value(b)))
            });
            interleave_record_batch(&[&all], &order.iter().map(|&row| (0, row)).collect::<Vec<_>>())?
        };
        with_truncates(&sorted, &self.truncates)
    }

    /// What makes this state of an empty one, with the events of some keys replaced by those that a plan of them from nothing
    /// adds.
    ///
    /// # Errors
    /// [`EngineError`] if the plan is of another table, or the state is damaged.
    pub fn with_keys_replaced(
        &self,
        encoder: &KeyEncoder,
        is_replaced: impl Fn(u128) -> bool,
        planned: HistoryChange,
    ) -> Result<HistoryChange, EngineError> {
        let schema = planned.added.schema();
        let mut parts = vec![planned.added];
        if self.live > 0 {
            let all = self.to_batch(encoder)?;
            let stays: Vec<bool> = encoder.hashes(&all)?.into_iter().map(|hash| !is_replaced(hash)).collect();
            let stays = filter_record_batch(&all, &stays.into())?;
            parts.push(RecordBatch::try_new(Arc::clone(&schema), stays.columns().to_vec())?);
        }
        let mut truncates = self.truncates.clone();
        truncates.extend(planned.truncates);
        truncates.sort_unstable();
        truncates.dedup();
        Ok(HistoryChange { taken: Vec::new(), added: concat_batches(&schema, &parts)?, truncates })
    }

    /// Reads what [`LateArrivalState::to_batch`] made.
    ///
    /// # Errors
    /// [`EngineError`] if it is something else.
    pub fn from_batch(encoder: &KeyEncoder, batch: &RecordBatch) -> Result<Self, EngineError> {
        let mut state = Self::default();
        state.add_segment(encoder, batch)?;
        Ok(state)
    }

    /// Applies what [`HistoryChange::segment`] or [`LateArrivalState::to_batch`] made; segments in the order in
    /// which they were made.
    ///
    /// # Errors
    /// [`EngineError`] if it is something else.
    pub fn add_segment(&mut self, encoder: &KeyEncoder, segment: &RecordBatch) -> Result<(), EngineError> {
        let schema = segment.schema();
        let texts = schema.metadata().get(TRUNCATES).map(String::as_str).unwrap_or_default();
        for text in texts.split(',').filter(|text| !text.is_empty()) {
            self.truncates.push(EventSeq::parse(text).ok_or(EngineError::Sequence(SEQ))?);
        }
        self.truncates.sort_unstable();
        if segment.num_rows() == 0 {
            return Ok(());
        }
        let (ops, seqs) = (text_column(segment, Column::OP)?, text_column(segment, SEQ)?);
        let keys = encoder.encode(segment)?;
        let batches = self.batches.clone();
        let mut added = Vec::with_capacity(segment.num_rows());
        for row in 0..segment.num_rows() {
            let taken = ops.value(row) == TAKEN;
            added.push(!taken);
            if taken {
                let seq = seqs.value(row);
                let is_it = |place: (u32, u32)| {
                    let batch = batches.get(place.0 as usize).and_then(|batch| text_column(batch, SEQ).ok());
                    batch.is_some_and(|seqs| seqs.value(place.1 as usize) == seq)
                };
                self.remove(keys.row(row).data(), is_it);
            }
        }
        // Without the metadata, so that all batches have one schema.
        let plain = RecordBatch::try_new(Arc::new(Schema::new(schema.fields().clone())), segment.columns().to_vec())?;
        self.add(encoder, filter_record_batch(&plain, &added.into())?)
    }
}

fn with_truncates(rows: &RecordBatch, truncates: &[EventSeq]) -> Result<RecordBatch, EngineError> {
    let texts: Vec<String> = truncates.iter().map(EventSeq::to_string).collect();
    let metadata = [(TRUNCATES.to_owned(), texts.join(","))].into();
    let schema = Arc::new(Schema::new_with_metadata(rows.schema().fields().clone(), metadata));
    let count = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
    Ok(RecordBatch::try_new_with_options(schema, rows.columns().to_vec(), &count)?)
}

/// The contract's columns, then the operation, the sequence and the absent columns of an event.
pub(super) fn state_schema(contract: &Contract) -> Schema {
    let mut fields: Vec<Field> = contract.columns.iter().map(arrow_field).collect();
    fields.push(Field::new(Column::OP, DataType::Utf8, true));
    fields.push(Field::new(SEQ, DataType::Utf8, true));
    fields.push(Field::new(LateArrivalState::ABSENT, DataType::Utf8, true));
    Schema::new(fields)
}
