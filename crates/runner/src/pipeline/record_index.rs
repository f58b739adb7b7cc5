//! Which records of bronze concern a key.
//!
//! Records are marked by the key of each of their events, by the keys that a record in quarantine names, and by whether
//! they truncate the table. The marks of a data file are in the local cache, of every file by itself: a new batch adds a
//! file, and what is lost is made again. Marks lead to records only; what a record says is decoded from bronze each time,
//! so that a mark too many costs a record that is read for nothing.

use super::context::TableContext;
use super::decode::{BatchPiece, BronzeDecoder};
use super::table_state::TableState;
use crate::silver_hash::silver_hash;
use crate::support::blocking::blocking;
use crate::{Job, RunError};
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use futures::{StreamExt, TryStreamExt};
use serde_json::Value;
use sluice_change::Op;
use sluice_contract::Contract;
use sluice_engine::KeyEncoder;
use sluice_lake::{DataFile, DeltaStore, MadeBy, Snapshot};
use std::collections::HashSet;
use std::sync::Arc;

/// Number of this way to mark records; another one makes all marks anew.
const VERSION: &str = "1";
/// So many records without marks are read each time; making marks of them costs no less.
const UNMARKED_MAX: u64 = 100_000;
/// Data files that are marked at once.
const FILES_AT_ONCE: usize = 2;
/// Records that are decoded at a time.
const STEP_ROWS: usize = 8_192;

/// The marks under which everything stands that concerns keys.
pub(crate) struct KeyMarks(Vec<u64>);

impl KeyMarks {
    /// Those of the key with a hash; `key` is name and value of its columns as text.
    pub(crate) fn of(contract: &Contract, hash: u128, key: &[(String, String)]) -> Self {
        let texts: Vec<&str> = contract
            .apply
            .key
            .iter()
            .filter_map(|name| key.iter().find(|(of, _)| of == name).map(|(_, text)| text.as_str()))
            .collect();
        Self(vec![key_mark(hash), named_mark(&texts), truncate_mark()])
    }

    /// Those of the events of several keys, without what is in quarantine.
    pub(crate) fn of_events(hashes: &HashSet<u128>) -> Self {
        Self(hashes.iter().map(|hash| key_mark(*hash)).chain([truncate_mark()]).collect())
    }

    /// These with those of the events of other keys.
    pub(crate) fn and_of(mut self, hashes: &HashSet<u128>) -> Self {
        self.0.extend(hashes.iter().map(|hash| key_mark(*hash)));
        self
    }
}

fn key_mark(hash: u128) -> u64 {
    u64::try_from(hash >> 64).unwrap_or(u64::MAX)
}

/// Of a key that a record in quarantine names, as text.
fn named_mark(texts: &[&str]) -> u64 {
    let mut hasher = blake3::Hasher::new_derive_key("sluice: a key as text");
    for text in texts {
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    }
    let bytes = hasher.finalize();
    bytes.as_bytes().first_chunk::<8>().map_or(0, |first| u64::from_le_bytes(*first))
}

fn truncate_mark() -> u64 {
    named_mark(&["truncate", "", "of all keys"])
}

/// The index of the records of a table, as one contract reads them.
pub(crate) struct RecordIndex {
    store: DeltaStore,
    contract: Arc<Contract>,
    decoder: BronzeDecoder,
    made_by: MadeBy,
    job: Job,
}

impl RecordIndex {
    /// The index; `None` where a record means something only with the others of its file.
    pub(crate) fn new(context: &TableContext, table: &TableState, decoder: &BronzeDecoder) -> Option<Self> {
        let contract = Arc::clone(&context.contract);
        let made_by = [VERSION, env!("CARGO_PKG_VERSION"), &silver_hash(&contract)].join("\0");
        let index = Self {
            store: table.bronze.store.clone(),
            made_by: *blake3::hash(made_by.as_bytes()).as_bytes(),
            contract,
            // What is skipped or newer is marked too: the marks are of the file, whatever is asked of it.
            decoder: decoder.of_all_batches(),
            job: context.job.clone(),
        };
        (!decoder.needs_whole_files()).then_some(index)
    }

    /// Positions of the records under one of the marks, of every file; `None` of one without marks. Files without marks
    /// are marked first where they are many records.
    ///
    /// # Errors
    /// If bronze cannot be read or is damaged; when the job is cancelled.
    pub(crate) async fn find(
        &self,
        snapshot: &Snapshot,
        files: &[DataFile],
        marks: &KeyMarks,
    ) -> Result<Vec<Option<Vec<u32>>>, RunError> {
        let mut found = Vec::with_capacity(files.len());
        for file in files {
            found.push(self.rows(file, marks).await?);
        }
        let unmarked = || found.iter().enumerate().filter(|(at, rows)| rows.is_none() && is_whole(&files[*at]));
        let unmarked: Vec<usize> = unmarked().map(|(at, _)| at).collect();
        if unmarked.iter().map(|at| files[*at].rows).sum::<u64>() > UNMARKED_MAX {
            self.mark_all(snapshot, unmarked.iter().map(|at| &files[*at]).collect()).await?;
            for at in unmarked {
                found[at] = self.rows(&files[at], marks).await?;
            }
        }
        Ok(found)
    }

    async fn rows(&self, file: &DataFile, marks: &KeyMarks) -> Result<Option<Vec<u32>>, RunError> {
        if !is_whole(file) {
            return Ok(None);
        }
        Ok(self.store.cached().marked_rows(file, self.made_by, &marks.0).await?)
    }

    async fn mark_all(&self, snapshot: &Snapshot, files: Vec<&DataFile>) -> Result<(), RunError> {
        let what = format!("index of the records of {}", self.contract.name);
        self.job.log(format!("{what}: {} files of bronze are marked, which is done once", files.len()));
        self.job.progress(&what, |progress| progress.total = files.len() as u64);
        let marked = files.into_iter().map(|file| self.mark(snapshot, file));
        let mut marked = futures::stream::iter(marked).buffer_unordered(FILES_AT_ONCE);
        while let Some((rows, kept)) = marked.try_next().await? {
            self.job.progress(&what, |progress| {
                progress.done += 1;
                progress.rows += rows;
            });
            if !kept {
                // What cannot be kept is not made either.
                break;
            }
        }
        Ok(())
    }

    /// Marks the records of a file: how many, and whether the marks were kept.
    async fn mark(&self, snapshot: &Snapshot, file: &DataFile) -> Result<(u64, bool), RunError> {
        let mut entries = Vec::new();
        let mut first = 0_u32;
        let mut steps = self.store.stream_file(snapshot, file, STEP_ROWS).await?;
        while let Some(step) = steps.try_next().await? {
            self.job.check()?;
            let rows = u32::try_from(step.num_rows()).unwrap_or(u32::MAX);
            let (decoder, contract) = (self.decoder.clone(), Arc::clone(&self.contract));
            let of_step = blocking(move || marks_of(&decoder, &contract, &step, first)).await?;
            entries.extend(of_step);
            first = first.saturating_add(rows);
        }
        Ok((u64::from(first), self.store.cached().mark_rows(file, self.made_by, entries).await))
    }
}

/// Whether the rows that are read of a file are all that it has, so that their positions are known.
fn is_whole(file: &DataFile) -> bool {
    !file.has_deletion_vector()
}

/// Marks of the records of a step, of which the first is at a position in its file.
fn marks_of(
    decoder: &BronzeDecoder,
    contract: &Contract,
    step: &RecordBatch,
    first: u32,
) -> Result<Vec<(u64, u32)>, RunError> {
    let encoder = KeyEncoder::new(contract)?;
    let mut marks = Vec::with_capacity(step.num_rows());
    for BatchPiece { decoded, .. } in decoder.by_batch(&[by_position(step, first)?])? {
        let position = |row: u64| u32::try_from(row).unwrap_or(u32::MAX);
        let hashes = encoder.hashes(&decoded.changes.rows)?;
        for (event, (op, hash)) in decoded.changes.ops.iter().zip(hashes).enumerate() {
            let mark = if *op == Op::Truncate { truncate_mark() } else { key_mark(hash) };
            marks.push((mark, position(decoded.changes.refs.at(event).row)));
        }
        for reject in &decoded.rejects {
            for key in named_keys(&reject.raw, contract) {
                let texts: Vec<&str> = key.iter().map(String::as_str).collect();
                marks.push((named_mark(&texts), position(reject.at.row)));
            }
        }
    }
    Ok(marks)
}

/// Rows of bronze whose number in their change file is replaced by their position in the data file.
fn by_position(step: &RecordBatch, first: u32) -> Result<RecordBatch, RunError> {
    let schema = step.schema();
    let mut columns = step.columns().to_vec();
    let row = schema.index_of("_row")?;
    let positions: Int64Array = (i64::from(first)..).take(step.num_rows()).collect();
    columns[row] = Arc::new(positions) as ArrayRef;
    Ok(RecordBatch::try_new(schema, columns)?)
}

/// Whether a record that could not be read has the values of the key under their names, anywhere in it.
pub(crate) fn names_key(record: &str, contract: &Contract, key: &[(String, String)]) -> bool {
    let text = |name: &String| key.iter().find(|(of, _)| of == name).map(|(_, text)| text.clone());
    let wanted: Option<Vec<String>> = contract.apply.key.iter().map(text).collect();
    wanted.is_some_and(|wanted| named_keys(record, contract).contains(&wanted))
}

/// The keys that a record names, as texts in the order of the key columns.
fn named_keys(record: &str, contract: &Contract) -> Vec<Vec<String>> {
    let mut keys = Vec::new();
    if let Ok(record) = serde_json::from_str::<Value>(record)
        && !contract.apply.key.is_empty()
    {
        collect_keys(&record, &contract.apply.key, &mut keys);
    }
    keys
}

fn collect_keys(value: &Value, names: &[String], keys: &mut Vec<Vec<String>>) {
    match value {
        Value::Object(members) => {
            let text = |name: &String| match members.get(name) {
                Some(Value::String(text)) => Some(text.clone()),
                Some(Value::Number(number)) => Some(number.to_string()),
                _ => None,
            };
            keys.extend(names.iter().map(text).collect::<Option<Vec<String>>>());
            members.values().for_each(|inner| collect_keys(inner, names, keys));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_keys(item, names, keys)),
        Value::String(text) if text.starts_with('{') => {
            if let Ok(inner) = serde_json::from_str::<Value>(text) {
                collect_keys(&inner, names, keys);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::collect_keys;
    use std::collections::BTreeSet;

    #[test]
    fn a_record_names_keys_by_their_columns_wherever_they_stand() {
        let names = ["id".to_owned()];
        let keys = |record: &str| {
            let mut keys = Vec::new();
            collect_keys(&serde_json::from_str(record).unwrap(), &names, &mut keys);
            keys.into_iter().map(|key| key.join("|")).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
        };
        assert_eq!(keys(r#"{"after":{"id":7,"v":"x"}}"#), ["7"]);
        assert_eq!(keys(r#"{"id":"7"}"#), ["7"]);
        assert_eq!(keys(r#"{"before":{"id":6},"after":"{\"id\":7}"}"#), ["6", "7"]);
        assert!(keys(r#"{"other":7}"#).is_empty());
    }
}
