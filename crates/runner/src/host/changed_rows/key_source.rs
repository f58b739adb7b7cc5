//! The keys of changed rows of one data file, read piece by piece.

use super::first_keys::{Key, Known};
use crate::RunError;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::row::{RowConverter, SortField};
use roaring::RoaringTreemap;
use sluice_lake::{ChangedRows, DataFile, DeltaStore, Snapshot};
use std::sync::Arc;

/// What all sources of one comparison share.
#[derive(Clone)]
pub(super) struct KeyReader {
    pub(super) store: DeltaStore,
    /// In whose types keys are compared.
    pub(super) snapshot: Snapshot,
    /// Columns whose order is the order of the rows.
    pub(super) names: Arc<Vec<String>>,
    converter: Arc<RowConverter>,
}

impl KeyReader {
    /// Keys in the types that the columns have in `snapshot`.
    pub(super) fn new(store: DeltaStore, snapshot: Snapshot, names: Vec<String>) -> Result<Self, RunError> {
        let fields = names.iter().map(|name| Ok(SortField::new(field_type(&snapshot.schema, name)?)));
        let converter = Arc::new(RowConverter::new(fields.collect::<Result<_, RunError>>()?)?);
        Ok(Self { store, snapshot, names: Arc::new(names), converter })
    }

    async fn read(&self, file: &DataFile, positions: &[u32]) -> Result<Vec<Key>, RunError> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let rows = self.store.read_positions(&self.snapshot, file, positions, Some(&names)).await?;
        Ok(self.encode(&rows)?)
    }

    fn encode(&self, rows: &RecordBatch) -> Result<Vec<Key>, arrow::error::ArrowError> {
        let encoded = self.converter.convert_columns(rows.columns())?;
        Ok(encoded.iter().map(|key| Key::from(key.as_ref())).collect())
    }
}

fn field_type(schema: &SchemaRef, name: &str) -> Result<arrow::datatypes::DataType, RunError> {
    Ok(schema.field_with_name(name)?.data_type().clone())
}

/// Changed rows of one file. Rows come in the order of their keys.
pub(super) struct KeySource {
    pub(super) file: DataFile,
    positions: Arc<RoaringTreemap>,
    /// Whether the file's rows stand in the order of their keys.
    ordered: bool,
    /// Known keys, ascending, and the position of each.
    keys: Vec<Key>,
    rows: Vec<u32>,
    ended: bool,
}

impl KeySource {
    /// Nothing is known yet.
    pub(super) fn new(changed: &ChangedRows, positions: Arc<RoaringTreemap>, ordered: bool) -> Self {
        let ended = positions.is_empty();
        Self { file: changed.file.clone(), positions, ordered, keys: Vec::new(), rows: Vec::new(), ended }
    }

    /// How many rows it has.
    pub(super) fn len(&self) -> u64 {
        self.positions.len()
    }

    /// What is known.
    pub(super) fn known(&self) -> Known<'_> {
        Known { keys: &self.keys, ended: self.ended }
    }

    /// Positions of its known rows that have one of these keys, which ascend; ascending.
    pub(super) fn positions_of(&self, keys: &[Key]) -> Vec<u32> {
        let found = self.keys.iter().zip(&self.rows).filter(|(key, _)| keys.binary_search(key).is_ok());
        let mut found: Vec<u32> = found.map(|(_, row)| *row).collect();
        found.sort_unstable();
        found
    }

    /// Reads on, at least `count` rows more. All of them where rows do not stand in order, also if that shows only
    /// now.
    pub(super) async fn tell(mut self, reader: KeyReader, count: usize) -> Result<Self, RunError> {
        if self.ordered {
            let known = self.rows.len();
            let next: Vec<u32> = self.positions.iter().skip(known).take(count).map(narrow).collect();
            let keys = reader.read(&self.file, &next).await?;
            self.ended = (known + next.len()) as u64 == self.positions.len();
            let ascends = self.keys.last().into_iter().chain(&keys).is_sorted();
            self.keys.extend(keys);
            self.rows.extend(next);
            if ascends {
                return Ok(self);
            }
            self.ordered = false;
        }
        let all: Vec<u32> = self.positions.iter().map(narrow).collect();
        let mut rows: Vec<(Key, u32)> = reader.read(&self.file, &all).await?.into_iter().zip(all).collect();
        rows.sort_unstable();
        (self.keys, self.rows) = rows.into_iter().unzip();
        self.ended = true;
        Ok(self)
    }
}

/// A data file has less than 2^32 rows.
fn narrow(position: u64) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
