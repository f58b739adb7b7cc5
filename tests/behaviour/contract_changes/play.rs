//! One change of a contract on a table with data.

use super::Change;
use super::data::{BACKFILLS, BEFORE, file};
use super::draft::Draft;
use anyhow::{Context, Result, ensure};
use sluice_api::{Effect, Layer, PublishScope, ReplayLimits, TableRef, TableReplay, ask};
use sluice_contract::{Contract, compare_contracts};
use sluice_lake::Operation;
use sluice_tests::{TestLake, files_below};
use tempfile::TempDir;

struct Table {
    _folder: TempDir,
    lake: TestLake,
    table: TableRef,
}

fn folder() -> Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("sluice-contract-").tempdir()?)
}

impl Table {
    fn new() -> Result<Self> {
        let folder = folder()?;
        let lake = TestLake::at(folder.path());
        for (path, content) in BACKFILLS {
            lake.write(path, content)?;
        }
        let table = TableRef { layer: Layer::Silver, name: "shop.orders".parse().map_err(anyhow::Error::msg)? };
        Ok(Self { _folder: folder, lake, table })
    }

    fn declare(&self, draft: &Draft) -> Result<Contract> {
        self.lake.write("contracts/shop/orders.yaml", draft.to_string())?;
        draft.parse().map_err(|problems| anyhow::anyhow!("{problems:?}"))
    }

    fn land(&self, contract: &Contract, batch: usize, rejects: bool) -> Result<()> {
        let (path, content) = file(contract, batch, rejects);
        self.lake.write(&path, content)
    }

    /// Replays one file at a time.
    async fn replay(&self) -> Result<TableReplay> {
        self.lake.replay_by(1).await?.tables.pop().context("one table is replayed")
    }

    /// The content hash that a full refresh makes of a copy.
    async fn refreshed(&self) -> Result<Option<String>> {
        let folder = folder()?;
        let lake = TestLake::at(folder.path());
        let copy = Self { _folder: folder, lake, table: self.table.clone() };
        for path in files_below(self.lake.folder())? {
            copy.lake.write(&path.display().to_string(), std::fs::read(self.lake.folder().join(&path))?)?;
        }
        let limits = ReplayLimits { full_refresh: true, batches: Some(0), ..ReplayLimits::default() };
        copy.lake.replay_within(limits).await?;
        copy.fingerprint().await
    }

    /// A full refresh that is asked for.
    async fn refresh(&self) -> Result<()> {
        let limits = ReplayLimits { full_refresh: true, batches: Some(0), ..ReplayLimits::default() };
        self.lake.replay_within(limits).await?;
        Ok(())
    }

    async fn fingerprint(&self) -> Result<Option<String>> {
        Ok(self.lake.fingerprints().await?.remove(&self.table.to_string()))
    }

    async fn ensure_a_full_refresh_is_equal(&self, when: &str) -> Result<()> {
        let (is, refreshed) = (self.fingerprint().await?, self.refreshed().await?);
        ensure!(is == refreshed, "{when}: silver {is:?}, a full refresh makes {refreshed:?}");
        Ok(())
    }

    /// Operations of silver's commits, the newest first.
    async fn operations(&self) -> Result<Vec<Operation>> {
        let store = self.lake.store(&self.table).await?;
        if store.snapshot(None).await?.is_none() {
            return Ok(Vec::new());
        }
        Ok(store.history(usize::MAX).await?.into_iter().map(|entry| entry.operation).collect())
    }

    /// What the publish plan says of the table.
    async fn planned(&self) -> Result<Option<Effect>> {
        let plan = self.lake.host().call(ask::PublishPlan { scope: PublishScope::Draft, plan: None }).await?;
        Ok(plan.document.tables.into_iter().find(|table| table.table == self.table.name).map(|table| table.effect))
    }
}

/// Replays under one contract, changes it, and replays on.
pub(super) async fn play(Change { before, after, rejects, .. }: &Change) -> Result<()> {
    let table = Table::new()?;
    let old = table.declare(before)?;
    for batch in 1..=BEFORE {
        table.land(&old, batch, *rejects)?;
    }
    let first = table.replay().await?;
    let operations = table.operations().await?.len();

    let new = table.declare(after)?;
    let listed = compare_contracts(Some(&old), Some(&new)).iter().map(|change| change.effect).max();
    let planned = table.planned().await?;
    let changed = table.replay().await?;

    if changed.error.is_none() {
        let all = table.operations().await?;
        let new = &all[..all.len() - operations];
        let has = |operation: Operation| new.contains(&operation);
        let context =
            || format!("planned {planned:?}, listed {listed:?}, the log says {new:?}; before {:?}", first.error);
        ensure!((planned == Some(Effect::Rebuild)) == has(Operation::Rebuild), "{}", context());
        ensure!(planned != Some(Effect::ColumnsOnly) || has(Operation::ChangeColumns), "{}", context());
        // Bronze decides whether columns alone suffice.
        let most = if listed == Some(Effect::ColumnsOnly) { Some(Effect::Rebuild) } else { listed };
        ensure!(planned <= most.max(Some(Effect::NewBatchesOnly)), "{}", context());
    }
    // A change that leaves few rows is refused, and silver stays, until a full refresh is asked for.
    if changed.error.as_ref().is_some_and(|error| error.message.contains("Silver was not rebuilt from bronze")) {
        // Not by fingerprint: it sorts rows by the key of the contract as it is now.
        let commits = table.operations().await?.len() - operations;
        ensure!(commits == 0, "silver was changed by a refused rebuild: {changed:?}");
        table.refresh().await?;
    }
    table.ensure_a_full_refresh_is_equal("after the change").await?;

    table.land(&new, BEFORE + 1, *rejects)?;
    table.replay().await?;
    table.ensure_a_full_refresh_is_equal("after another batch").await
}
