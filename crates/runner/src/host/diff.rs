//! What changed between two versions, and what happened to one row.

use super::{Host, OpenLake};
use crate::contract_set::ContractSet;
use crate::gold::declared_key::declared_key;
use crate::host::changed_rows::{FirstRows, LocalSteps, VersionOf, Versions, local_steps};
use crate::support::blocking::blocking;
use crate::support::column_types::column_types;
use crate::support::elapsed::elapsed_ms;
use crate::{Job, RunError};
use sluice_api::{Answer, DiffCounts, DiffKinds, DiffView, JobId, JobKind, Layer, TableRef, ask};
use sluice_lake::{Lake, Snapshot};
use sluice_query::{DiffInput, DiffKey};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Ids from here on are comparisons that nobody watches.
const FIRST_UNWATCHED: u64 = 1 << 48;
/// How many times as many keys are looked at where most of the first rows turn out equal.
const MORE_KEYS: usize = 8;
/// How often that is done.
const ROUNDS_MAX: usize = 3;

/// What is no difference between two rows of a key.
#[derive(Default)]
pub(super) struct NotCounted {
    /// Columns.
    pub(super) ignore: Vec<String>,
    /// Columns of numbers, and by how much theirs may differ.
    pub(super) tolerance: Vec<(String, f64)>,
    /// Every row of which this condition does not hold.
    pub(super) but_where: Option<String>,
}

impl Answer<ask::Diff> for Host {
    async fn answer(&self, request: ask::Diff) -> Result<DiffView, RunError> {
        let ask::Diff { table, from, to, job } = request;
        let open = self.opened().await?;
        let title = format!("Diff {table} v{from} to v{to}");
        match job {
            Some(id) => {
                let work = async |job: &Job| open.diff(&table, from, to, job).await;
                self.as_job(id, JobKind::Diff, title, |_| None, work).await
            }
            None => open.diff(&table, from, to, &Job::new(unwatched(), title)).await,
        }
    }
}

impl Answer<ask::DiffFirst> for Host {
    async fn answer(&self, request: ask::DiffFirst) -> Result<DiffView, RunError> {
        let ask::DiffFirst { table, from, to, rows } = request;
        self.opened().await?.diff_first(&table, from, to, rows as usize).await
    }
}

impl Answer<ask::DiffCounts> for Host {
    async fn answer(&self, request: ask::DiffCounts) -> Result<DiffCounts, RunError> {
        let ask::DiffCounts { table, from, to } = request;
        self.opened().await?.diff_counts(&table, from, to).await
    }
}

fn unwatched() -> JobId {
    static NEXT: AtomicU64 = AtomicU64::new(FIRST_UNWATCHED);
    JobId(NEXT.fetch_add(1, Ordering::Relaxed))
}

impl OpenLake {
    /// How much changed between two versions, by the log alone.
    pub(crate) async fn diff_counts(&self, table: &TableRef, from: u64, to: u64) -> Result<DiffCounts, RunError> {
        let started = Instant::now();
        let (store, before) = self.snapshot(table, Some(from)).await?;
        let (_, after) = self.snapshot(table, Some(to)).await?;
        let counts = store.change_counts(&before, &after).await?;
        let kinds = counts.info.and_then(|info| info.ledger).map(|ledger| DiffKinds {
            inserted: ledger.inserted,
            updated: ledger.updated,
            deleted: ledger.deleted,
        });
        Ok(DiffCounts {
            table: table.clone(),
            from,
            to,
            rows_before: before.rows(),
            rows_after: after.rows(),
            added: counts.added,
            removed: counts.removed,
            commits: counts.commits,
            rearranging: counts.rearranging,
            kinds,
            elapsed_ms: elapsed_ms(started),
        })
    }

    /// Compares two versions of a table by its key. Only rows that the log says came or went are read.
    pub(crate) async fn diff(&self, table: &TableRef, from: u64, to: u64, job: &Job) -> Result<DiffView, RunError> {
        let started = Instant::now();
        let versions = self.versions(table, from, to).await?;
        let changes = versions.after.store.changes(&versions.before.snapshot, &versions.after.snapshot).await?;
        let what = table.to_string();
        job.progress(&what, |progress| "reading".clone_into(&mut progress.note));
        let local = local_steps(&versions, &changes, job, &what).await?;
        job.progress(&what, |progress| "comparing".clone_into(&mut progress.note));
        let view = self.compare(table, &versions, local, job.id()).await?;
        job.progress(&what, |progress| "done".clone_into(&mut progress.note));
        Ok(DiffView { elapsed_ms: elapsed_ms(started), ..view })
    }

    /// The first changed rows between two versions.
    pub(crate) async fn diff_first(
        &self,
        table: &TableRef,
        from: u64,
        to: u64,
        rows: usize,
    ) -> Result<DiffView, RunError> {
        if table.layer == Layer::Gold {
            // A model writes its table as a whole, and its key holds only if all rows say so.
            return self.diff(table, from, to, &Job::new(unwatched(), format!("Diff {table} v{from} to v{to}"))).await;
        }
        let started = Instant::now();
        let versions = self.versions(table, from, to).await?;
        let changes = versions.after.store.changes(&versions.before.snapshot, &versions.after.snapshot).await?;
        let order = self.order_of(table, &versions).await?;
        let mut first = FirstRows::of(versions.clone(), changes, order).await?;
        let mut keys = rows.max(1);
        for round in 1.. {
            let (local, all) = first.take(keys).await?;
            let view = self.compare(table, &versions, local, unwatched()).await?;
            if all {
                return Ok(DiffView { elapsed_ms: elapsed_ms(started), ..view });
            }
            if view.result.rows * 2 >= rows as u64 || round == ROUNDS_MAX {
                let of = Some(Box::new(self.diff_counts(table, from, to).await?));
                return Ok(DiffView { of, unchanged: 0, elapsed_ms: elapsed_ms(started), ..view });
            }
            // Most rows were written again as they were.
            self.engine.drop_result(view.result.id);
            keys = keys.saturating_mul(MORE_KEYS);
        }
        Err(RunError::Internal("a comparison never ended".to_owned()))
    }

    async fn versions(&self, table: &TableRef, from: u64, to: u64) -> Result<Versions, RunError> {
        let (store, before) = self.snapshot(table, Some(from)).await?;
        let (_, after) = self.snapshot(table, Some(to)).await?;
        let key = key_in(&self.lake, table, &after).await?;
        let of = |snapshot| VersionOf { store: store.clone(), snapshot, is_readable_by_sql: true };
        Ok(Versions { before: of(before), after: of(after), scratch: store.clone(), key })
    }

    /// Compares rows that were found to have changed. Columns with personal data are not marked in the result.
    pub(super) async fn compare_but(
        &self,
        table: &TableRef,
        versions: &Versions,
        local: LocalSteps,
        not_counted: NotCounted,
        job: JobId,
    ) -> Result<DiffView, RunError> {
        let (engine, of, versions) = (self.engine.clone(), table.clone(), versions.clone());
        blocking(move || {
            let ignore: Vec<&str> = not_counted.ignore.iter().map(String::as_str).collect();
            Ok(engine.diff(&DiffInput {
                table: &of,
                from: versions.before.snapshot.version,
                to: versions.after.snapshot.version,
                key: &versions.key,
                steps: &local.steps,
                rows_before: versions.before.snapshot.rows(),
                before: &column_types(&versions.before.snapshot),
                after: &column_types(&versions.after.snapshot),
                ignore: &ignore,
                tolerance: &not_counted.tolerance,
                filter: not_counted.but_where.as_deref(),
                job,
            })?)
        })
        .await
    }

    /// Compares rows that were found to have changed.
    async fn compare(
        &self,
        table: &TableRef,
        versions: &Versions,
        local: LocalSteps,
        job: JobId,
    ) -> Result<DiffView, RunError> {
        let view = self.compare_but(table, versions, local, NotCounted::default(), job).await?;
        let mut personal = self.personal_of(table).await?;
        for side in [&versions.before, &versions.after] {
            personal.extend(self.forgotten_columns(table, &side.store, &side.snapshot).await?);
        }
        let result = self.marked(view.result, personal);
        Ok(DiffView { result, ..view })
    }

    /// Columns in whose order rows stand in the files: the contract's key, which a key of rows begins with.
    async fn order_of(&self, table: &TableRef, versions: &Versions) -> Result<Vec<String>, RunError> {
        match table.layer {
            Layer::Silver => Ok(ContractSet::draft(&self.lake).await?.contract(&table.name)?.apply.key.clone()),
            Layer::Bronze | Layer::Gold => Ok(versions.key.columns().to_vec()),
        }
    }
}

/// What tells the rows of a table of a lake apart, by its draft.
pub(super) async fn key_in(lake: &Lake, table: &TableRef, snapshot: &Snapshot) -> Result<DiffKey, RunError> {
    Ok(match table.layer {
        Layer::Silver => {
            let mut key = ContractSet::draft(lake).await?.contract(&table.name)?.row_key();
            key.retain(|name| snapshot.schema.field_with_name(name).is_ok());
            DiffKey::Contract(key)
        }
        Layer::Bronze => DiffKey::Contract(vec!["_batch".to_owned(), "_file".to_owned(), "_row".to_owned()]),
        Layer::Gold => {
            let set = ContractSet::draft(lake).await?;
            let model = set.models.iter().find(|model| model.name == table.name);
            DiffKey::Model(model.and_then(|model| declared_key(&model.sql)))
        }
    })
}
