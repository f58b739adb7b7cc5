//! The tree of the lake with health.

use super::lag::{facts_of, lag_note, lag_seconds, newest_source_time};
use super::{Host, OpenLake};
use crate::contract_set::ContractSet;
use crate::pipeline::source_files::new_files;
use crate::quality::read_records;
use crate::support::foreign::ensure_own;
use crate::support::places::location;
use crate::{Clock, RunError};
use sluice_api::{Answer, Health, LakeView, Layer, TableFacts, TableRef, TableSummary, Timeliness, WaitingFiles, ask};
use sluice_contract::{CheckRecord, Contract, TableName, Verdict};
use sluice_lake::{AppId, ForeignCommits, TableLocation};
use std::collections::BTreeSet;

impl Answer<ask::Lake> for Host {
    async fn answer(&self, _request: ask::Lake) -> Result<LakeView, RunError> {
        self.opened().await?.lake_view(&self.options.clock).await
    }
}

impl OpenLake {
    /// Everything the Lake screen shows.
    pub(crate) async fn lake_view(&self, clock: &Clock) -> Result<LakeView, RunError> {
        let set = ContractSet::draft(&self.lake).await?;
        let mut tables = Vec::new();
        let mut waiting = Vec::new();
        for (name, contract) in &set.contracts {
            tables.push(self.summary(Layer::Bronze, name, None, clock).await?);
            tables.push(self.summary(Layer::Silver, name, Some(contract), clock).await?);
            let files = new_files(&self.lake, contract, &self.lake.ledger().batches(name).await?).await;
            let files = files.unwrap_or_default();
            let bytes = files.iter().map(|file| file.size).sum();
            waiting.push(WaitingFiles { table: name.clone(), files: files.len() as u64, bytes });
        }
        let gold: BTreeSet<&TableName> = set.models.iter().map(|model| &model.name).collect();
        for name in gold {
            tables.push(self.summary(Layer::Gold, name, None, clock).await?);
        }
        tables.sort_by(|a, b| a.table.cmp(&b.table));
        let plan = sluice_publish::plan(&self.lake).await?;
        let changed: BTreeSet<&TableName> = plan.changes.iter().map(|change| &change.table).collect();
        Ok(LakeView {
            name: self.lake.name(),
            url: self.lake.url().to_owned(),
            tables,
            waiting,
            problems: set.problems.iter().map(ToString::to_string).collect(),
            release: plan.base,
            draft_changes: changed.len() as u64,
        })
    }

    async fn summary(
        &self,
        layer: Layer,
        name: &TableName,
        contract: Option<&Contract>,
        clock: &Clock,
    ) -> Result<TableSummary, RunError> {
        let table = TableRef { layer, name: name.clone() };
        let store = self.lake.table(location(&table));
        let facts = contract.map(facts_of).unwrap_or_default();
        let without = |health, note| TableSummary {
            table: table.clone(),
            rows: None,
            version: None,
            health,
            note,
            facts: facts.clone(),
        };
        // An unreadable table stays in the list with its error.
        let snapshot = match store.snapshot(None).await {
            Ok(Some(snapshot)) => snapshot,
            Ok(None) => return Ok(without(Health::Empty, None)),
            Err(error) => return Ok(without(Health::Fail, Some(RunError::from(error).to_api().message))),
        };
        let mut summary = without(Health::Ok, None);
        summary.rows = Some(snapshot.rows());
        summary.version = Some(snapshot.version);
        let foreign = match layer {
            Layer::Bronze | Layer::Silver => store.foreign_commits(snapshot.version, None).await?,
            Layer::Gold => ForeignCommits::default(),
        };
        if let Err(error) = ensure_own(layer, name, &foreign) {
            (summary.health, summary.note) = (Health::Fail, Some(error.to_api().message));
        } else if let Some(contract) = contract {
            summary.facts.lag_seconds = lag_seconds(newest_source_time(&store).await?, clock);
            (summary.health, summary.note) = self.health(contract, &summary.facts).await?;
        }
        Ok(summary)
    }

    /// Health by the last checks, the quarantine and the lag, and why it is not better.
    pub(crate) async fn health(
        &self,
        contract: &Contract,
        facts: &TableFacts,
    ) -> Result<(Health, Option<String>), RunError> {
        let (health, note) = self.health_of_rows(contract).await?;
        let (health, lag) = match facts.timeliness() {
            Timeliness::NoLimit | Timeliness::OnTime => (health, None),
            Timeliness::Unknown => (health, lag_note(facts)),
            Timeliness::Late => (health.max(Health::Warn), lag_note(facts)),
        };
        let notes: Vec<String> = note.into_iter().chain(lag).collect();
        Ok((health, (!notes.is_empty()).then(|| notes.join("; "))))
    }

    /// Health by the last checks and the quarantine.
    async fn health_of_rows(&self, contract: &Contract) -> Result<(Health, Option<String>), RunError> {
        let (checks, refused) = self.last_checks(contract).await?;
        if let Some(batch) = refused {
            return Ok((Health::Fail, Some(format!("Batch {batch} was not published, the last good version stays"))));
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
        Ok((read_records(&self.lake, name, last).await?, (done < last).then_some(last)))
    }
}
