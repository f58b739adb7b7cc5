//! Brings a sandbox and its lake to the same ingested files, so that what the sandbox made can become production.
//!
//! What production has and the sandbox has not is applied in the sandbox, as one batch for each of production's. What
//! only the sandbox has is landed in production's bronze, from where a rebuild has it too. Neither touches the silver that
//! readers see.

use super::decode::is_unchanged;
use super::decoder::{Decoder, DecoderOptions};
use super::sides::Sides;
use super::table_run::TableRun;
use crate::RunError;
use crate::previewed::inputs::{InputFile, cut_matters, files_of, silver_inputs};
use crate::silver::Silver;
use crate::support::lease::{LEASE_WAIT_DEFAULT, LeaseTerms, with_lease};
use sluice_change::SourceFile;
use sluice_contract::{Contract, TableName};
use sluice_lake::{BatchManifest, Lake, Lease, TableLocation};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Which files both sides have ingested.
pub(super) struct Standing {
    /// Last batch in the sandbox's silver.
    tried: u64,
    sandbox: Vec<Arc<BatchManifest>>,
    base: Vec<Arc<BatchManifest>>,
}

/// Files with the hash of their content, if it is known.
type Files = Vec<(SourceFile, Option<String>)>;

impl Standing {
    /// Reads it.
    pub(super) async fn of(sides: &Sides<'_>, name: &TableName, tried: u64) -> Result<Self, RunError> {
        let sandbox = sides.sandbox.ledger().batches(name).await?;
        let base = sides.base.ledger().batches(name).await?;
        Ok(Self { tried, sandbox, base })
    }

    /// The last batch of production.
    pub(super) fn last_of_base(&self) -> u64 {
        self.base.last().map_or(0, |manifest| manifest.batch)
    }

    /// Why the two cannot be brought together.
    pub(super) fn apart(&self, contract: &Contract) -> Option<String> {
        if self.sandbox.last().is_some_and(|last| last.batch > self.tried) {
            return Some("a batch of the sandbox was not published there".to_owned());
        }
        let why = cut_matters(contract)?;
        let files = |manifest: &Arc<BatchManifest>| files_of(manifest).collect::<BTreeSet<_>>();
        let same = self.sandbox.iter().zip(&self.base).all(|(a, b)| files(a) == files(b));
        (!same)
            .then(|| format!("it matters into which batches files are cut ({why}), and the sandbox cut them otherwise"))
    }

    /// Whether both have the same.
    pub(super) fn is_even(&self, contract: &Contract) -> bool {
        let inputs = |of: &[Arc<BatchManifest>]| silver_inputs(contract, of.iter().map(AsRef::as_ref));
        inputs(&self.sandbox) == inputs(&self.base)
    }

    fn lacking_in_sandbox(&self) -> Vec<Files> {
        lacking(&self.base, &self.sandbox)
    }

    fn lacking_in_base(&self) -> Vec<Files> {
        lacking(&self.sandbox, &self.base)
    }
}

/// Files of the batches of one side that the other has in no batch, batch by batch.
fn lacking(of: &[Arc<BatchManifest>], other: &[Arc<BatchManifest>]) -> Vec<Files> {
    let known: BTreeSet<InputFile> = other.iter().flat_map(|manifest| files_of(manifest)).collect();
    let missing = |manifest: &Arc<BatchManifest>| -> Files {
        let files = files_of(manifest).zip(manifest.files_with_content());
        let missing = files.filter(|(id, _)| !known.contains(id));
        missing.map(|(_, (file, content))| (file.clone(), content.map(str::to_owned))).collect()
    };
    of.iter().map(missing).filter(|files| !files.is_empty()).collect()
}

/// Applies in the sandbox what only production has; why that is not possible.
///
/// # Errors
/// If a store fails, or another writer holds the sandbox's table for long.
pub(super) async fn catch_up(sides: &Sides<'_>, contract: &Arc<Contract>) -> Result<Option<String>, RunError> {
    let (sandbox, name) = (sides.sandbox, &contract.name);
    let tried = Silver::open_without_state(sandbox, name).await?.batch();
    let lacking = Standing::of(sides, name, tried).await?.lacking_in_sandbox();
    if lacking.is_empty() {
        return Ok(None);
    }
    if let Some(reason) = changed_since(sides, &lacking).await? {
        return Ok(Some(reason));
    }
    let job = sides.job;
    let decoder = Decoder::new(DecoderOptions::default());
    let terms = LeaseTerms {
        wait: LEASE_WAIT_DEFAULT,
        waiting: &|holder| job.log(format!("{name}: the sandbox waits for {holder}")),
        unreleased: &|error| {
            job.log(format!("{name}: the lease in the sandbox was not released: {error}"));
            Ok(())
        },
    };
    let read =
        async || Ok(ControlFlow::Continue(TableRun::open(sandbox, contract, sides.engine, job, &decoder).await?));
    let applied = with_lease(sandbox, name, &terms, read, async |mut run: TableRun, lease| {
        run.fence(lease);
        for files in lacking {
            Box::pin(run.next_batch(files.into_iter().map(|(file, _)| file).collect())).await?;
        }
        Ok(())
    });
    match applied.await {
        Ok(()) => Ok(None),
        Err(RunError::Refused { refusal, .. }) => {
            Ok(Some(format!("what arrived since is refused in the sandbox: {}", refusal.reason)))
        }
        Err(error) => Err(error),
    }
}

/// Lands in production's bronze what only the sandbox has, with the lease of the table.
///
/// # Errors
/// If a store fails.
pub(super) async fn land_missing(sides: &Sides<'_>, contract: &Arc<Contract>, lease: &Lease) -> Result<(), RunError> {
    let (base, name) = (sides.base, &contract.name);
    let tried = Silver::open_without_state(sides.sandbox, name).await?.batch();
    let lacking = Standing::of(sides, name, tried).await?.lacking_in_base();
    if changed_since(sides, &lacking).await?.is_some() {
        // The two are not even then, and that is the reason.
        return Ok(());
    }
    let decoder = Decoder::new(DecoderOptions::default());
    let mut run = TableRun::open(base, contract, sides.engine, sides.job, &decoder).await?;
    run.fence(lease);
    let batches = lacking.into_iter().map(|files| files.into_iter().map(|(file, _)| file).collect());
    Box::pin(run.land(batches.collect())).await
}

/// The first file of which the two bronze tables do not have the same records, among those that were ingested since the
/// sandbox began: production read it by another contract. Silver would have what bronze has not.
///
/// # Errors
/// If a log cannot be read.
pub(super) async fn other_records(sides: &Sides<'_>, name: &TableName) -> Result<Option<String>, RunError> {
    let folder = TableLocation::Bronze(name.clone()).folder();
    let began = sides.sandbox.sandbox().and_then(|sandbox| sandbox.base_version(&folder));
    let there = records_since(sides.sandbox, name, began).await?;
    if there.is_empty() {
        return Ok(None);
    }
    let here = records_since(sides.base, name, began).await?;
    let other = there.iter().find(|(file, records)| here.get(*file).is_some_and(|found| found != *records));
    Ok(other.map(|((path, ..), _)| format!("production's bronze does not have the same records of {path}")))
}

/// Records of each file in bronze, and whether it could be read to its end, of the commits after a version.
async fn records_since(
    lake: &Lake,
    name: &TableName,
    began: Option<u64>,
) -> Result<BTreeMap<InputFile, (u64, bool)>, RunError> {
    let store = lake.table(TableLocation::Bronze(name.clone()));
    let Some(latest) = store.snapshot(None).await? else { return Ok(BTreeMap::new()) };
    let commits = match began {
        Some(began) => latest.version.saturating_sub(began),
        None => latest.version + 1,
    };
    if commits == 0 {
        return Ok(BTreeMap::new());
    }
    let manifests = lake.ledger().batches(name).await?;
    let history = store.history_until(latest.version, usize::try_from(commits).unwrap_or(usize::MAX)).await?;
    let mut records = BTreeMap::new();
    for entry in history {
        let (Some(batch), Some(rows)) = (entry.info.batch, entry.info.file_rows) else { continue };
        let Some(manifest) = manifests.iter().find(|manifest| manifest.batch == batch) else { continue };
        let failed = entry.info.failed_files.unwrap_or_default();
        for (file, rows) in files_of(manifest).zip(rows) {
            let is_failed = failed.contains(&file.0);
            records.insert(file, (rows, is_failed));
        }
    }
    Ok(records)
}

/// The first file that is no longer what was ingested.
async fn changed_since(sides: &Sides<'_>, batches: &[Files]) -> Result<Option<String>, RunError> {
    for (file, content) in batches.iter().flatten() {
        if !is_unchanged(sides.base, file, content.as_deref()).await? {
            return Ok(Some(format!("{} is gone or was written again since it was ingested", file.path)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::lacking;
    use sluice_change::SourceFile;
    use sluice_lake::BatchManifest;
    use std::sync::Arc;

    fn batch(batch: u64, files: &[&str]) -> Arc<BatchManifest> {
        let file = |path: &&str| SourceFile {
            path: (*path).to_owned(),
            size: 1,
            etag: "e".to_owned(),
            ..SourceFile::default()
        };
        let files = files.iter().map(file).collect();
        Arc::new(BatchManifest {
            batch,
            files,
            contract_hash: String::new(),
            contents: Vec::new(),
            backfill: None,
            source: None,
        })
    }

    #[test]
    fn what_one_side_lacks_comes_in_the_batches_of_the_other() {
        let production = [batch(1, &["a", "b"]), batch(2, &["c"]), batch(3, &["d", "e"])];
        let sandbox = [batch(1, &["a", "b"]), batch(2, &["d", "x"])];
        let names = |of: &[Arc<BatchManifest>], other: &[Arc<BatchManifest>]| -> Vec<Vec<String>> {
            let files = lacking(of, other);
            files.into_iter().map(|batch| batch.into_iter().map(|(file, _)| file.path).collect()).collect()
        };
        assert_eq!(names(&production, &sandbox), [vec!["c"], vec!["e"]]);
        assert_eq!(names(&sandbox, &production), [vec!["x"]]);
        assert!(names(&production, &production).is_empty());
    }
}
