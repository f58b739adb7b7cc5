//! The tree of the lake with health.

use super::lag::{facts_of, lag_note, lag_seconds, newest_source_time, recent_ties};
use super::{Host, OpenLake};
use crate::contract_set::ContractSet;
use crate::gold::failures::last_failure;
use crate::pipeline::lost_files::lost_files_note;
use crate::pipeline::source_files::new_files;
use crate::pipeline::source_listing::Look;
use crate::quality::{read_records, read_refusal};
use crate::support::foreign::ensure_own;
use crate::support::places::location;
use crate::{Clock, RunError};
use sluice_api::{Answer, Health, LakeView, Layer, TableFacts, TableRef, TableSummary, Timeliness, WaitingFiles, ask};
use sluice_change::SourceFile;
use sluice_contract::{CheckRecord, Contract, Source, TableName, Verdict};
use sluice_lake::{AppId, TableLocation, is_timeout_or_unreachable};
use std::collections::BTreeSet;

impl Answer<ask::Lake> for Host {
    async fn answer(&self, _request: ask::Lake) -> Result<LakeView, RunError> {
        self.opened().await?.lake_view(&self.options.clock).await
    }
}

/// How a table is, and why.
pub(crate) struct FoundHealth {
    pub(crate) health: Health,
    /// Why it is not better.
    note: Option<String>,
    /// It fails by its lag alone.
    is_only_late: bool,
}

impl OpenLake {
    /// Everything the Lake screen shows. What cannot be read of one table costs that table alone.
    pub(crate) async fn lake_view(&self, clock: &Clock) -> Result<LakeView, RunError> {
        let set = ContractSet::draft(&self.lake).await?;
        let mut tables = Vec::new();
        let (mut waiting, mut unlisted) = (Vec::new(), Vec::new());
        for (name, contract) in &set.contracts {
            tables.push(self.summary(Layer::Bronze, name, None, clock).await?);
            let mut silver = self.summary(Layer::Silver, name, Some(contract), clock).await?;
            if let Some(note) = self.missing_source(contract).filter(|_| silver.health == Health::Ok) {
                (silver.health, silver.note) = (Health::Warn, Some(note));
            }
            tables.push(silver);
            // A folder or manifests that cannot be read do not stop the view, and are not a folder without files.
            let files = self.waiting(contract).await;
            let files = files.map_err(|error| {
                unlisted.push(format!("{name}: which files wait is not known: {}", error.to_api().message));
            });
            let files = files.ok();
            waiting.push(WaitingFiles {
                table: name.clone(),
                files: files.as_ref().map(|files| files.len() as u64),
                bytes: files.as_ref().map(|files| files.iter().map(|file| file.size).sum()),
            });
        }
        for (name, contract) in &set.changes {
            tables.push(self.summary(Layer::Silver, name, Some(contract), clock).await?);
        }
        for (name, invalid) in &set.invalid {
            for layer in [Layer::Bronze, Layer::Silver] {
                let mut summary = self.summary(layer, name, None, clock).await?;
                if layer == Layer::Silver {
                    summary.health = Health::Invalid;
                    summary.note =
                        Some(format!("Its contract is not valid, the table stays as it is: {}", invalid.problem));
                }
                tables.push(summary);
            }
        }
        let gold: BTreeSet<&TableName> = set.models.iter().map(|model| &model.name).collect();
        for name in gold {
            tables.push(self.summary(Layer::Gold, name, None, clock).await?);
        }
        tables.sort_by(|a, b| a.table.cmp(&b.table));
        let mut problems: Vec<String> = set.problems.iter().map(ToString::to_string).collect();
        problems.extend(unlisted);
        let (release, draft_changes) = match sluice_publish::draft_changes(&self.lake).await {
            Ok((current, changes)) => {
                let changed = changes.iter().map(|change| &change.table).chain(set.invalid.keys());
                let changed: BTreeSet<&TableName> = changed.collect();
                (current, changed.len() as u64)
            }
            Err(error) => {
                problems.push(RunError::from(error).to_api().to_string());
                (None, 0)
            }
        };
        Ok(LakeView {
            name: self.production().name(),
            url: self.lake.url().to_owned(),
            tables,
            waiting,
            problems,
            release,
            draft_changes,
            sandbox: self.in_sandbox(clock),
        })
    }

    /// What is to be said of a table that takes its files from a folder of this machine that is not there: nothing comes,
    /// and that looks as if nothing had changed.
    fn missing_source(&self, contract: &Contract) -> Option<String> {
        let root = self.lake.objects().source_root()?;
        let sources = contract.all_sources().iter().filter(|source| !source.path.contains("://"));
        let missing = sources.filter(|source| !root.join(&source.path).exists());
        let named = |source: &Source| match &source.name {
            Some(name) => format!("{} (source {name})", source.path),
            None => source.path.clone(),
        };
        let missing: Vec<String> = missing.map(named).collect();
        (!missing.is_empty()).then(|| {
            format!(
                "The folder of its change files does not exist: {}. Correct source.path, or put the folder back",
                missing.join(", ")
            )
        })
    }

    /// Files that no batch has yet.
    async fn waiting(&self, contract: &Contract) -> Result<Vec<SourceFile>, RunError> {
        let batches = self.lake.ledger().batches(&contract.name).await?;
        Ok(new_files(&self.lake, contract, &batches, Look::AsDue).await?.files)
    }

    /// A line of the tree; a table that cannot be read stays in it with its error.
    ///
    /// # Errors
    /// When the store does not answer: it would be waited for once per table.
    async fn summary(
        &self,
        layer: Layer,
        name: &TableName,
        contract: Option<&Contract>,
        clock: &Clock,
    ) -> Result<TableSummary, RunError> {
        let mut summary = TableSummary {
            table: TableRef { layer, name: name.clone() },
            rows: None,
            version: None,
            base_version: None,
            health: Health::Empty,
            note: None,
            is_only_late: false,
            facts: contract.map(facts_of).unwrap_or_default(),
        };
        summary.base_version = self.base_version(&summary.table);
        match self.describe(&mut summary, contract, clock).await {
            Err(error) if is_timeout_or_unreachable(&error) => return Err(error),
            Err(error) => {
                summary.health = Health::Fail;
                summary.note = Some(error.to_api().message);
            }
            Ok(()) => {}
        }
        Ok(summary)
    }

    async fn describe(
        &self,
        summary: &mut TableSummary,
        contract: Option<&Contract>,
        clock: &Clock,
    ) -> Result<(), RunError> {
        let store = self.lake.table(location(&summary.table));
        if let Some(snapshot) = store.snapshot(None).await? {
            summary.health = Health::Ok;
            summary.rows = Some(snapshot.rows());
            summary.version = Some(snapshot.version);
            if summary.table.layer != Layer::Gold {
                let foreign = store.foreign_commits(snapshot.version, None).await?;
                ensure_own(summary.table.layer, &summary.table.name, &foreign)?;
            }
        }
        if summary.table.layer == Layer::Gold
            && let Some(error) = last_failure(&self.lake, &summary.table.name).await?
        {
            summary.health = Health::Fail;
            summary.note = Some(format!("not refreshed: {}", error.message));
        }
        if let Some(contract) = contract {
            if summary.version.is_some() {
                summary.facts.lag_seconds = lag_seconds(newest_source_time(&store).await?, clock);
                summary.facts.ties = recent_ties(&store).await?;
            }
            let found = self.health(contract, &summary.facts).await?;
            // A table that does not exist yet may have been refused its first batch.
            if summary.version.is_some() || found.health == Health::Fail {
                (summary.health, summary.note) = (found.health, found.note);
            }
            summary.is_only_late = found.is_only_late;
            if let Err(error) = self.lake.leases().ensure_next(&contract.name).await {
                (summary.health, summary.is_only_late) = (Health::Fail, false);
                let error = RunError::from(error).to_api();
                summary.note = Some(format!("The next batch stops: {error}"));
            }
            if let Some(note) = lost_files_note(&self.lake, &contract.name).await? {
                summary.health = summary.health.max(Health::Warn);
                summary.note =
                    Some(summary.note.take().map_or_else(|| note.clone(), |other| format!("{other}; {note}")));
            }
        }
        Ok(())
    }

    /// Health by the last checks, the quarantine and the lag, and why it is not better.
    pub(crate) async fn health(&self, contract: &Contract, facts: &TableFacts) -> Result<FoundHealth, RunError> {
        let (of_rows, note) = self.health_of_rows(contract).await?;
        let (health, lag) = match facts.timeliness() {
            Timeliness::NoLimit | Timeliness::OnTime => (of_rows, None),
            Timeliness::Unknown => (of_rows, lag_note(facts)),
            Timeliness::Late => (of_rows.max(Health::Warn), lag_note(facts)),
            Timeliness::Overdue => (of_rows.max(Health::Fail), lag_note(facts)),
        };
        let notes: Vec<String> = note.into_iter().chain(lag).collect();
        Ok(FoundHealth {
            is_only_late: health == Health::Fail && of_rows != Health::Fail,
            health,
            note: (!notes.is_empty()).then(|| notes.join("; ")),
        })
    }

    /// Health by the last checks and the quarantine.
    async fn health_of_rows(&self, contract: &Contract) -> Result<(Health, Option<String>), RunError> {
        let (checks, refused) = self.last_checks(contract).await?;
        if let Some(batch) = refused {
            let reason = read_refusal(&self.lake, &contract.name, batch).await?.map(|refusal| refusal.reason);
            let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            let silver = self.lake.table(TableLocation::Silver(contract.name.clone())).snapshot(None).await?;
            let stays = if silver.is_some() { "the last good version stays" } else { "there is no version yet" };
            return Ok((Health::Fail, Some(format!("Batch {batch} was not published, {stays}{reason}"))));
        }
        let failed = checks.iter().filter(|check| check.outcome.verdict == Verdict::Failed).count();
        if failed > 0 {
            let health = if checks.iter().any(CheckRecord::blocks) { Health::Fail } else { Health::Warn };
            return Ok((health, Some(format!("{failed} of {} checks do not hold", checks.len()))));
        }
        let unknown = checks.iter().filter(|check| check.outcome.reason().is_some()).count();
        if unknown > 0 {
            let note = format!("{unknown} of {} checks could not be evaluated", checks.len());
            return Ok((Health::Warn, Some(note)));
        }
        let quarantine = self.lake.table(TableLocation::Quarantine(contract.name.clone())).snapshot(None).await?;
        match quarantine.map(|snapshot| snapshot.rows()).unwrap_or(0) {
            0 => Ok((Health::Ok, None)),
            rows => Ok((Health::Warn, Some(format!("{rows} records in quarantine")))),
        }
    }

    /// Results of the last batch's checks, and the batch that was refused, if the last was.
    pub(crate) async fn last_checks(&self, contract: &Contract) -> Result<(Vec<CheckRecord>, Option<u64>), RunError> {
        let name = &contract.name;
        let Some(last) = self.lake.ledger().batches(name).await?.last().map(|manifest| manifest.batch) else {
            return Ok((Vec::new(), None));
        };
        let silver = self.lake.table(TableLocation::Silver(name.clone())).snapshot(None).await?;
        let app_id = AppId::silver(name);
        let done = silver.as_ref().and_then(|snapshot| snapshot.txn(&app_id)).unwrap_or(0);
        let done = u64::try_from(done).unwrap_or(0);
        // Batches may wait behind one that is held; what that one says is what is wrong.
        let mut refused = last;
        for batch in (done + 1..=last).rev() {
            if read_refusal(&self.lake, name, batch).await?.is_some() {
                refused = batch;
                break;
            }
        }
        Ok((read_records(&self.lake, name, refused).await?, (done < last).then_some(refused)))
    }
}
