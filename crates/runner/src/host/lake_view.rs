//! The tree of the lake with health.

use super::OpenLake;
use crate::RunError;
use crate::contract_set::ContractSet;
use crate::gold::location;
use crate::quality::read_records;
use crate::silver::silver_app_id;
use crate::source_files::new_files;
use serde_json::Value;
use sluice_api::{Health, LakeView, Layer, TableRef, TableSummary, WaitingFiles};
use sluice_contract::{CheckRecord, Contract, TableName, Verdict};
use sluice_lake::TableLocation;
use std::collections::BTreeSet;

impl OpenLake {
    /// Everything the Lake screen shows.
    pub(crate) async fn lake_view(&self) -> Result<LakeView, RunError> {
        let set = ContractSet::draft(&self.lake).await?;
        let mut tables = Vec::new();
        let mut waiting = Vec::new();
        for (name, contract) in &set.contracts {
            tables.push(self.summary(Layer::Bronze, name, None).await?);
            tables.push(self.summary(Layer::Silver, name, Some(contract)).await?);
            let files = new_files(&self.lake, contract, &self.lake.batches(name).await?).await;
            let files = files.unwrap_or_default();
            let bytes = files.iter().map(|file| file.size).sum();
            waiting.push(WaitingFiles { table: name.clone(), files: files.len() as u64, bytes });
        }
        let gold: BTreeSet<&TableName> = set.models.iter().map(|model| &model.name).collect();
        for name in gold {
            tables.push(self.summary(Layer::Gold, name, None).await?);
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
    ) -> Result<TableSummary, RunError> {
        let table = TableRef { layer, name: name.clone() };
        // An unreadable table stays in the list with its error.
        let snapshot = match self.lake.table(location(&table)).snapshot(None).await {
            Ok(Some(snapshot)) => snapshot,
            Ok(None) => {
                return Ok(TableSummary { table, rows: None, version: None, health: Health::Empty, note: None });
            }
            Err(error) => {
                let note = Some(RunError::from(error).to_api().message);
                return Ok(TableSummary { table, rows: None, version: None, health: Health::Fail, note });
            }
        };
        let (health, note) = match contract {
            Some(contract) => self.health(contract).await?,
            None => (Health::Ok, None),
        };
        Ok(TableSummary { table, rows: Some(snapshot.rows()), version: Some(snapshot.version), health, note })
    }

    /// Health by the last checks and the quarantine.
    pub(crate) async fn health(&self, contract: &Contract) -> Result<(Health, Option<String>), RunError> {
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
        let Some(last) = self.lake.batches(name).await?.last().map(|manifest| manifest.batch) else {
            return Ok((Vec::new(), None));
        };
        let silver = self.lake.table(TableLocation::Silver(name.clone())).snapshot(None).await?;
        let app_id = silver_app_id(name);
        let done = silver.as_ref().and_then(|snapshot| snapshot.txn(&app_id)).unwrap_or(0);
        let done = u64::try_from(done).unwrap_or(0);
        Ok((read_records(&self.lake, name, last).await?, (done < last).then_some(last)))
    }
}

/// A number in a commit's information.
pub(crate) fn info_u64(info: &serde_json::Map<String, Value>, key: &str) -> Option<u64> {
    info.get(key).and_then(Value::as_u64)
}
