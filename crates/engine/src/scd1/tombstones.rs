//! Tombstones: what was deleted, and when in the order of events.

use crate::error::EngineError;
use crate::keys::KeyEncoder;
use crate::silver::{SEQ, seq_texts};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray, UInt32Array};
use arrow::compute::{concat_batches, filter_record_batch, interleave, take_record_batch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use hashbrown::HashMap;
use sluice_change::{ChangeBatch, EventSeq};
use std::sync::Arc;

/// The newest delete of every key that was ever deleted, and the newest truncate.
///
/// A delete is kept when its key is inserted again, so that a late event from before the delete changes
/// nothing. On disk they are segments, one per batch that deleted something.
#[derive(Clone, Debug, Default)]
pub struct Tombstones {
    keys: HashMap<u128, EventSeq>,
    truncate: Option<EventSeq>,
}

/// What a batch adds to the tombstones.
#[derive(Clone, Debug, Default)]
pub struct NewTombstones {
    /// Hash of the key, change batch and row of the delete, its sequence; by hash.
    pub(crate) deletes: Vec<(u128, (usize, usize), EventSeq)>,
    /// The newest truncate of the batch, if it is newer than those before.
    pub(crate) truncate: Option<EventSeq>,
}

const TRUNCATE: &str = "sluice.truncate";
/// Column of a segment: event time of the delete.
const TIME: &str = "_time";

impl Tombstones {
    /// No event up to this sequence counts for the key with this hash: its newest delete, or the newest truncate.
    #[must_use]
    pub fn delete_watermark(&self, hash: u128) -> Option<EventSeq> {
        self.keys.get(&hash).copied().max(self.truncate)
    }

    /// Sequence of the newest truncate of the table, if there was one.
    #[must_use]
    pub fn truncate(&self) -> Option<EventSeq> {
        self.truncate
    }

    /// Number of keys whose newest delete is kept apart from a truncate.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether nothing was ever deleted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.truncate.is_none()
    }

    /// Adds what a batch deleted.
    pub fn add(&mut self, new: &NewTombstones) {
        for (hash, _, seq) in &new.deletes {
            self.delete(*hash, *seq);
        }
        self.truncate_at(new.truncate);
    }

    /// Adds a segment that [`NewTombstones::segment`] or [`merge_segments`] made.
    ///
    /// # Errors
    /// [`EngineError`] if it is something else.
    pub fn add_segment(&mut self, encoder: &KeyEncoder, segment: &RecordBatch) -> Result<(), EngineError> {
        let seqs = sequences(segment)?;
        for (hash, seq) in encoder.hashes(segment)?.into_iter().zip(seqs) {
            self.delete(hash, seq?);
        }
        self.truncate_at(truncate_of(segment)?);
        Ok(())
    }

    fn delete(&mut self, hash: u128, seq: EventSeq) {
        if Some(seq) > self.truncate {
            let slot = self.keys.entry(hash).or_insert(seq);
            *slot = (*slot).max(seq);
        }
    }

    /// Older deletes are part of a truncate.
    fn truncate_at(&mut self, seq: Option<EventSeq>) {
        if seq > self.truncate {
            self.truncate = seq;
            self.keys.retain(|_, deleted| Some(*deleted) > seq);
        }
    }
}

impl NewTombstones {
    /// Whether the batch deleted nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.deletes.is_empty() && self.truncate.is_none()
    }

    /// As a batch for disk: the key columns and the sequence, with `times` the event times in milliseconds since
    /// 1970 too; the truncate is in the schema's metadata.
    ///
    /// # Errors
    /// An Arrow error if `changes` are not those of the plan.
    pub fn segment(
        &self,
        encoder: &KeyEncoder,
        changes: &[ChangeBatch],
        times: bool,
    ) -> Result<RecordBatch, EngineError> {
        let Some(first) = changes.first() else { return Err(EngineError::Column(encoder.names().join(", "))) };
        let places: Vec<(usize, usize)> = self.deletes.iter().map(|(_, place, _)| *place).collect();
        let mut fields = Vec::new();
        let mut columns: Vec<ArrayRef> = Vec::new();
        for name in encoder.names() {
            let missing = |_| EngineError::Column(name.clone());
            let position = first.rows.schema().index_of(name).map_err(missing)?;
            fields.push(first.rows.schema().field(position).clone());
            let sources: Vec<&dyn Array> = changes.iter().map(|batch| batch.rows.column(position).as_ref()).collect();
            columns.push(interleave(&sources, &places)?);
        }
        fields.push(Field::new(SEQ, DataType::Utf8, false));
        columns.push(Arc::new(seq_texts(self.deletes.iter().map(|(_, _, seq)| *seq))?));
        if times {
            let time = |&(source, row): &(usize, usize)| changes.get(source)?.source_times_ms.at(row);
            fields.push(Field::new(TIME, DataType::Int64, true));
            columns.push(Arc::new(Int64Array::from_iter(places.iter().map(time))));
        }
        let metadata = self.truncate.map(|seq| (TRUNCATE.to_owned(), seq.to_string())).into_iter().collect();
        Ok(RecordBatch::try_new(Arc::new(Schema::new_with_metadata(fields, metadata)), columns)?)
    }
}

/// A segment without the deletes whose event time is before `time_ms` (milliseconds since 1970). Those without a
/// time and the truncate stay.
///
/// # Errors
/// [`EngineError`] if it was made without times.
pub fn forget_before(segment: &RecordBatch, time_ms: i64) -> Result<RecordBatch, EngineError> {
    let times = segment.column_by_name(TIME).and_then(|column| column.as_primitive_opt::<Int64Type>());
    let times = times.ok_or_else(|| EngineError::Column(TIME.to_owned()))?;
    let keep: BooleanArray = times.iter().map(|time| Some(time.is_none_or(|time| time >= time_ms))).collect();
    Ok(filter_record_batch(segment, &keep)?)
}

/// Several segments as one: the newest delete of every key that no truncate covers.
///
/// # Errors
/// [`EngineError`] if they are not segments of one table.
pub fn merge_segments(encoder: &KeyEncoder, segments: &[RecordBatch]) -> Result<RecordBatch, EngineError> {
    let Some(first) = segments.first() else { return Err(EngineError::Sequence(SEQ)) };
    let mut truncate = None;
    for segment in segments {
        truncate = truncate.max(truncate_of(segment)?);
    }
    let plain = Arc::new(Schema::new(first.schema().fields().clone()));
    let plainly = |segment: &RecordBatch| RecordBatch::try_new(Arc::clone(&plain), segment.columns().to_vec());
    let all = concat_batches(&plain, &segments.iter().map(plainly).collect::<Result<Vec<_>, _>>()?)?;
    let mut rows = Vec::with_capacity(all.num_rows());
    for ((row, hash), seq) in (0_u32..).zip(encoder.hashes(&all)?).zip(sequences(&all)?) {
        let seq = seq?;
        if Some(seq) > truncate {
            rows.push((hash, std::cmp::Reverse(seq), row));
        }
    }
    rows.sort_unstable();
    rows.dedup_by_key(|(hash, _, _)| *hash);
    let kept = take_record_batch(&all, &UInt32Array::from_iter_values(rows.into_iter().map(|(_, _, row)| row)))?;
    let metadata = truncate.map(|seq| (TRUNCATE.to_owned(), seq.to_string())).into_iter().collect();
    let schema = Schema::new_with_metadata(plain.fields().clone(), metadata);
    Ok(RecordBatch::try_new(Arc::new(schema), kept.columns().to_vec())?)
}

/// The segment after other rows are kept: without the deletes of the keys that `enter`, and with those of rows that leave, of
/// which `leaving` has key columns and sequence. `None` if nothing is left.
///
/// # Errors
/// [`EngineError`] if they are not of one table.
pub fn changed_segment(
    encoder: &KeyEncoder,
    segment: Option<&RecordBatch>,
    enters: impl Fn(u128) -> bool,
    leaving: &[RecordBatch],
) -> Result<Option<RecordBatch>, EngineError> {
    let mut parts = Vec::with_capacity(leaving.len() + 1);
    if let Some(segment) = segment {
        let stays: BooleanArray = encoder.hashes(segment)?.into_iter().map(|hash| Some(!enters(hash))).collect();
        parts.push(filter_record_batch(segment, &stays)?);
    }
    parts.extend(leaving.iter().cloned());
    let merged = if parts.is_empty() { None } else { Some(merge_segments(encoder, &parts)?) };
    Ok(merged.filter(|merged| merged.num_rows() > 0 || merged.schema_ref().metadata().contains_key(TRUNCATE)))
}

fn sequences(segment: &RecordBatch) -> Result<impl Iterator<Item = Result<EventSeq, EngineError>>, EngineError> {
    let column = segment
        .column_by_name(SEQ)
        .and_then(|column| column.as_any().downcast_ref::<StringArray>())
        .ok_or(EngineError::Sequence(SEQ))?;
    Ok(column.iter().map(|text| text.and_then(EventSeq::parse).ok_or(EngineError::Sequence(SEQ))))
}

fn truncate_of(segment: &RecordBatch) -> Result<Option<EventSeq>, EngineError> {
    match segment.schema_ref().metadata().get(TRUNCATE) {
        Some(text) => Ok(Some(EventSeq::parse(text).ok_or(EngineError::Sequence(SEQ))?)),
        None => Ok(None),
    }
}
