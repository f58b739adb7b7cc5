//! The records of a batch as bronze has them, with what is decided of single ones.

use super::batch_contract::contract_of;
use super::context::TableContext;
use super::corrections::correction_of;
use super::decided_records::in_place;
use super::decode::decoded_bronze_by_batch;
use super::table_state::TableState;
use crate::RunError;
use crate::support::blocking::blocking;
use crate::support::column_texts::ColumnTexts;
use futures::TryStreamExt;
use sluice_api::RecordState;
use sluice_cdc::DecodedFile;
use sluice_change::{Op, RejectReason};
use sluice_contract::Contract;
use sluice_lake::{BatchManifest, DecidedRecord, RecordDecision, RecordDecisions, RecordPlace};
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;

/// Which records are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct WantedRecords {
    /// File and number in it, from 0; every record if `None`.
    pub(crate) places: Option<BTreeSet<(String, u64)>>,
    /// Columns of the key with values as text; every key if empty.
    pub(crate) key: Vec<(String, String)>,
    pub(crate) state: Option<RecordState>,
    /// So many are returned, all are counted.
    pub(crate) max: usize,
}

/// A record of a batch.
#[derive(Clone, Debug)]
pub(crate) struct BatchRecord {
    pub(crate) place: RecordPlace,
    /// What its events do, and to which keys: a record that changes a key has two events.
    pub(crate) ops: Vec<Op>,
    pub(crate) keys: Vec<String>,
    pub(crate) position: String,
    pub(crate) raw: String,
    pub(crate) state: RecordState,
    /// Why it is in quarantine.
    pub(crate) reason: Option<String>,
    /// The decision that holds, and the record in it.
    pub(crate) decision: Option<(DecidedRecord, RecordDecision)>,
}

/// Records of a batch.
#[derive(Debug, Default)]
pub(crate) struct BatchRecords {
    /// All of the batch.
    pub(crate) counts: BTreeMap<RecordState, u64>,
    /// Those that are wanted.
    pub(crate) found: u64,
    /// The first of these, by file and number.
    pub(crate) records: Vec<BatchRecord>,
}

/// Reads the records of a batch that are wanted.
///
/// # Errors
/// If bronze cannot be read or is damaged.
pub(crate) async fn batch_records(
    context: &TableContext,
    table: &mut TableState,
    batch: u64,
    wanted: WantedRecords,
) -> Result<BatchRecords, RunError> {
    // As they were delivered, whatever was decided.
    let decisions = std::mem::take(&mut table.records);
    let is_skipped = table.skipped.remove(&batch);
    let found = read(context, table, batch, &decisions, wanted).await;
    if is_skipped {
        table.skipped.insert(batch);
    }
    table.records = decisions;
    found
}

async fn read(
    context: &TableContext,
    table: &TableState,
    batch: u64,
    decisions: &RecordDecisions,
    wanted: WantedRecords,
) -> Result<BatchRecords, RunError> {
    let of_batch = decisions.in_force().into_iter().filter(|(place, _)| place.batch == batch);
    let decided = of_batch.map(|(place, (record, decision))| {
        let decision = RecordDecision { records: Vec::new(), ..decision.clone() };
        ((place.file.clone(), place.row), (record.clone(), decision))
    });
    let search =
        Arc::new(Search { contract: Arc::clone(&context.contract), batch, decided: decided.collect(), wanted });
    let mut all = BatchRecords::default();
    let mut pieces = pin!(decoded_bronze_by_batch(context, table, batch..=batch).await?);
    while let Some(pieces) = pieces.try_next().await? {
        let search = Arc::clone(&search);
        all = blocking(move || {
            for piece in pieces {
                search.add(&piece.decoded, &mut all)?;
            }
            Ok(all)
        })
        .await?;
    }
    all.records.sort_by(|a, b| a.place.cmp(&b.place));
    Ok(all)
}

struct Search {
    contract: Arc<Contract>,
    batch: u64,
    decided: BTreeMap<(String, u64), (DecidedRecord, RecordDecision)>,
    wanted: WantedRecords,
}

impl Search {
    fn add(&self, decoded: &DecodedFile, all: &mut BatchRecords) -> Result<(), RunError> {
        let changes = &decoded.changes;
        let names = &self.contract.apply.key;
        let columns = names.iter().filter_map(|name| changes.rows.column_by_name(name));
        let texts = columns.map(ColumnTexts::of).collect::<Result<Vec<_>, _>>()?;
        let path = |file: u32| changes.files.get(file as usize).map_or("", |file| file.path.as_str());
        let mut event = 0;
        while event < changes.len() {
            let at = changes.refs.at(event);
            // A record of two events has both beside each other.
            let is_same = |other: usize| {
                let of = changes.refs.at(other);
                (of.file, of.row) == (at.file, at.row)
            };
            let end = (event..changes.len()).find(|other| !is_same(*other)).unwrap_or(changes.len());
            let keys: Vec<Vec<Option<String>>> =
                (event..end).map(|row| texts.iter().map(|column| column.text(row)).collect()).collect();
            let raw = (event..end).filter_map(|row| changes.records.get(row)).find(|text| !text.is_empty());
            let place =
                RecordPlace { batch: self.batch, file: path(at.file).to_owned(), row: at.row, offset: at.offset };
            let record = BatchRecord {
                ops: changes.ops.get(event..end).unwrap_or_default().to_vec(),
                keys: keys.iter().map(|key| key_text(key)).collect(),
                position: changes.seqs.at(end.saturating_sub(1)).position(),
                raw: raw.cloned().unwrap_or_default(),
                state: RecordState::Delivered,
                reason: None,
                decision: None,
                place,
            };
            let has_key = self.wanted.key.is_empty() || keys.iter().any(|key| self.is_key(key));
            self.take(record, has_key, all);
            event = end;
        }
        for reject in decoded.rejects.iter().filter(|reject| !reject.whole_file) {
            let (file, row, offset) = (path(reject.at.file).to_owned(), reject.at.row, reject.at.offset);
            let record = BatchRecord {
                place: RecordPlace { batch: self.batch, file, row, offset },
                ops: Vec::new(),
                keys: Vec::new(),
                position: String::new(),
                raw: reject.raw.clone(),
                state: RecordState::Quarantined,
                reason: Some(reject.reason.to_string()),
                decision: None,
            };
            self.take(record, self.wanted.key.is_empty(), all);
        }
        Ok(())
    }

    fn is_key(&self, key: &[Option<String>]) -> bool {
        let names = &self.contract.apply.key;
        self.wanted.key.iter().all(|(name, value)| {
            let of = names.iter().zip(key).find(|(of, _)| *of == name).and_then(|(_, text)| text.as_ref());
            of == Some(value)
        })
    }

    fn take(&self, record: BatchRecord, has_key: bool, all: &mut BatchRecords) {
        let address = (record.place.file.clone(), record.place.row);
        let decision = self.decided.get(&address).cloned();
        let state = match &decision {
            Some((of, _)) if of.text.is_some() => RecordState::Edited,
            Some(_) if record.state == RecordState::Delivered => RecordState::Dropped,
            _ => record.state,
        };
        *all.counts.entry(state).or_default() += 1;
        let is_wanted = has_key
            && self.wanted.places.as_ref().is_none_or(|places| places.contains(&address))
            && self.wanted.state.is_none_or(|wanted| wanted == state);
        if is_wanted {
            all.found += 1;
            if all.records.len() < self.wanted.max {
                all.records.push(BatchRecord { state, decision, ..record });
            }
        }
    }
}

fn key_text(key: &[Option<String>]) -> String {
    key.iter().map(|text| text.as_deref().unwrap_or("∅")).collect::<Vec<_>>().join(", ")
}

/// Why nothing can be decided of single records of a batch; `None` if it can.
pub(crate) fn why_whole(contract: &Contract, manifest: &BatchManifest) -> Option<&'static str> {
    if contract.apply.from_snapshot.is_some() {
        return Some("its table is made of full snapshots, where a record that is missing is a delete");
    }
    correction_of(manifest).map(|_| "it is a correction")
}

/// Why a text cannot count in the place of a record; `None` if it can.
///
/// # Errors
/// If the contract does not name the source of the batch.
pub(crate) fn why_not_instead(
    context: &TableContext,
    table: &TableState,
    place: &RecordPlace,
    text: &str,
) -> Result<Option<String>, RunError> {
    let contract = contract_of(&context.contract, table.manifest(place.batch), place.batch)?;
    let decoded = in_place(&contract, &[(place, text)]);
    if let Some(reject) = decoded.rejects.first() {
        let reasons = reject.reasons().map(|RejectReason { reason, column, detail }| match column {
            Some(column) => format!("{reason} in `{column}`: {detail}"),
            None => format!("{reason}: {detail}"),
        });
        return Ok(Some(reasons.collect::<Vec<_>>().join("; ")));
    }
    Ok(decoded.changes.is_empty().then(|| "It is no event of this table".to_owned()))
}
