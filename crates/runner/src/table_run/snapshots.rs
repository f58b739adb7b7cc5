//! Images of a whole table become changes.

use super::TableRun;
use crate::RunError;
use crate::silver::{Silver, blocking};
use crate::snapshots::{Failed, Images, failed_files, newest_deliveries, version_of};
use arrow::array::RecordBatch;
use sluice_cdc::{DecodedFile, is_change_file};
use sluice_change::{ChangeBatch, RowLedger, SourceFile};
use sluice_contract::{Contract, DeleteMode, FromSnapshot, Scd, SnapshotVersion};
use sluice_engine::{Snapshot, SnapshotChanges, current_rows, snapshot_changes};
use sluice_lake::BatchManifest;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What decoded records change, and how their ledger differs from that of the changes.
pub(super) struct Changes {
    pub(super) batches: Vec<ChangeBatch>,
    /// The images that they came of.
    images: Option<SnapshotChanges>,
}

impl Changes {
    /// Deliveries that are changes.
    pub(super) fn as_delivered(decoded: Vec<DecodedFile>) -> Self {
        Self { batches: decoded.into_iter().map(|file| file.changes).collect(), images: None }
    }

    /// The ledger of the records, from the ledger of the plan.
    pub(super) fn ledger(&self, plan: RowLedger) -> Result<RowLedger, RunError> {
        let Some(images) = &self.images else { return Ok(plan) };
        let ledger = images.of_records(plan);
        ledger.check().map_err(sluice_engine::EngineError::from)?;
        Ok(ledger)
    }
}

/// The images of batches that silver does not have yet.
pub(super) struct NewImages {
    /// All that could be read.
    images: Images,
    /// Images that silver has.
    known: BTreeSet<u64>,
    /// They do not just follow the newest image of silver, so it has to be made again from bronze.
    pub(super) replace_silver: bool,
}

impl TableRun {
    /// The last batch that has each file, where a file that is delivered again replaces the one before.
    pub(super) async fn newest_deliveries(&self, last: u64) -> Result<Option<BTreeMap<String, u64>>, RunError> {
        if self.contract.apply.from_snapshot.is_none() {
            return Ok(None);
        }
        Ok(Some(newest_deliveries(&self.manifests, last, &failed_files(&self.bronze).await?)))
    }

    /// The images of the batches after those in silver, up to `last`; `None` where deliveries are changes.
    pub(super) async fn new_images(&self, last: u64) -> Result<Option<NewImages>, RunError> {
        if self.contract.apply.from_snapshot.is_none() {
            return Ok(None);
        }
        let failed = failed_files(&self.bronze).await?;
        let new = new_images(&self.contract, &self.manifests, self.silver.batch(), last, &failed);
        for (version, path) in &new.images.incomplete {
            let name = self.snapshot_name(*version);
            self.job.log(format!("{}: snapshot {name} is left out, {path} could not be read", self.contract.name));
        }
        match new.images.incomplete.iter().next() {
            Some((version, path)) if new.images.complete.is_empty() => {
                let name = self.snapshot_name(*version);
                let reason = format!(
                    "INCOMPLETE_SNAPSHOT: {path} of snapshot {name} could not be read, see the quarantine; deliver the file again, or the next snapshot"
                );
                Err(self.refused(last, reason))
            }
            _ => Ok(Some(new)),
        }
    }

    /// What decoded records of the batches after those in silver change.
    pub(super) async fn changes_of(
        &self,
        last: u64,
        decoded: Vec<DecodedFile>,
        new: Option<&NewImages>,
    ) -> Result<Changes, RunError> {
        let (Some(rule), Some(new)) = (&self.contract.apply.from_snapshot, new) else {
            return Ok(Changes::as_delivered(decoded));
        };
        let all;
        let (silver, versions, applied) = if new.replace_silver {
            all = new.known.union(&new.images.complete).copied().collect();
            (None, &all, None)
        } else {
            (Some(&self.silver), &new.images.complete, new.known.last().copied())
        };
        let changes = derive(&self.contract, silver, versions, applied, decoded).await?;
        for image in changes.images.iter().flat_map(|images| &images.images) {
            #[expect(clippy::cast_precision_loss, reason = "a share for a limit")]
            let share = if image.before == 0 { 0.0 } else { image.deleted as f64 / image.before as f64 };
            if share > rule.max_deleted_share && !new.known.contains(&image.ordinal) {
                let (name, limit) = (self.snapshot_name(image.ordinal), rule.max_deleted_share * 100.0);
                let reason = format!(
                    "SNAPSHOT_DELETES: snapshot {name} lacks {} of the {} rows before it ({:.1} %, the limit is {limit:.1} %); deliver it again if it is not whole, or raise apply.from_snapshot.max_deleted_share if the rows are gone",
                    image.deleted,
                    image.before,
                    share * 100.0
                );
                return Err(self.refused(last, reason));
            }
        }
        Ok(changes)
    }

    /// What all records of bronze up to `last` change, from nothing.
    pub(super) async fn changes_of_bronze(&self, last: u64, decoded: Vec<DecodedFile>) -> Result<Changes, RunError> {
        if self.contract.apply.from_snapshot.is_none() {
            return Ok(Changes::as_delivered(decoded));
        }
        let failed = failed_files(&self.bronze).await?;
        let images = Images::of(&self.contract, &self.manifests, 1, last, &failed);
        derive(&self.contract, None, &images.complete, None, decoded).await
    }

    /// What files that are in no batch yet would change.
    pub(super) async fn changes_of_files(
        &self,
        files: &[SourceFile],
        decoded: Vec<DecodedFile>,
    ) -> Result<Changes, RunError> {
        if self.contract.apply.from_snapshot.is_none() {
            return Ok(Changes::as_delivered(decoded));
        }
        let batch = self.manifests.last().map_or(0, |manifest| manifest.batch) + 1;
        let mut failed = failed_files(&self.bronze).await?;
        failed.extend(failed_of(&decoded).into_iter().map(|path| (batch, path)));
        let planned = BatchManifest {
            batch,
            files: files.to_vec(),
            contract_hash: String::new(),
            contents: Vec::new(),
            flow: None,
        };
        let manifests: Vec<BatchManifest> = self.manifests.iter().cloned().chain([planned]).collect();
        let new = new_images(&self.contract, &manifests, batch - 1, batch, &failed);
        let applied = new.known.last().copied();
        derive(&self.contract, Some(&self.silver), &new.images.complete, applied, decoded).await
    }

    /// Says so where there are files and none is part of a snapshot, because the pattern may be wrong.
    pub(super) async fn tell_of_no_snapshot(&self) -> Result<(), RunError> {
        let (Some(rule), Some(source)) = (&self.contract.apply.from_snapshot, &self.contract.source) else {
            return Ok(());
        };
        let listed = self.lake.objects().list(&source.path).await?;
        let outside =
            |file: &&SourceFile| is_change_file(&file.path) && version_of(&self.contract, &file.path).is_none();
        let count = listed.iter().filter(outside).count();
        if count > 0 {
            self.job.log(format!(
                "{}: {count} file(s) below {} are part of no snapshot, apply.from_snapshot.files is `{}`",
                self.contract.name, source.path, rule.files
            ));
        }
        Ok(())
    }

    fn snapshot_name(&self, version: u64) -> String {
        let rule: Option<&FromSnapshot> = self.contract.apply.from_snapshot.as_ref();
        rule.map_or_else(|| version.to_string(), |rule| rule.files.name_of(version))
    }

    /// Time of the newest image of a batch, milliseconds since 1970, where versions are dates.
    pub(super) fn snapshot_time_ms(&self, batch: u64) -> Option<i64> {
        let rule = self.contract.apply.from_snapshot.as_ref()?;
        let of_batch = self.manifests.iter().find(|manifest| manifest.batch == batch)?;
        let newest = of_batch.files.iter().filter_map(|file| version_of(&self.contract, &file.path)).max()?;
        (rule.files.version() == SnapshotVersion::Date).then(|| i64::try_from(newest / 1_000).ok())?
    }
}

/// Paths of files that could not be read to their end.
pub(super) fn failed_of(decoded: &[DecodedFile]) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for file in decoded {
        for reject in file.rejects.iter().filter(|reject| reject.whole_file) {
            paths.extend(file.changes.files.get(reject.at.file as usize).map(|file| file.path.clone()));
        }
    }
    paths
}

fn new_images(contract: &Contract, manifests: &[BatchManifest], done: u64, last: u64, failed: &Failed) -> NewImages {
    let images = Images::of(contract, manifests, done + 1, last, failed);
    let before = Images::of(contract, manifests, 1, done, failed);
    let newest = before.complete.last().copied();
    // Of the latest row per key an older image changes nothing; with history it changes what was then.
    let latest_only = contract.apply.scd == Scd::Type1 && contract.apply.delete_mode == DeleteMode::Hard;
    let replace_silver = images.complete.iter().any(|version| {
        let is_older = Some(*version) < newest;
        let has_rows_in_silver = before.complete.contains(version) || before.incomplete.contains_key(version);
        if is_older && latest_only { false } else { is_older || has_rows_in_silver }
    });
    NewImages { images, known: before.complete, replace_silver }
}

/// The changes of the images `versions`, one after the other, beginning with what `silver` holds.
async fn derive(
    contract: &Arc<Contract>,
    silver: Option<&Silver>,
    versions: &BTreeSet<u64>,
    applied: Option<u64>,
    decoded: Vec<DecodedFile>,
) -> Result<Changes, RunError> {
    let stored: Vec<RecordBatch> = match silver.and_then(|silver| Some((silver, silver.snapshot.as_ref()?))) {
        Some((silver, snapshot)) => silver.store.read_files(snapshot, &snapshot.files, None).await?,
        None => Vec::new(),
    };
    let (contract, versions) = (Arc::clone(contract), versions.clone());
    blocking(move || {
        let current = stored.iter().map(|rows| current_rows(&contract, rows)).collect::<Result<Vec<_>, _>>()?;
        let (snapshots, left_out) = by_version(&contract, &versions, decoded)?;
        let mut images = snapshot_changes(&contract, &current, applied, &snapshots)?;
        images.superseded += left_out;
        Ok(Changes { batches: std::mem::take(&mut images.changes), images: Some(images) })
    })
    .await
}

/// The records of each image; and how many records are of none of `versions`.
fn by_version(
    contract: &Contract,
    versions: &BTreeSet<u64>,
    decoded: Vec<DecodedFile>,
) -> Result<(Vec<Snapshot>, u64), RunError> {
    let places: BTreeMap<u64, usize> = versions.iter().enumerate().map(|(place, version)| (*version, place)).collect();
    let new = |version: &u64| Snapshot { ordinal: *version, rows: Vec::new(), deletes: true };
    let mut snapshots: Vec<Snapshot> = versions.iter().map(new).collect();
    let mut left_out = 0;
    for DecodedFile { changes, rejects, .. } in decoded {
        let place_of = |file: &SourceFile| places.get(&version_of(contract, &file.path)?).copied();
        let of_file: Vec<Option<usize>> = changes.files.iter().map(place_of).collect();
        let place = |file: u32| of_file.get(file as usize).copied().flatten();
        for reject in rejects.iter().filter(|reject| !reject.whole_file) {
            if let Some(place) = place(reject.at.file) {
                snapshots[place].deletes = false;
            }
        }
        let records = changes.len();
        let parts = changes.split(snapshots.len(), |at| place(at.file))?;
        left_out += records - parts.iter().map(ChangeBatch::len).sum::<usize>();
        for (snapshot, part) in snapshots.iter_mut().zip(parts) {
            if !part.is_empty() {
                snapshot.rows.push(part);
            }
        }
    }
    Ok((snapshots, left_out as u64))
}
