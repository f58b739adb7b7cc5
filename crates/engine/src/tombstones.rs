//! What was deleted, and when in the order of events.

use crate::{EngineError, KeyEncoder, SEQ};
use arrow::array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{Field, Schema};
use sluice_change::EventSeq;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The newest delete of every key that was ever deleted, and the newest truncate.
///
/// A delete is kept when the key comes back, so that an event from before the delete that arrives
/// after the return changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tombstones {
    keys: BTreeMap<Box<[u8]>, EventSeq>,
    truncate: Option<EventSeq>,
}

const TRUNCATE: &str = "sluice.truncate";

impl Tombstones {
    /// Everything up to this sequence is gone for the key.
    #[must_use]
    pub fn horizon(&self, key: &[u8]) -> Option<EventSeq> {
        self.keys.get(key).copied().max(self.truncate)
    }

    /// The newest truncate.
    #[must_use]
    pub fn truncate(&self) -> Option<EventSeq> {
        self.truncate
    }

    /// Number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether nothing was ever deleted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.truncate.is_none()
    }

    /// Remembers a delete.
    pub fn delete(&mut self, key: &[u8], seq: EventSeq) {
        let slot = self.keys.entry(key.into()).or_insert(seq);
        *slot = (*slot).max(seq);
    }

    /// Remembers a truncate; older deletes are part of it.
    pub fn truncate_at(&mut self, seq: EventSeq) {
        self.truncate = self.truncate.max(Some(seq));
        self.keys.retain(|_, deleted| *deleted > seq);
    }

    /// As a batch: the key columns and the sequence, sorted by key; the truncate is in the schema's metadata.
    ///
    /// # Errors
    /// An Arrow error if `encoder` is not of this table.
    pub fn to_batch(&self, encoder: &KeyEncoder, schema: &Schema) -> Result<RecordBatch, EngineError> {
        let mut fields = Vec::new();
        for name in encoder.names() {
            fields.push(schema.field_with_name(name).map_err(|_| EngineError::Column(name.clone()))?.clone());
        }
        fields.push(Field::new(SEQ, arrow::datatypes::DataType::Utf8, false));
        let mut columns = encoder.decode(self.keys.keys().map(AsRef::as_ref))?;
        columns.push(Arc::new(StringArray::from_iter_values(self.keys.values().map(EventSeq::to_string))) as ArrayRef);
        let metadata = self.truncate.map(|seq| (TRUNCATE.to_owned(), seq.to_string())).into_iter().collect();
        Ok(RecordBatch::try_new(Arc::new(Schema::new_with_metadata(fields, metadata)), columns)?)
    }

    /// Reads what [`Tombstones::to_batch`] made.
    ///
    /// # Errors
    /// [`EngineError`] if it is something else.
    pub fn from_batch(encoder: &KeyEncoder, batch: &RecordBatch) -> Result<Self, EngineError> {
        let rows = encoder.encode(batch)?;
        let seqs = batch
            .column_by_name(SEQ)
            .and_then(|column| column.as_any().downcast_ref::<StringArray>())
            .ok_or(EngineError::Sequence(SEQ))?;
        let mut keys = BTreeMap::new();
        for (row, key) in rows.iter().enumerate() {
            let seq = EventSeq::parse(seqs.value(row)).ok_or(EngineError::Sequence(SEQ))?;
            keys.insert(key.as_ref().into(), seq);
        }
        let truncate = match batch.schema().metadata().get(TRUNCATE) {
            Some(text) => Some(EventSeq::parse(text).ok_or(EngineError::Sequence(SEQ))?),
            None => None,
        };
        Ok(Self { keys, truncate })
    }
}
