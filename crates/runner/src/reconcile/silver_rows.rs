//! The rows of silver that the source should have.

use super::ranges::{Division, HashedColumns, RowFilter, Sums};
use crate::RunError;
use crate::support::blocking::blocking;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use futures::{StreamExt, TryStreamExt};
use sluice_change::EventSeq;
use sluice_contract::Contract;
use sluice_engine::{KeyEncoder, SEQ, current_rows};
use sluice_lake::{DeltaStore, Snapshot};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Files that are read at once, and rows of one step.
const FILES_AT_ONCE: usize = 2;
const STEP_ROWS: usize = 32_768;

/// A version of silver.
#[derive(Clone)]
pub(crate) struct SilverRows {
    pub(crate) store: DeltaStore,
    pub(crate) snapshot: Snapshot,
    pub(crate) contract: Arc<Contract>,
}

/// The sequence of a row of silver.
pub(crate) fn seq_at(silver: &RecordBatch, row: usize) -> Option<EventSeq> {
    let seqs = silver.column_by_name(SEQ).and_then(|column| column.as_string_opt::<i32>())?;
    seqs.is_valid(row).then(|| EventSeq::parse(seqs.value(row)))?
}

/// What silver has of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OfKey {
    /// Sequence of its current row.
    pub(crate) current: Option<EventSeq>,
    /// Newest sequence of any row of it.
    pub(crate) newest: Option<EventSeq>,
}

impl SilverRows {
    /// What `each` makes of the current rows, step by step, in bounded memory.
    async fn steps<T: Send + 'static>(
        &self,
        each: impl Fn(&RecordBatch) -> Result<T, RunError> + Send + Sync + 'static,
    ) -> Result<Vec<T>, RunError> {
        let contract = Arc::clone(&self.contract);
        self.all_steps(move |rows| each(&current_rows(&contract, rows)?)).await
    }

    /// The same of all rows, also those that only a history or a soft delete keeps.
    async fn all_steps<T: Send + 'static>(
        &self,
        each: impl Fn(&RecordBatch) -> Result<T, RunError> + Send + Sync + 'static,
    ) -> Result<Vec<T>, RunError> {
        let each = Arc::new(each);
        let files = self.snapshot.files.iter().map(|file| {
            let (of, file, each) = (self.clone(), file.clone(), Arc::clone(&each));
            async move {
                // A task of its own each, so that files are decoded on all cores.
                let task = tokio::spawn(async move {
                    let mut made = Vec::new();
                    let mut rows = of.store.stream_file(&of.snapshot, &file, STEP_ROWS).await?;
                    while let Some(step) = rows.try_next().await? {
                        let each = Arc::clone(&each);
                        made.push(blocking(move || each(&step)).await?);
                    }
                    Ok::<_, RunError>(made)
                });
                task.await.map_err(|error| RunError::Internal(format!("reading rows ended early: {error}")))?
            }
        });
        let files: Vec<_> = files.collect();
        let made: Vec<Vec<T>> = futures::stream::iter(files).buffered(FILES_AT_ONCE).try_collect().await?;
        Ok(made.into_iter().flatten().collect())
    }

    /// Counts and hashes of ranges of keys.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(crate) async fn sums(&self, columns: &HashedColumns, division: &Division) -> Result<Sums, RunError> {
        let (columns, division) = (columns.clone(), division.clone());
        let parts = self.steps(move |rows| columns.sums(rows, &division)).await?;
        let mut sums = Sums::default();
        parts.iter().for_each(|part| sums.add_all(part));
        Ok(sums)
    }

    /// The least and the greatest value of a key of one whole number.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(crate) async fn bounds(&self, column: &str) -> Result<Option<(i64, i64)>, RunError> {
        let column = column.to_owned();
        let parts = self.steps(move |rows| {
            let found = rows.column_by_name(&column);
            let found = found.ok_or_else(|| RunError::Internal(format!("silver has no column {column}")))?;
            let numbers = (0..found.len()).filter_map(|row| super::canonical::integer(found, row));
            Ok(numbers.fold(None, |bounds: Option<(i64, i64)>, number| {
                Some(bounds.map_or((number, number), |(low, high)| (low.min(number), high.max(number))))
            }))
        });
        let parts = parts.await?;
        Ok(parts.into_iter().flatten().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))))
    }

    /// The rows that a filter takes.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(crate) async fn rows(&self, columns: &HashedColumns, filter: &RowFilter) -> Result<RecordBatch, RunError> {
        let (columns, filter) = (columns.clone(), filter.clone());
        let parts = self.steps(move |rows| columns.filtered(rows, &filter)).await?;
        Ok(concat_batches(&self.snapshot.schema, &parts)?)
    }

    /// What silver has of keys, by their hashes.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(crate) async fn of_keys(&self, keys: HashSet<u128>) -> Result<HashMap<u128, OfKey>, RunError> {
        let (encoder, contract) = (KeyEncoder::new(&self.contract)?, Arc::clone(&self.contract));
        let parts = self.all_steps(move |rows| {
            let mut found: Vec<(u128, OfKey)> = Vec::new();
            for (row, hash) in encoder.hashes(rows)?.into_iter().enumerate().filter(|(_, hash)| keys.contains(hash)) {
                found.push((hash, OfKey { current: None, newest: seq_at(rows, row) }));
            }
            let current = current_rows(&contract, rows)?;
            for (row, hash) in encoder.hashes(&current)?.into_iter().enumerate().filter(|(_, hash)| keys.contains(hash))
            {
                found.push((hash, OfKey { current: seq_at(&current, row), newest: None }));
            }
            Ok(found)
        });
        let mut of_keys: HashMap<u128, OfKey> = HashMap::new();
        for (hash, part) in parts.await?.into_iter().flatten() {
            let of_key = of_keys.entry(hash).or_default();
            of_key.current = of_key.current.max(part.current);
            of_key.newest = of_key.newest.max(part.newest);
        }
        Ok(of_keys)
    }

    /// How many rows there are now; those that only a history or a soft delete keeps do not count.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(crate) async fn count(&self) -> Result<u64, RunError> {
        Ok(self.steps(|rows| Ok(rows.num_rows() as u64)).await?.into_iter().sum())
    }
}
