//! A release that is built beside production before readers see it: in a sandbox under the lake, by the contracts that it
//! will have.
//!
//! A canary is built before its release is published, checked and compared, and what it made becomes production. A
//! rollback is built after its release is published: silver begins with the version that an earlier release left, so its
//! files become production again and only what arrived since is merged.

use super::publish_records::{carried_from, carry};
use super::sandboxes::who;
use super::{HostOptions, OpenLake};
use crate::gold::refresh_gold;
use crate::pipeline::sides::Sides;
use crate::silver::schema_change::effective;
use crate::silver_hash::is_hash_of;
use crate::{ContractSet, Job, ReplayOptions, RunError, replay};
use sluice_api::{
    CanaryTable, DiffOptions, Effect, Layer, PlanDocument, ReplayLimits, SideLake, TableImpact, TableName, TableRef,
};
use sluice_contract::Contract;
use sluice_lake::{DeltaStore, LakeError, NewSandbox, Snapshot, TableLocation};
use sluice_publish::Contents;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How long the lake keeps what a build needs that is not published: to look at a canary that failed.
const KEPT_MS: u64 = 86_400_000;
/// Who made a sandbox that nobody asked for begins so.
const BY: &str = "publish, ";
/// Commits looked at for an earlier version.
const HISTORY_MAX: usize = 10_000;

/// What a release is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Canary,
    Rollback,
}

impl Purpose {
    fn name(self, release: u64) -> String {
        match self {
            Self::Canary => format!("canary-r{release}"),
            Self::Rollback => format!("rollback-r{release}"),
        }
    }
}

/// A release that is built.
pub(super) struct Beside {
    /// The sandbox.
    pub(super) name: String,
    pub(super) open: OpenLake,
}

impl Beside {
    pub(super) fn sides<'a>(&'a self, base: &'a sluice_lake::Lake, job: &'a Job) -> Sides<'a> {
        Sides { sandbox: &self.open.lake, base, engine: &self.open.engine, job }
    }
}

impl OpenLake {
    /// Builds the canary of a release: every table that it changes, by its contracts and decisions on records, checked on its
    /// rows. Tables that exist get no new change files there, so that what differs is the release's doing.
    ///
    /// # Errors
    /// [`RunError::Canary`] if a table or a check fails; the sandbox stays, to be looked at.
    pub(super) async fn canary(
        &self,
        release: u64,
        contents: &Contents,
        plan: &PlanDocument,
        options: &HostOptions,
        job: &Job,
    ) -> Result<(Beside, Vec<CanaryTable>), RunError> {
        let set = ContractSet::of(&contents.draft);
        let silver = plan.tables.iter().filter(|table| table.layer == Layer::Silver && table.effect > Effect::Metadata);
        let silver: Vec<TableName> = silver.map(|table| table.table.clone()).collect();
        let versions = self.earlier_versions(&set, plan).await?;
        let decided = carried_from(&self.lake, self.production(), plan).await?;
        let beside = Box::pin(self.make_beside(Purpose::Canary, release, contents, versions, options)).await?;
        carry(&beside.open.lake, &decided, "the canary", job).await?;
        let failed = |reason: String| RunError::Canary { release, sandbox: beside.name.clone(), reason };
        let mut new = Vec::new();
        let mut existing = Vec::new();
        for name in silver.iter().filter(|name| set.contracts.contains_key(*name)) {
            let there = self.production().table(TableLocation::Silver(name.clone())).snapshot(None).await?.is_some();
            (if there { &mut existing } else { &mut new }).push(name.clone());
        }
        for (tables, batches) in [(existing, Some(0)), (new, None)] {
            if let Some(error) = beside.open.build(&set, tables, batches, job).await? {
                return Err(failed(error));
            }
        }
        let gold =
            Box::pin(refresh_gold(&beside.open.lake, &beside.open.engine, &set, &BTreeSet::new(), None, job)).await?;
        let reached: BTreeSet<TableRef> = reached_by(plan);
        let is_reached = |model: &TableName| reached.contains(&TableRef { layer: Layer::Gold, name: model.clone() });
        if let Some(failure) = gold.failed.iter().find(|failure| is_reached(&failure.model)) {
            return Err(failed(failure.to_string()));
        }
        for name in &silver {
            let Some(contract) = set.contracts.get(name) else { continue };
            let Some((_, files)) = beside.open.silver_files(name).await? else { continue };
            let checks = beside.open.run_checks(contract, files).await?;
            if let Some(check) = checks.iter().find(|check| check.blocks()) {
                return Err(failed(format!("{name}: {} does not hold", check.check)));
            }
        }
        let (from, to) = (SideLake::Production, SideLake::Sandbox(beside.name.clone()));
        let sides = ((&from, self.production()), (&to, &beside.open.lake));
        let impact =
            Box::pin(self.impact(&reached, sides.0, sides.1, &DiffOptions::default(), options.store, job)).await?;
        if let Some((table, error)) = impact.tables.iter().find_map(|table| Some((&table.table, table.error.as_ref()?)))
        {
            return Err(failed(format!("{table} could not be compared: {error}")));
        }
        Ok((beside, impact.tables.iter().map(canary_table).collect()))
    }

    /// Builds what an earlier release left, where production still has its files; `None` if it has none of them.
    ///
    /// # Errors
    /// If the lake cannot be read, or a table is refused.
    pub(super) async fn rolled_back(
        &self,
        release: u64,
        contents: &Contents,
        plan: &PlanDocument,
        options: &HostOptions,
        job: &Job,
    ) -> Result<Option<Beside>, RunError> {
        let set = ContractSet::of(&contents.draft);
        let versions = self.earlier_versions(&set, plan).await?;
        if versions.is_empty() {
            return Ok(None);
        }
        let tables: Vec<TableName> = versions.keys().cloned().collect();
        let beside = Box::pin(self.make_beside(Purpose::Rollback, release, contents, versions, options)).await?;
        let built = match beside.open.build(&set, tables, Some(0), job).await {
            Ok(None) => Ok(()),
            Ok(Some(error)) => Err(RunError::input(error, "Replay the table")),
            Err(error) => Err(error),
        };
        match built {
            Ok(()) => Ok(Some(beside)),
            Err(error) => {
                self.remove_beside(&beside.name, job).await;
                Err(error)
            }
        }
    }

    /// Removes a build. What stays expires.
    pub(super) async fn remove_beside(&self, name: &str, job: &Job) {
        match self.production().remove_sandbox(name).await {
            Ok(_) | Err(LakeError::NoSandbox { .. }) => {}
            Err(error) => job.log(format!("the sandbox {name} stays: {}", RunError::from(error).to_api())),
        }
    }

    async fn make_beside(
        &self,
        purpose: Purpose,
        release: u64,
        contents: &Contents,
        versions: BTreeMap<TableName, u64>,
        options: &HostOptions,
    ) -> Result<Beside, RunError> {
        let (production, name) = (self.production(), purpose.name(release));
        match production.sandbox_named(&name).await {
            Ok(there) if there.by.starts_with(BY) => {
                production.remove_sandbox(&name).await?;
            }
            Ok(there) => {
                let message = format!("{} made a sandbox of the name {name}, which this needs", there.by);
                return Err(RunError::input(message, format!("Remove it: `sluice sandbox rm {name}`")));
            }
            Err(LakeError::NoSandbox { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let new = NewSandbox {
            name: name.clone(),
            place: None,
            by: format!("{BY}{}", who().await?),
            keep_ms: KEPT_MS,
            versions,
        };
        production.create_sandbox(new).await?;
        let lake = production.open_sandbox(&name).await?;
        // Whoever looks into it finds the contracts that it was built by.
        let texts: BTreeMap<&str, &str> = contents.draft.texts().collect();
        for folder in ["contracts", "models", "tests"] {
            for file in lake.objects().list(folder).await? {
                if !texts.contains_key(file.path.as_str()) {
                    lake.objects().delete(&file.path).await?;
                }
            }
        }
        for (path, text) in texts {
            lake.objects().put(path, text.to_owned().into()).await?;
        }
        Ok(Beside { name, open: Self::over(lake, options.query_timeout)? })
    }

    /// Replays tables; why the first one that failed did.
    async fn build(
        &self,
        set: &ContractSet,
        tables: Vec<TableName>,
        batches: Option<u64>,
        job: &Job,
    ) -> Result<Option<String>, RunError> {
        if tables.is_empty() {
            return Ok(None);
        }
        let limits = ReplayLimits { batches, ..ReplayLimits::default() };
        let options = ReplayOptions { tables, limits, ..ReplayOptions::default() };
        let done = replay(&self.lake, &self.engine, set, &options, job).await?;
        let failed = done.tables.iter().find_map(|table| Some((&table.table, table.error.as_ref()?)));
        Ok(failed.map(|(table, error)| format!("{table}: {error}")))
    }

    /// For tables that are to be rebuilt: the latest earlier version by the same contract, if all of its files are there.
    async fn earlier_versions(
        &self,
        set: &ContractSet,
        plan: &PlanDocument,
    ) -> Result<BTreeMap<TableName, u64>, RunError> {
        let mut versions = BTreeMap::new();
        let rebuilt = plan.tables.iter().filter(|table| {
            table.layer == Layer::Silver && matches!(table.effect, Effect::Rebuild | Effect::ColumnsOnly)
        });
        for table in rebuilt {
            let Some(contract) = set.contracts.get(&table.table) else { continue };
            if let Some(version) = self.earlier_version(contract).await? {
                versions.insert(table.table.clone(), version);
            }
        }
        Ok(versions)
    }

    async fn earlier_version(&self, contract: &Arc<Contract>) -> Result<Option<u64>, RunError> {
        let production = self.production();
        let contract = effective(production, contract).await?;
        let store = production.table(TableLocation::Silver(contract.name.clone()));
        let Some(latest) = store.snapshot(None).await? else { return Ok(None) };
        let history = store.history_until(latest.version, HISTORY_MAX).await?;
        let made = |hash: &String| is_hash_of(hash, &contract);
        let Some(entry) = history.iter().find(|entry| entry.info.contract.as_ref().is_some_and(made)) else {
            return Ok(None);
        };
        match store.snapshot(Some(entry.version)).await {
            Ok(Some(version)) if self.has_files(&store, &version, &latest).await? => Ok(Some(entry.version)),
            Ok(_) | Err(LakeError::NoVersion { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the files of an earlier version are there that the latest does not have.
    async fn has_files(&self, store: &DeltaStore, version: &Snapshot, latest: &Snapshot) -> Result<bool, RunError> {
        let now: BTreeSet<&str> = latest.files.iter().map(|file| file.path.as_str()).collect();
        for file in version.files.iter() {
            let vector = file.vector_file();
            let paths = (!now.contains(file.path.as_str())).then_some(&file.path).into_iter().chain(vector.as_ref());
            for path in paths {
                if !self.production().objects().exists(&format!("{}/{path}", store.folder())).await? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// The tables of a plan, and the gold tables that read them.
pub(super) fn reached_by(plan: &PlanDocument) -> BTreeSet<TableRef> {
    let changed = plan.tables.iter().filter(|table| table.effect > Effect::ChecksOnly);
    let mut reached = BTreeSet::new();
    for table in changed {
        let readers = table.readers.iter().map(|name| TableRef { layer: Layer::Gold, name: name.clone() });
        reached.extend(readers);
        reached.insert(table.reference());
    }
    reached
}

fn canary_table(impact: &TableImpact) -> CanaryTable {
    let changed = match &impact.diff {
        Some(diff) => Some([diff.inserted, diff.updated, diff.deleted]),
        None if impact.is_equal() => Some([0; 3]),
        None => None,
    };
    CanaryTable { table: impact.table.clone(), changed, rows: impact.rows }
}
