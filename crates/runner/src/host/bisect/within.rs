//! With which row of a batch something began that is asked of the whole table, and by which event.
//!
//! The keys that a commit changed are put in the order of their events. With the first so many of them as the commit left
//! them, and the others as they were before it, the question is asked again, and halving finds the key that decides. No row
//! is written for that: a look reads the files of both versions without some of their rows.

use super::{Look, Search, Within};
use crate::RunError;
use crate::silver::Silver;
use crate::support::column_texts::ColumnTexts;
use crate::support::column_types::column_types;
use crate::support::local_tables::readable;
use roaring::RoaringTreemap;
use sluice_api::{BisectQuestion, EventOutcome, ExplainedEvent, masked};
use sluice_change::EventSeq;
use sluice_contract::Contract;
use sluice_engine::{KeyEncoder, SEQ};
use sluice_lake::{ChangedRows, DataFile, HistoryEntry, Operation, Snapshot};
use sluice_query::{FileRows, TableFile, TableFiles};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

/// Rows that a commit may have changed for its keys to be halved.
const ROWS_MAX: u64 = 1_000_000;

/// A key that the commit changed.
#[derive(Default)]
struct ChangedKey {
    /// Sequence of the row that the commit left, or of its delete.
    seq: Option<EventSeq>,
    /// Its values as text.
    texts: Vec<String>,
}

/// A data file with changed rows: the position of each, and the number of its key.
struct ChangedFile {
    path: PathBuf,
    /// Rows that the version does not have.
    dead: RoaringTreemap,
    rows: Vec<(u32, u128)>,
}

/// A commit as rows that went and rows that came.
struct Halved {
    columns: Vec<(String, String)>,
    /// Files of the version before of which no row went.
    same: Vec<TableFile>,
    before: Vec<ChangedFile>,
    after: Vec<ChangedFile>,
    /// Place of each key in the order of their events.
    order: HashMap<u128, usize>,
    /// In that order.
    keys: Vec<ChangedKey>,
}

impl Search<'_> {
    /// The row of the table with which it began in a commit.
    pub(super) async fn within(&self, entry: &HistoryEntry) -> Result<Within, RunError> {
        if !matches!(entry.operation, Operation::Merge | Operation::Write) || entry.info.batch.is_none() {
            return Ok(Within::Unknown("the version was computed again from bronze".to_owned()));
        }
        let contract = self.open.contract_of(&self.table).await?;
        if contract.apply.key.is_empty() {
            return Ok(Within::Unknown("the table has no key".to_owned()));
        }
        let Some(version) = entry.version.checked_sub(1) else {
            return Ok(Within::Unknown("there is no version before".to_owned()));
        };
        let read = (self.store.snapshot(Some(version)).await?, self.store.snapshot(Some(entry.version)).await?);
        let (Some(before), Some(after)) = read else {
            return Ok(Within::Unknown(format!("v{version} cannot be read any more")));
        };
        let changes = self.store.changes_from(&self.store, &before, &after).await?;
        let changed = changes.steps.iter().flat_map(|step| step.removed.iter().chain(&step.added));
        let rows: u64 = changed.map(ChangedRows::rows).sum();
        if rows > ROWS_MAX {
            return Ok(Within::Unknown(format!("the batch changed {rows} rows, more than are halved")));
        }
        let step = changes.steps.into_iter().next().unwrap_or_default();
        let halved = self.halved(&contract, (&before, &step.removed), (&after, &step.added)).await?;
        let (mut low, mut high) = (0, halved.keys.len());
        if self.look_within(&halved, 0, entry).await?.holds {
            let message = "it is so without the rows of the batch too, because another table that is read changed";
            return Ok(Within::Unknown(message.to_owned()));
        }
        while high.saturating_sub(low) > 1 {
            self.job.check()?;
            let middle = low + (high - low) / 2;
            match self.look_within(&halved, middle, entry).await?.holds {
                true => high = middle,
                false => low = middle,
            }
        }
        let Some(found) = high.checked_sub(1).and_then(|at| halved.keys.get(at)) else {
            return Ok(Within::Unknown("the version changed no row".to_owned()));
        };
        let key: Vec<(String, String)> = contract.apply.key.iter().cloned().zip(found.texts.iter().cloned()).collect();
        let (event, because) = match self.event_of(&key, entry).await {
            Ok(Some(event)) => (Some(event), None),
            Ok(None) => (None, Some("no event of the batch made the row".to_owned())),
            Err(error) => (None, Some(error.to_api().message)),
        };
        let shown = |(name, text): (String, String)| {
            let text = if self.personal.contains(&name) { masked(&text) } else { text };
            (name, text)
        };
        Ok(Within::Row { key: key.into_iter().map(shown).collect(), event: event.map(Box::new), because })
    }

    /// The newest event of the batch that the row of a key is made of.
    async fn event_of(
        &self,
        key: &[(String, String)],
        entry: &HistoryEntry,
    ) -> Result<Option<ExplainedEvent>, RunError> {
        let version = Some(entry.version);
        let explained = self.open.explain(&self.table, key.to_vec(), version, self.reveal, self.job).await?;
        let is_it = |event: &&ExplainedEvent| {
            let is_of_row = matches!(event.outcome, EventOutcome::Applied | EventOutcome::Partly { .. });
            Some(event.batch) == entry.info.batch && is_of_row
        };
        Ok(explained.events.iter().rev().find(is_it).cloned())
    }

    /// Asks of the table with the first keys as the commit left them.
    async fn look_within(&self, halved: &Halved, first: usize, entry: &HistoryEntry) -> Result<Look, RunError> {
        let files = TableFiles {
            table: self.table.clone(),
            columns: halved.columns.clone(),
            files: self.files_with(halved, first).await?,
        };
        match &self.question {
            BisectQuestion::Sql { sql } => self.look_by_sql(sql, entry, Some(files)).await,
            _ => self.look_by_check(files).await,
        }
    }

    async fn files_with(&self, halved: &Halved, first: usize) -> Result<Vec<TableFile>, RunError> {
        let is_first = |key: &u128| halved.order.get(key).is_some_and(|at| *at < first);
        let mut files = halved.same.clone();
        for file in &halved.before {
            let mut dead = file.dead.clone();
            dead.extend(file.rows.iter().filter(|(_, key)| is_first(key)).map(|(row, _)| u64::from(*row)));
            let rows = match dead.is_empty() {
                true => FileRows::All,
                false => FileRows::Except(self.store.cached().positions_file(&dead).await?),
            };
            files.push(TableFile { path: file.path.clone(), rows });
        }
        for file in &halved.after {
            let rows = file.rows.iter().filter(|(_, key)| is_first(key)).map(|(row, _)| u64::from(*row));
            let rows: RoaringTreemap = rows.collect();
            if !rows.is_empty() {
                let rows = FileRows::Only(self.store.cached().positions_file(&rows).await?);
                files.push(TableFile { path: file.path.clone(), rows });
            }
        }
        Ok(files)
    }

    async fn halved(
        &self,
        contract: &Arc<Contract>,
        (before, went): (&Snapshot, &[ChangedRows]),
        (after, came): (&Snapshot, &[ChangedRows]),
    ) -> Result<Halved, RunError> {
        let is_changed = |file: &&DataFile| went.iter().any(|changed| changed.file.path == file.path);
        let same: Vec<DataFile> = before.files.iter().filter(|file| !is_changed(file)).cloned().collect();
        let mut keys: BTreeMap<u128, ChangedKey> = BTreeMap::new();
        let before_files = self.changed_files(contract, before, went, &mut keys, false).await?;
        let after_files = self.changed_files(contract, after, came, &mut keys, true).await?;
        let silver = Silver::open(&self.open.lake, contract).await?;
        for (hash, key) in &mut keys {
            key.seq = key.seq.or_else(|| silver.tombstones.delete_watermark(*hash));
        }
        let mut ordered: Vec<(u128, ChangedKey)> = keys.into_iter().collect();
        ordered.sort_by_key(|(hash, key)| (key.seq.is_none(), key.seq, *hash));
        Ok(Halved {
            columns: column_types(after),
            same: readable(&self.store, &same).await?,
            before: before_files,
            after: after_files,
            order: ordered.iter().enumerate().map(|(at, (hash, _))| (*hash, at)).collect(),
            keys: ordered.into_iter().map(|(_, key)| key).collect(),
        })
    }

    /// Files with the keys of their changed rows; `came`: the rows are those that the commit left.
    async fn changed_files(
        &self,
        contract: &Contract,
        snapshot: &Snapshot,
        changed: &[ChangedRows],
        keys: &mut BTreeMap<u128, ChangedKey>,
        came: bool,
    ) -> Result<Vec<ChangedFile>, RunError> {
        let encoder = KeyEncoder::new(contract)?;
        let mut names: Vec<&str> = contract.apply.key.iter().map(String::as_str).collect();
        names.push(SEQ);
        let mut files = Vec::with_capacity(changed.len());
        for changed in changed {
            self.job.check()?;
            let positions = self.store.changed_positions(changed).await?;
            let positions: Vec<u32> = positions.iter().filter_map(|position| u32::try_from(position).ok()).collect();
            let rows = self.store.read_positions(snapshot, &changed.file, &positions, Some(&names)).await?;
            let texts = rows.columns().iter().map(ColumnTexts::of).collect::<Result<Vec<_>, _>>()?;
            let hashes = encoder.hashes(&rows)?;
            for (row, hash) in hashes.iter().enumerate() {
                let mut values: Vec<Option<String>> = texts.iter().map(|texts| texts.text(row)).collect();
                let seq = values.pop().flatten().and_then(|text| EventSeq::parse(&text)).filter(|_| came);
                let key = keys.entry(*hash).or_default();
                key.seq = key.seq.max(seq);
                if key.texts.is_empty() {
                    key.texts = values.into_iter().map(Option::unwrap_or_default).collect();
                }
            }
            let path = self.store.cached().local_paths(std::slice::from_ref(&changed.file)).await?;
            let path = path.into_iter().next();
            let path = path.ok_or_else(|| RunError::Internal("a data file has no path".to_owned()))?;
            // The file as the version has it: what it lacks already stays away.
            let dead = self.store.deleted_positions(&changed.file).await?;
            let dead = dead.map_or_else(RoaringTreemap::new, |dead| dead.as_ref().clone());
            files.push(ChangedFile { path, dead, rows: positions.into_iter().zip(hashes).collect() });
        }
        Ok(files)
    }
}
