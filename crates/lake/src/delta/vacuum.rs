//! Removes files that no readable version needs.

use crate::LakeError;
use crate::delta::file_commit::{FileCommit, file_commits};
use crate::delta::log::{READS_AT_ONCE, read_entry};
use crate::delta::maintenance::Maintenance;
use crate::delta::snapshot::{DataFile, Snapshot};
use crate::ledger::sandboxes;
use futures::{StreamExt, TryStreamExt};
use object_store::{Error, ObjectMeta, ObjectStore};
use std::collections::BTreeSet;

/// How old an unused file has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VacuumOptions {
    /// Versions that were the latest at some time within this span before now stay readable,
    /// milliseconds. The table's own `delta.deletedFileRetentionDuration` is honoured if it is longer.
    pub retention_ms: u64,
    /// Files written within this span before now stay even if no version names them, because a commit
    /// under way may be about to, milliseconds.
    pub in_flight_ms: u64,
    /// From when on a writer is at work that has not committed yet, milliseconds since the Unix epoch; what it wrote
    /// since stays, whatever the clock says by now ([`crate::Leases::writing_since_ms`]). `None` if nobody writes.
    pub writing_since_ms: Option<i64>,
    /// The time, milliseconds since the Unix epoch.
    pub now_ms: i64,
    /// Only report what would be removed.
    pub dry_run: bool,
}

/// What a vacuum removed, or would remove.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vacuumed {
    /// Data files, by path in the table.
    pub data_files: Vec<String>,
    /// Files of deletion vectors, by path in the table.
    pub vector_files: Vec<String>,
    /// Bytes of both.
    pub bytes: u64,
    /// The oldest version that stays readable.
    pub oldest_version: u64,
}

/// Added to the retention: clocks of writers may differ by as much, milliseconds.
const CLOCK_MARGIN_MS: i64 = 5 * 60 * 1_000;

impl Maintenance {
    /// Removes the files that no version within the retention needs. What a version needs is judged by
    /// the log alone: the files and deletion vectors of the last version before the retention begins,
    /// all that a later commit added, and what open sandboxes begin with.
    ///
    /// # Errors
    /// [`LakeError::NoTable`], [`LakeError::OpenTable`], [`LakeError::List`], [`LakeError::Delete`].
    pub async fn vacuum(&self, options: VacuumOptions) -> Result<Vacuumed, LakeError> {
        let latest =
            self.store.snapshot(None).await?.ok_or_else(|| LakeError::NoTable { path: self.files.folder.clone() })?;
        let retention = options.retention_ms.max(latest.configured_retention_ms());
        let span = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
        let cutoff = options.now_ms.saturating_sub(span(retention)).saturating_sub(CLOCK_MARGIN_MS);
        let kept = sandboxes::kept(&self.files.tables.objects, &self.files.folder, options.now_ms).await?;
        let cutoff = kept.since_ms.map_or(cutoff, |since| cutoff.min(since.saturating_sub(CLOCK_MARGIN_MS)));
        let base = self.last_version_before(&latest, cutoff).await?;
        let Some(base) = base else { return Ok(Vacuumed::default()) };
        let mut needed = BTreeSet::new();
        keep(&mut needed, &base.files);
        keep(&mut needed, &latest.files);
        for version in kept.versions {
            match self.store.snapshot(Some(version)).await {
                Ok(Some(pinned)) => keep(&mut needed, &pinned.files),
                // What a sandbox needs is not known, so everything may be.
                Ok(None) | Err(LakeError::NoVersion { .. }) => {
                    return Ok(Vacuumed { oldest_version: base.version, ..Vacuumed::default() });
                }
                Err(error) => return Err(error),
            }
        }
        let Some(later) = file_commits(&self.files, base.version, latest.version).await? else {
            // A commit that cannot be read may need any file.
            return Ok(Vacuumed { oldest_version: base.version, ..Vacuumed::default() });
        };
        later.iter().map(FileCommit::added).for_each(|added| keep(&mut needed, added));
        let settled = options.now_ms.saturating_sub(span(options.in_flight_ms));
        let settled = options.writing_since_ms.map_or(settled, |since| settled.min(since.saturating_sub(1)));
        let mut vacuumed = Vacuumed { oldest_version: base.version, ..Vacuumed::default() };
        for (path, file) in self.table_files().await? {
            if needed.contains(&path) || file.last_modified.timestamp_millis() > settled {
                continue;
            }
            vacuumed.bytes = vacuumed.bytes.saturating_add(file.size);
            if !options.dry_run {
                let shown = self.files.shown(&path);
                self.files.tables.objects.delete(&shown).await?;
                self.files.tables.cache.paths.forget(&shown).await;
            }
            let is_vector = path.ends_with(".bin");
            (if is_vector { &mut vacuumed.vector_files } else { &mut vacuumed.data_files }).push(path);
        }
        Ok(vacuumed)
    }

    /// The last version before the first commit of `cutoff` or later; the oldest readable one if there
    /// is none, for example because the log was cleaned. `None` if no version can be read.
    pub(crate) async fn last_version_before(
        &self,
        latest: &Snapshot,
        cutoff: i64,
    ) -> Result<Option<Snapshot>, LakeError> {
        let log_store = self.files.log_store()?;
        let store = log_store.object_store(None);
        let read = (0..=latest.version).rev().map(|version| read_entry(store.as_ref(), version));
        let mut entries = futures::stream::iter(read).buffered(READS_AT_ONCE);
        // Every version from here on is within the retention.
        let mut oldest = latest.version;
        while let Some(entry) = entries.try_next().await.map_err(|source| self.files.cannot_open(source))? {
            // The log begins after it.
            let Some(entry) = entry else { break };
            oldest = entry.history.version;
            // A commit without a time may be of any time.
            if entry.history.timestamp_ms > 0 && entry.history.timestamp_ms < cutoff {
                break;
            }
        }
        // Below the first entry there has to be a checkpoint; else that version cannot be read.
        for version in oldest..=latest.version {
            match self.store.snapshot(Some(version)).await {
                Ok(found) => return Ok(found),
                Err(LakeError::NoVersion { .. } | LakeError::OpenTable { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Data files and files of deletion vectors in the table's folder, whoever wrote them. Names with a
    /// leading `_` or `.` belong to others.
    pub(crate) async fn table_files(&self) -> Result<Vec<(String, ObjectMeta)>, LakeError> {
        let root = self.files.tables.objects.root();
        let folder = root.join(&self.files.folder)?;
        let listed: Result<Vec<ObjectMeta>, Error> = root.store.list(Some(&folder)).try_collect().await;
        let failed = |source| LakeError::List { source: Box::new(source), path: self.files.folder.clone() };
        let mut files = Vec::new();
        for file in listed.map_err(failed)? {
            let Some(parts) = file.location.prefix_match(&folder) else { continue };
            let parts: Vec<String> = parts.map(|part| part.as_ref().to_owned()).collect();
            let own = !parts.iter().any(|part| part.starts_with(['_', '.']));
            let name = parts.last().map(String::as_str).unwrap_or_default();
            let vector = name.starts_with("deletion_vector_") && name.ends_with(".bin");
            if own && (vector || name.ends_with(".parquet")) {
                files.push((parts.join("/"), file.clone()));
            }
        }
        files.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(files)
    }
}

fn keep(needed: &mut BTreeSet<String>, files: &[DataFile]) {
    for file in files {
        needed.insert(file.path.clone());
        needed.extend(file.vector_file());
    }
}
