//! Why the row of one key has its values: its events out of bronze, put in order as the merge does it, beside silver.

use super::context::TableContext;
use super::decoder::{Decoder, DecoderOptions};
use super::key_events::{KeyEvents, SoughtKeys, key_events};
use super::table_state::TableState;
use crate::silver::Silver;
use crate::silver::key_rows::key_rows;
use crate::silver_hash::is_hash_of;
use crate::support::blocking::blocking;
use crate::support::given_key::is_whole_key;
use crate::support::newest_entry::newest_entry_with;
use crate::{Job, RunError};
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::compute::{CastOptions, cast_with_options};
use sluice_change::{ChangeBatch, Reject, arrow_type};
use sluice_contract::Contract;
use sluice_engine::{KeyEncoder, KeyExplanation, explain_key};
use sluice_lake::{Lake, RecordDecisions, Snapshot};
use sluice_query::QueryEngine;
use std::sync::Arc;

/// What is known of a key.
pub(crate) struct ExplainedKey {
    /// The effective contract.
    pub(crate) contract: Arc<Contract>,
    pub(crate) version: u64,
    /// Last batch that the version has.
    pub(crate) batch: u64,
    pub(crate) changes: Vec<ChangeBatch>,
    /// The batch that each of `changes` is of.
    pub(crate) batches: Vec<u64>,
    pub(crate) story: KeyExplanation,
    /// Batch, file, reject.
    pub(crate) rejects: Vec<(u64, String, Reject)>,
    pub(crate) records_read: u64,
    /// What was decided of single records when the version was made.
    pub(crate) decided: RecordDecisions,
    /// The rows of the key in silver; `None` with the reason if they are not comparable.
    pub(crate) silver: Result<Vec<RecordBatch>, String>,
}

/// Reads all that is known of a key up to a version of silver, the latest if `None`.
///
/// # Errors
/// If a value is not of its column's type, there is no such version, or the lake cannot be read.
pub(crate) async fn explain(
    lake: &Lake,
    engine: &QueryEngine,
    declared: &Arc<Contract>,
    key: &[(String, String)],
    version: Option<u64>,
    job: &Job,
) -> Result<ExplainedKey, RunError> {
    let decoder = Decoder::new(DecoderOptions::default());
    let context = TableContext::open(lake, declared, engine, job, &decoder).await?;
    let contract = Arc::clone(&context.contract);
    let name = &contract.name;
    if contract.apply.from_snapshot.is_some() {
        let message = format!("{name} is made of full snapshots, which have no events of their own");
        return Err(RunError::input(message, format!("`sluice history {name}` shows the versions of a row")));
    }
    let hash = key_hash(&contract, key)?;
    let mut table = TableState::open_to_look(&context).await?;
    let silver = &table.silver;
    let snapshot = match version {
        Some(_) => silver.store.snapshot(version).await?,
        None => silver.snapshot.clone(),
    };
    let Some(snapshot) = snapshot else {
        let next = format!("Replay it with `sluice replay --table {name}`");
        return Err(RunError::not_found(format!("silver.{name} does not exist yet"), next));
    };
    let batch = batch_of(silver, &snapshot, version);
    let made_by = newest_entry_with(&silver.store, snapshot.version, |info| info.contract.is_some()).await?;
    // The version is explained by what it was made of, whatever was decided since.
    table.skipped = made_by.as_ref().and_then(|entry| entry.info.skipped.clone()).unwrap_or_default();
    table.records = table.records.up_to(made_by.as_ref().and_then(|entry| entry.info.decided).unwrap_or(0));
    let sought = SoughtKeys::one(hash, key);
    let KeyEvents { changes, batches, rejects, read, is_cut: _ } =
        key_events(&context, &table, 1..=batch, sought).await?;
    let of_contract = Arc::clone(&contract);
    let (story, changes) = blocking(move || Ok((explain_key(&of_contract, &changes)?, changes))).await?;
    let (silver, made_by) = (&table.silver, made_by.and_then(|entry| entry.info.contract));
    let silver = if made_by.is_some_and(|hash| is_hash_of(&hash, &contract)) {
        Ok(key_rows(&silver.store, &snapshot, &contract, hash, story.rows.num_rows()).await?)
    } else {
        Err(format!("version {} was made by another contract than the one that explains it", snapshot.version))
    };
    Ok(ExplainedKey {
        version: snapshot.version,
        batch,
        changes,
        batches,
        story,
        rejects,
        records_read: read,
        decided: table.records.clone(),
        silver,
        contract,
    })
}

fn batch_of(silver: &Silver, snapshot: &Snapshot, version: Option<u64>) -> u64 {
    match version {
        None => silver.batch(),
        Some(_) => snapshot.txn(&silver.app_id).and_then(|batch| u64::try_from(batch).ok()).unwrap_or(0),
    }
}

/// The hash of a key that is given as text.
fn key_hash(contract: &Contract, key: &[(String, String)]) -> Result<u128, RunError> {
    let names = &contract.apply.key;
    let wanted = names.join(", ");
    if !is_whole_key(names, key) {
        let message = format!("The key of {} is {wanted}", contract.name);
        return Err(RunError::input(message, "Give a value for each of its columns, and for no other"));
    }
    let mut columns: Vec<(&str, ArrayRef)> = Vec::with_capacity(names.len());
    for name in names {
        let text = key.iter().find(|(of, _)| of == name).map(|(_, text)| text.as_str());
        let column = contract.columns.iter().find(|column| column.name == *name);
        let (Some(text), Some(column)) = (text, column) else {
            return Err(RunError::Internal(format!("the key column {name} of {} is no column", contract.name)));
        };
        let strict = CastOptions { safe: false, ..CastOptions::default() };
        let texts: ArrayRef = Arc::new(StringArray::from(vec![text.trim()]));
        let exact: ArrayRef = Arc::new(StringArray::from(vec![text]));
        let goal = arrow_type(&column.data_type);
        let source = if goal.is_numeric() { &texts } else { &exact };
        let typed = cast_with_options(source, &goal, &strict).map_err(|_| {
            let message = format!("The value of `{name}` is not a {}", column.data_type);
            RunError::input(message, "Write it as the table shows it")
        })?;
        columns.push((name, typed));
    }
    let row = RecordBatch::try_from_iter(columns)?;
    let hashes = KeyEncoder::new(contract)?.hashes(&row)?;
    hashes.first().copied().ok_or_else(|| RunError::Internal("a key has no hash".to_owned()))
}
