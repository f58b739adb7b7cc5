//! Full snapshots of a source table become changes: what a snapshot has and the one before had not, and back.

use super::context::TableContext;
use super::hold_rules::HoldReason;
use super::snapshot_files::{Failed, FullSnapshots, failed_files, unreadable_files, version_of};
use super::snapshot_version::{check_same, check_taken, version_column};
use super::table_state::TableState;
use crate::RunError;
use crate::silver::Silver;
use crate::support::blocking::blocking;
use arrow::array::RecordBatch;
use sluice_cdc::DecodedFile;
use sluice_change::{ChangeBatch, RowLedger, SourceFile};
use sluice_contract::{Contract, DeleteMode, FromSnapshot, Scd, SnapshotVersion};
use sluice_engine::{FullSnapshot, SnapshotChanges, current_rows, snapshot_changes};
use sluice_lake::BatchManifest;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What decoded records change, and how their ledger differs from that of the changes.
pub(crate) struct Changes {
    pub(crate) batches: Vec<ChangeBatch>,
    /// The counts of the snapshots that they came of; `None` where deliveries are changes.
    snapshots: Option<SnapshotChanges>,
    /// Events that have no say in the table: of before it begins, or dropped.
    left_out: u64,
}

impl Changes {
    /// Deliveries that are changes.
    ///
    /// # Errors
    /// If the columns of a batch are of different lengths, which would be a bug.
    pub(super) fn as_delivered(records: Vec<DecodedFile>) -> Result<Self, RunError> {
        let mut changes = Self { batches: Vec::with_capacity(records.len()), snapshots: None, left_out: 0 };
        for file in records {
            let (batch, left_out) = file.changes.without_left_out()?;
            changes.batches.push(batch);
            changes.left_out += left_out;
        }
        Ok(changes)
    }

    /// The changes, and what turns the ledger of their plan into the ledger of the records.
    pub(crate) fn into_parts(self) -> (Vec<ChangeBatch>, RecordLedger) {
        (self.batches, RecordLedger { snapshots: self.snapshots, left_out: self.left_out })
    }
}

/// Turns the ledger of a plan into that of the records it was made of.
#[derive(Default)]
pub(crate) struct RecordLedger {
    snapshots: Option<SnapshotChanges>,
    left_out: u64,
}

impl RecordLedger {
    /// Of records that are snapshots: the counts of some keys more.
    pub(crate) fn add(&mut self, counts: &SnapshotChanges) {
        self.snapshots.get_or_insert_default().add_counts(counts);
    }

    /// Events that have no say in the table: of before it begins, or dropped.
    pub(crate) fn add_left_out(&mut self, left_out: u64) {
        self.left_out += left_out;
    }

    /// The ledger of the records.
    ///
    /// # Errors
    /// If it does not balance.
    pub(crate) fn of(&self, plan: RowLedger) -> Result<RowLedger, RunError> {
        let mut ledger = self.snapshots.as_ref().map_or(plan, |snapshots| snapshots.of_records(plan));
        ledger.rows_in += self.left_out;
        ledger.filtered += self.left_out;
        ledger.check().map_err(sluice_engine::EngineError::from)?;
        Ok(ledger)
    }
}

/// The full snapshots of batches that silver does not have yet.
pub(crate) struct NewSnapshots {
    /// All that could be read.
    snapshots: FullSnapshots,
    /// Snapshots that silver has.
    known: BTreeSet<u64>,
    /// They do not just follow the newest snapshot of silver, so silver has to be rebuilt from bronze.
    pub(crate) replace_silver: bool,
}

/// The snapshots of the batches after those in silver, up to `last`; `None` where deliveries are changes.
///
/// # Errors
/// [`RunError::Refused`] if none of them could be read as a whole; errors of the store.
pub(crate) async fn new_snapshots(
    context: &TableContext,
    table: &TableState,
    last: u64,
) -> Result<Option<NewSnapshots>, RunError> {
    let TableContext { contract, .. } = context;
    if contract.apply.from_snapshot.is_none() {
        return Ok(None);
    }
    check_taken(context, &table.included())?;
    let failed = failed_files(&table.bronze.store).await?;
    let new = since(contract, &table.included(), table.silver.batch(), last, &failed);
    for (version, path) in &new.snapshots.incomplete {
        let name = snapshot_name(contract, *version);
        context.log(format_args!("snapshot {name} is left out, {path} could not be read"));
    }
    match new.snapshots.incomplete.iter().next() {
        Some((version, path)) if new.snapshots.complete.is_empty() => {
            let name = snapshot_name(contract, *version);
            let reason = format!(
                "INCOMPLETE_SNAPSHOT: {path} of snapshot {name} could not be read, see the quarantine; deliver the file again, or the next snapshot"
            );
            Err(context.refused(&table.silver, last, HoldReason::quarantine(reason)))
        }
        _ => Ok(Some(new)),
    }
}

/// What decoded records of the batches after those in silver change. `is_released`: the rows that a snapshot lacks are gone,
/// a person said.
///
/// # Errors
/// [`RunError::Refused`] if a snapshot lacks more rows than the contract allows; errors of the store.
pub(crate) async fn changes_of(
    context: &TableContext,
    silver: &Silver,
    last: u64,
    records: Vec<DecodedFile>,
    new: Option<&NewSnapshots>,
    is_released: bool,
) -> Result<Changes, RunError> {
    let TableContext { contract, .. } = context;
    let (Some(rule), Some(new)) = (&contract.apply.from_snapshot, new) else {
        let changes = Changes::as_delivered(records)?;
        if changes.left_out > 0 {
            context.log(format_args!(
                "{} events are from before the table begins (source.from) or were dropped, counted as filtered; bronze has \
                 them",
                changes.left_out
            ));
        }
        return Ok(changes);
    };
    let all;
    let (onto, versions, applied) = if new.replace_silver {
        all = new.known.union(&new.snapshots.complete).copied().collect();
        (None, &all, None)
    } else {
        (Some(silver), &new.snapshots.complete, new.known.last().copied())
    };
    let changes = derive(contract, onto, versions, applied, records).await?;
    for snapshot in changes.snapshots.iter().flat_map(|changes| &changes.snapshots) {
        #[expect(clippy::cast_precision_loss, reason = "a share for a limit")]
        let share = if snapshot.before == 0 { 0.0 } else { snapshot.deleted as f64 / snapshot.before as f64 };
        if share > rule.max_deleted_share && !is_released && !new.known.contains(&snapshot.ordinal) {
            let (name, limit) = (snapshot_name(contract, snapshot.ordinal), rule.max_deleted_share * 100.0);
            let reason = format!(
                "SNAPSHOT_DELETES: snapshot {name} lacks {} of the {} rows before it ({:.1} %, the limit is {limit:.1} %); deliver it again if it is not whole, or raise apply.from_snapshot.max_deleted_share if the rows are gone",
                snapshot.deleted,
                snapshot.before,
                share * 100.0
            );
            return Err(context.refused(silver, last, HoldReason::contract(reason)));
        }
    }
    Ok(changes)
}

/// The snapshots of all batches up to one, which are compared from nothing, a range of keys by itself.
pub(crate) struct AllSnapshots {
    contract: Arc<Contract>,
    versions: BTreeSet<u64>,
    with_rejects: BTreeSet<u64>,
}

impl AllSnapshots {
    /// Those up to batch `last`; `None` where deliveries are changes. `with_rejects`: see [`versions_with_rejects`].
    ///
    /// # Errors
    /// Errors of the store.
    pub(crate) async fn up_to(
        context: &TableContext,
        table: &TableState,
        last: u64,
        with_rejects: BTreeSet<u64>,
    ) -> Result<Option<Self>, RunError> {
        let TableContext { contract, .. } = context;
        if contract.apply.from_snapshot.is_none() {
            return Ok(None);
        }
        check_taken(context, &table.included())?;
        let failed = failed_files(&table.bronze.store).await?;
        let versions = FullSnapshots::of(contract, &table.included(), 1, last, &failed).complete;
        Ok(Some(Self { contract: Arc::clone(contract), versions, with_rejects }))
    }

    /// What the records of some keys change.
    ///
    /// # Errors
    /// If they are of another table.
    pub(crate) fn changes(&self, records: Vec<ChangeBatch>) -> Result<(Vec<ChangeBatch>, SnapshotChanges), RunError> {
        let (snapshots, left_out) = by_version(&self.contract, &self.versions, records, &self.with_rejects)?;
        let mut changes = snapshot_changes(&self.contract, &[], None, &snapshots)?;
        changes.superseded += left_out;
        Ok((std::mem::take(&mut changes.changes), changes))
    }
}

/// Versions of the snapshots that have a record in quarantine among these.
pub(crate) fn versions_with_rejects(contract: &Contract, decoded: &DecodedFile) -> BTreeSet<u64> {
    let rejects = decoded.rejects.iter().filter(|reject| !reject.whole_file);
    let files: BTreeSet<u32> = rejects.map(|reject| reject.at.file).collect();
    let file = |at: u32| decoded.changes.files.get(at as usize);
    files.into_iter().filter_map(|at| version_of(contract, file(at)?)).collect()
}

/// What files that are in no batch yet would change.
///
/// # Errors
/// Errors of the store.
pub(crate) async fn changes_of_files(
    context: &TableContext,
    table: &TableState,
    files: &[SourceFile],
    records: Vec<DecodedFile>,
) -> Result<Changes, RunError> {
    let TableContext { contract, .. } = context;
    if contract.apply.from_snapshot.is_none() {
        return Changes::as_delivered(records);
    }
    let batch = table.last_claimed() + 1;
    let mut failed = failed_files(&table.bronze.store).await?;
    failed.extend(unreadable_files(&records).into_iter().map(|path| (batch, path)));
    let planned = BatchManifest {
        batch,
        files: of_versions(contract, files, &records),
        contract_hash: String::new(),
        contents: Vec::new(),
        backfill: None,
        source: None,
    };
    let manifests: Vec<Arc<BatchManifest>> = table.included().into_iter().chain([Arc::new(planned)]).collect();
    let new = since(contract, &manifests, batch - 1, batch, &failed);
    let applied = new.known.last().copied();
    derive(contract, Some(&table.silver), &new.snapshots.complete, applied, records).await
}

/// Files with the versions that their decoded rows say.
fn of_versions(contract: &Contract, files: &[SourceFile], records: &[DecodedFile]) -> Vec<SourceFile> {
    let decoded = || records.iter().flat_map(|file| &file.changes.files);
    let version = |path: &str| decoded().find(|file| file.path == path).and_then(|file| file.snapshot);
    let by_column = version_column(contract).is_some();
    let with = |file: &SourceFile| match by_column {
        true => SourceFile { snapshot: version(&file.path), ..file.clone() },
        false => file.clone(),
    };
    files.iter().map(with).collect()
}

/// Time of the newest snapshot of a batch, milliseconds since 1970, where versions are dates.
pub(crate) fn snapshot_time_ms(contract: &Contract, manifest: Option<&BatchManifest>) -> Option<i64> {
    let rule = contract.apply.from_snapshot.as_ref()?;
    let newest = manifest?.files.iter().filter_map(|file| version_of(contract, file)).max()?;
    (rule.version() == SnapshotVersion::Date).then(|| i64::try_from(newest / 1_000).ok())?
}

fn snapshot_name(contract: &Contract, version: u64) -> String {
    let rule: Option<&FromSnapshot> = contract.apply.from_snapshot.as_ref();
    rule.map_or_else(|| version.to_string(), |rule| rule.name_of(version))
}

/// The snapshots of the batches after `done`, up to `last`.
fn since(contract: &Contract, manifests: &[Arc<BatchManifest>], done: u64, last: u64, failed: &Failed) -> NewSnapshots {
    let snapshots = FullSnapshots::of(contract, manifests, done + 1, last, failed);
    let before = FullSnapshots::of(contract, manifests, 1, done, failed);
    let newest = before.complete.last().copied();
    // Of the latest row per key an older snapshot changes nothing; with history it changes what was then.
    let latest_only = contract.apply.scd == Scd::Type1 && contract.apply.delete_mode == DeleteMode::Hard;
    let replace_silver = snapshots.complete.iter().any(|version| {
        let is_older = Some(*version) < newest;
        let has_rows_in_silver = before.complete.contains(version) || before.incomplete.contains_key(version);
        if is_older && latest_only { false } else { is_older || has_rows_in_silver }
    });
    NewSnapshots { snapshots, known: before.complete, replace_silver }
}

/// The changes of the snapshots `versions`, one after the other, beginning with what `silver` holds.
async fn derive(
    contract: &Arc<Contract>,
    silver: Option<&Silver>,
    versions: &BTreeSet<u64>,
    applied: Option<u64>,
    records: Vec<DecodedFile>,
) -> Result<Changes, RunError> {
    let stored: Vec<RecordBatch> = match silver.and_then(|silver| Some((silver, silver.snapshot.as_ref()?))) {
        Some((silver, snapshot)) => silver.store.read_files(snapshot, &snapshot.files, None).await?,
        None => Vec::new(),
    };
    let (contract, versions) = (Arc::clone(contract), versions.clone());
    blocking(move || {
        let current = stored.iter().map(|rows| current_rows(&contract, rows)).collect::<Result<Vec<_>, _>>()?;
        let with_rejects = records.iter().flat_map(|file| versions_with_rejects(&contract, file)).collect();
        let records = records.into_iter().map(|file| file.changes).collect();
        let (snapshots, left_out) = by_version(&contract, &versions, records, &with_rejects)?;
        let mut changes = snapshot_changes(&contract, &current, applied, &snapshots)?;
        changes.superseded += left_out;
        Ok(Changes { batches: std::mem::take(&mut changes.changes), snapshots: Some(changes), left_out: 0 })
    })
    .await
}

/// The records of each snapshot; and how many records are of none of `versions`. A snapshot `with_rejects` lacks keys that
/// are not known.
fn by_version(
    contract: &Contract,
    versions: &BTreeSet<u64>,
    records: Vec<ChangeBatch>,
    with_rejects: &BTreeSet<u64>,
) -> Result<(Vec<FullSnapshot>, u64), RunError> {
    let places: BTreeMap<u64, usize> = versions.iter().enumerate().map(|(place, version)| (*version, place)).collect();
    let new = |version: &u64| {
        let delete_missing = !with_rejects.contains(version);
        FullSnapshot { ordinal: *version, rows: Vec::new(), delete_missing }
    };
    let mut snapshots: Vec<FullSnapshot> = versions.iter().map(new).collect();
    let mut left_out = 0;
    for changes in records {
        check_same(contract, &changes)?;
        let place_of = |file: &SourceFile| places.get(&version_of(contract, file)?).copied();
        let of_file: Vec<Option<usize>> = changes.files.iter().map(place_of).collect();
        let place = |file: u32| of_file.get(file as usize).copied().flatten();
        let events = changes.len();
        let parts = changes.split(snapshots.len(), |at| place(at.file))?;
        left_out += events - parts.iter().map(ChangeBatch::len).sum::<usize>();
        for (snapshot, part) in snapshots.iter_mut().zip(parts) {
            if !part.is_empty() {
                snapshot.rows.push(part);
            }
        }
    }
    Ok((snapshots, left_out as u64))
}
