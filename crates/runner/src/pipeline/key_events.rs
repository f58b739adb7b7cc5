//! The events of keys, out of bronze.

use super::bronze::DECODED_FROM;
use super::context::TableContext;
use super::decode::{BatchPiece, BronzeDecoder};
use super::record_index::{KeyMarks, RecordIndex, names_key};
use super::table_state::TableState;
use crate::RunError;
use crate::support::blocking::blocking;
use arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt};
use sluice_change::{ChangeBatch, Op, Reject};
use sluice_contract::Contract;
use sluice_engine::KeyEncoder;
use sluice_lake::{DataFile, DeltaStore, Snapshot};
use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Data files that are read at once.
const FILES_AT_ONCE: usize = 4;
/// Rows that are read at a time where a file has no index.
const STEP_ROWS: usize = 4_096;

/// The keys that are looked for.
pub(crate) struct SoughtKeys {
    hashes: HashSet<u128>,
    /// Of one key name and value of its columns as text, by which records in quarantine name it.
    named: Option<Vec<(String, String)>>,
    /// Events without the records as delivered, of so many bytes at most.
    bytes_max: Option<u64>,
}

impl SoughtKeys {
    /// One key with all that is in quarantine of it.
    pub(crate) fn one(hash: u128, key: &[(String, String)]) -> Self {
        Self { hashes: HashSet::from([hash]), named: Some(key.to_vec()), bytes_max: None }
    }

    /// The events of keys.
    pub(crate) fn events_of(hashes: impl IntoIterator<Item = u128>) -> Self {
        Self { hashes: hashes.into_iter().collect(), named: None, bytes_max: None }
    }

    /// The events of keys without the records as delivered, while they take up to so many bytes.
    pub(crate) fn to_merge(hashes: impl IntoIterator<Item = u128>, bytes_max: u64) -> Self {
        Self { bytes_max: Some(bytes_max), ..Self::events_of(hashes) }
    }

    fn marks(&self, contract: &Contract) -> KeyMarks {
        match (&self.named, self.hashes.iter().next()) {
            (Some(key), Some(hash)) => KeyMarks::of(contract, *hash, key),
            _ => KeyMarks::of_events(&self.hashes),
        }
    }
}

/// What bronze keeps of keys.
#[derive(Default)]
pub(crate) struct KeyEvents {
    /// Events of the keys with the records as delivered, and all truncates of the table.
    pub(crate) changes: Vec<ChangeBatch>,
    /// The batch that each of `changes` is of.
    pub(crate) batches: Vec<u64>,
    /// Records in quarantine that name the one key: batch, file, reject.
    pub(crate) rejects: Vec<(u64, String, Reject)>,
    /// Records that were read.
    pub(crate) read: u64,
    /// There are more events than were to be read.
    pub(crate) is_cut: bool,
}

impl KeyEvents {
    fn extend(&mut self, more: Self) {
        self.changes.extend(more.changes);
        self.batches.extend(more.batches);
        self.rejects.extend(more.rejects);
        self.read += more.read;
        self.is_cut |= more.is_cut;
    }
}

/// Reads a range of batches for keys. Which records are read tells the index of the records, which is made first where it is missing and many records would be read.
///
/// # Errors
/// If bronze cannot be read or is damaged; when the job is cancelled.
pub(crate) async fn key_events(
    context: &TableContext,
    table: &TableState,
    batches: RangeInclusive<u64>,
    sought: SoughtKeys,
) -> Result<KeyEvents, RunError> {
    let decoder = BronzeDecoder::new(context, table, batches.clone()).await?;
    let Some((snapshot, files)) = table.bronze.files(&batches).await? else { return Ok(KeyEvents::default()) };
    let (marks, bytes_max) = (sought.marks(&context.contract), sought.bytes_max.unwrap_or(u64::MAX));
    // The index leads to records by the keys that they were delivered with.
    let index = RecordIndex::new(context, table, &decoder).zip(decoder.delivered_keys(&sought.hashes));
    let rows = match index {
        Some((index, delivered)) => index.find(&snapshot, &files, &marks.and_of(&delivered)).await?,
        None => vec![None; files.len()],
    };
    let search = Arc::new(KeySearch {
        store: table.bronze.store.clone(),
        snapshot,
        encoder: KeyEncoder::new(&context.contract)?,
        contract: Arc::clone(&context.contract),
        decoder,
        sought,
    });
    let job = &context.job;
    let found = futures::stream::iter(files.into_iter().zip(rows)).map(|(file, rows)| {
        let search = Arc::clone(&search);
        async move {
            job.check()?;
            search.in_file(file, rows).await
        }
    });
    let (mut all, mut bytes) = (KeyEvents::default(), 0);
    let mut found = found.buffered(FILES_AT_ONCE);
    while let Some(of_file) = found.try_next().await? {
        bytes += of_file.changes.iter().map(ChangeBatch::memory_bytes).sum::<u64>();
        all.extend(of_file);
        if bytes > bytes_max {
            return Ok(KeyEvents { is_cut: true, ..all });
        }
    }
    Ok(all)
}

/// What is looked for in every data file.
struct KeySearch {
    store: DeltaStore,
    snapshot: Snapshot,
    encoder: KeyEncoder,
    contract: Arc<Contract>,
    decoder: BronzeDecoder,
    sought: SoughtKeys,
}

impl KeySearch {
    /// `rows`: where the index has the records of the key; without it all records are read.
    async fn in_file(self: Arc<Self>, file: DataFile, rows: Option<Vec<u32>>) -> Result<KeyEvents, RunError> {
        if let Some(rows) = rows {
            if rows.is_empty() {
                return Ok(KeyEvents::default());
            }
            let records = self.store.read_positions(&self.snapshot, &file, &rows, Some(&DECODED_FROM)).await?;
            return self.of_key(vec![records]).await;
        }
        let mut all = KeyEvents::default();
        let mut piece = Vec::new();
        let mut records = self.store.stream_file(&self.snapshot, &file, STEP_ROWS).await?;
        while let Some(step) = records.try_next().await? {
            piece.push(step);
            if !self.decoder.needs_whole_files() {
                all.extend(Arc::clone(&self).of_key(std::mem::take(&mut piece)).await?);
            }
        }
        all.extend(self.of_key(piece).await?);
        Ok(all)
    }

    async fn of_key(self: Arc<Self>, records: Vec<RecordBatch>) -> Result<KeyEvents, RunError> {
        blocking(move || {
            let mut all = KeyEvents::default();
            for piece in self.decoder.by_batch(&records)? {
                all.extend(self.only(piece)?);
            }
            Ok(all)
        })
        .await
    }

    fn only(&self, piece: BatchPiece) -> Result<KeyEvents, RunError> {
        let BatchPiece { batch, decoded } = piece;
        let path = |at: usize| decoded.changes.files.get(at).map_or_else(String::new, |file| file.path.clone());
        let is_named = |reject: &&Reject| {
            self.sought.named.as_ref().is_some_and(|key| names_key(&reject.raw, &self.contract, key))
        };
        let named = decoded.rejects.iter().filter(is_named);
        let rejects = named.map(|reject| (batch, path(reject.at.file as usize), reject.clone())).collect();
        let read = decoded.rows_in;
        let hashes = self.encoder.hashes(&decoded.changes.rows)?;
        let is_sought = |(op, of): (&Op, u128)| *op == Op::Truncate || self.sought.hashes.contains(&of);
        let keep: Vec<bool> = decoded.changes.ops.iter().zip(hashes).map(is_sought).collect();
        let mut found = KeyEvents { rejects, read, ..KeyEvents::default() };
        if keep.contains(&true) {
            let mut changes = decoded.changes.filter(&keep)?;
            if self.sought.bytes_max.is_some() {
                changes.records.iter_mut().for_each(|record| *record = String::new());
            }
            found.changes.push(changes);
            found.batches.push(batch);
        }
        Ok(found)
    }
}
