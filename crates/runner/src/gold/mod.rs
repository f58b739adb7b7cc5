//! Gold: SQL models over silver, written as Delta tables.
//!
//! A model that cannot be refreshed costs itself and the models that read it, by name; its table stays as it was.

pub(crate) mod declared_key;
pub(crate) mod failures;
mod order;

use crate::contract_set::{ContractSet, Model};
use crate::previewed::Previews;
use crate::previewed::inputs::{gold_inputs, model_hash};
use crate::support::arrow_ipc::read_ipc;
use crate::support::blocking::blocking;
use crate::support::local_tables::table_files;
use crate::support::personal::Personal;
use crate::support::table_content::rows_of;
use crate::{Job, RunError};
use arrow::array::RecordBatch;
use failures::{failing, keep_outcome};
use order::{Step, in_order};
use sluice_api::{GoldCounter, GoldFailure, Layer, ReachedTable, TableRef};
use sluice_contract::TableName;
use sluice_engine::fingerprint;
use sluice_lake::{AppId, CommitInfo, CommitOutcome, Lake, Operation, Snapshot, TableLocation, TransactionId};
use sluice_query::{PersonalColumns, QueryEngine};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::time::Duration;

/// How often a model is refreshed once more because another replay was faster.
const CONFLICTS_MAX: u32 = 10;
/// How often a cancelled model is interrupted again, for the case that its query had not begun.
const CANCEL_EVERY: Duration = Duration::from_millis(50);

/// What a refresh of all models did.
#[derive(Debug, Default)]
pub(crate) struct GoldRefresh {
    /// Models that were refreshed.
    pub(crate) done: Vec<GoldCounter>,
    /// Models that were not, each with the reason; their tables stay as they are.
    pub(crate) failed: Vec<GoldFailure>,
}

/// Runs every model whose text or inputs changed, models that others read first. A model that fails costs itself and
/// those that read it; `left_out` names models that are not tried now, with those that read them.
///
/// # Errors
/// [`RunError::Cancelled`] alone.
pub(crate) async fn refresh_gold(
    lake: &Lake,
    engine: &QueryEngine,
    set: &ContractSet,
    left_out: &BTreeSet<TableName>,
    previews: Option<&Previews>,
    job: &Job,
) -> Result<GoldRefresh, RunError> {
    let making = Making { lake, engine, set, previews, job };
    let mut refresh = GoldRefresh::default();
    let mut failed: BTreeSet<TableName> = BTreeSet::new();
    let mut left_out = left_out.clone();
    // What cannot be listed is written again.
    let failing = if set.models.is_empty() { BTreeSet::new() } else { failing(lake).await.unwrap_or_default() };
    for step in in_order(&set.models, |model| gold_read_by(engine, model)) {
        job.check()?;
        let name = &step.model.name;
        if left_out.contains(name) || step.reads.iter().any(|read| left_out.contains(read)) {
            left_out.insert(name.clone());
            continue;
        }
        let refreshed = match refused(&step, &failed) {
            Some(error) => Err(error),
            None => refresh_until_done(&making, step.model).await,
        };
        // The query was interrupted by the cancel, or ended by itself at that moment.
        job.check()?;
        let error = refreshed.as_ref().err().map(RunError::to_api);
        if let Err(unkept) = keep_outcome(lake, name, error.as_ref(), &failing).await {
            job.log(format!("gold.{name}: how it ended could not be kept: {}", unkept.to_api()));
        }
        match (refreshed, error) {
            (Ok(done), _) => refresh.done.extend(done),
            (Err(_), error) => {
                failed.insert(name.clone());
                let failure = error.map(|error| GoldFailure { model: name.clone(), error });
                job.log(failure.as_ref().map(ToString::to_string).unwrap_or_default());
                refresh.failed.extend(failure);
            }
        }
    }
    Ok(refresh)
}

/// Runs one model though neither its text nor its inputs changed: what it made is damaged.
///
/// # Errors
/// [`RunError::NotFound`] if there is no such model; errors of the model and the store.
pub(crate) async fn refresh_again(
    lake: &Lake,
    engine: &QueryEngine,
    set: &ContractSet,
    name: &TableName,
    job: &Job,
) -> Result<(), RunError> {
    let Some(model) = set.models.iter().find(|model| model.name == *name) else {
        let message = format!("There is no model that makes gold.{name}");
        return Err(RunError::not_found(message, "Restore its files from a copy of the lake"));
    };
    let making = Making { lake, engine, set, previews: None, job };
    refresh_model(&making, model, true).await.map(|_| ())
}

/// Gold tables that a model reads.
fn gold_read_by(engine: &QueryEngine, model: &Model) -> Vec<TableName> {
    let reads = engine.tables_in(&model.sql).into_iter();
    reads.filter(|table| table.layer == Layer::Gold).map(|table| table.name).collect()
}

/// Why a model is not run at all.
fn refused(step: &Step<'_>, failed: &BTreeSet<TableName>) -> Option<RunError> {
    let listed = |names: &mut dyn Iterator<Item = &TableName>| {
        names.map(|name| format!("gold.{name}")).collect::<Vec<_>>().join(", ")
    };
    if !step.circle.is_empty() {
        let message = match step.circle.len() {
            1 => "the model reads itself".to_owned(),
            _ => format!("the models {} read each other in a circle", listed(&mut step.circle.iter())),
        };
        return Some(RunError::input(message, "Break the circle, a model may only read models that do not read it"));
    }
    let read: Vec<&TableName> = step.reads.iter().filter(|read| failed.contains(*read)).collect();
    if read.is_empty() {
        return None;
    }
    let message = format!("it reads {}, which could not be refreshed", listed(&mut read.into_iter()));
    Some(RunError::input(message, "Fix that model; this one is refreshed with it"))
}

/// What models are run with.
struct Making<'a> {
    lake: &'a Lake,
    engine: &'a QueryEngine,
    set: &'a ContractSet,
    /// What the tables were where the release was tried.
    previews: Option<&'a Previews>,
    job: &'a Job,
}

async fn refresh_until_done(making: &Making<'_>, model: &Model) -> Result<Option<GoldCounter>, RunError> {
    let mut refreshed = refresh_model(making, model, false).await;
    for _ in 0..CONFLICTS_MAX {
        // Another replay made the same model: look whether there is anything left to do.
        let other_was_faster = matches!(
            refreshed,
            Err(RunError::Conflict(_) | RunError::Lake(sluice_lake::LakeError::BatchIdReused { .. }))
        );
        if !other_was_faster {
            break;
        }
        refreshed = refresh_model(making, model, false).await;
    }
    refreshed
}

/// Runs a model if its text or inputs changed, or if it is to run `again` in any case.
async fn refresh_model(making: &Making<'_>, model: &Model, again: bool) -> Result<Option<GoldCounter>, RunError> {
    let Making { lake, engine, set, previews, job } = *making;
    let mut read: BTreeMap<TableRef, u64> = BTreeMap::new();
    let mut tables = Vec::new();
    for table in engine.tables_in(&model.sql) {
        let Some((version, files)) = table_files(lake, &table).await? else {
            if !set.makes(&table) {
                return Err(no_such_table(&table));
            }
            job.log(format!("gold.{} waits for {table}, which does not exist yet", model.name));
            return Ok(None);
        };
        read.insert(table, version);
        tables.push(files);
    }
    let versions: BTreeMap<String, u64> = read.iter().map(|(table, version)| (table.to_string(), *version)).collect();
    let store = lake.table(TableLocation::Gold(model.name.clone()));
    let inputs = model_hash(&model.sql, &versions);
    let personal = Personal { sets: std::slice::from_ref(set), engine }.in_sql(&model.sql, &PersonalColumns::default());
    let existing = store.snapshot(None).await?;
    if let Some(existing) = existing.as_ref().filter(|_| !again) {
        let history = store.history_until(existing.version, 1).await?;
        if history.first().and_then(|entry| entry.info.inputs.as_ref()) == Some(&inputs) {
            if let Some(previews) = previews.filter(|of| of.wants_gold(&model.name, Some(existing.version))) {
                let rows = rows_of(&store, existing, &existing.files).await?;
                let made_of = (gold_inputs(lake, set, &model.sql, &read), &read);
                let of = |name: &str| personal.contains(name);
                // It is visible already.
                if let Some(found) = Box::pin(previews.compare_gold(lake, &model.name, made_of, &rows, of)).await? {
                    let version = Some(existing.version);
                    previews.keep(lake, ReachedTable { version, ..found }, job).await;
                }
            }
            return Ok(None);
        }
    }
    let (worker, sql, id) = (engine.clone(), model.sql.clone(), job.id());
    let work = blocking(move || {
        worker.set_tables(&tables)?;
        read_ipc(&worker.model(id, &sql)?)
    });
    let batches = cancel_with(job, || engine.cancel(job.id()), work).await?;
    let reached = match previews {
        Some(previews) => {
            let made_of = (gold_inputs(lake, set, &model.sql, &read), &read);
            let of = |name: &str| personal.contains(name);
            let found = Box::pin(previews.compare_gold(lake, &model.name, made_of, &batches, of)).await?;
            let visible = existing.as_ref().map(|existing| existing.version);
            previews.ensure_as_previewed(lake, found, visible, job).await?
        }
        None => None,
    };
    let written = write_model(lake, model, existing, batches, versions, inputs, &personal).await?;
    if let (Some(previews), Some(reached)) = (previews, reached) {
        previews.keep(lake, ReachedTable { version: Some(written.version), ..reached }, job).await;
    }
    Ok(Some(written))
}

/// A model that names a table which nothing makes would wait for ever.
fn no_such_table(table: &TableRef) -> RunError {
    let next = match table.layer {
        Layer::Gold => format!("Correct the name, or add models/{}/{}.sql", table.name.dataset, table.name.table),
        Layer::Bronze | Layer::Silver => format!("Correct the name, or onboard {}", table.name),
    };
    let what = if table.layer == Layer::Gold { "model" } else { "valid contract" };
    RunError::input(format!("it reads {table}, which does not exist and has no {what}"), next)
}

/// Waits for `work`; when the job is cancelled, `cancel` is called until the work has ended.
async fn cancel_with<T>(
    job: &Job,
    cancel: impl Fn() -> bool,
    work: impl Future<Output = Result<T, RunError>>,
) -> Result<T, RunError> {
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => return done,
        () = job.cancelled() => {}
    }
    loop {
        cancel();
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(CANCEL_EVERY) => {}
        }
    }
}

async fn write_model(
    lake: &Lake,
    model: &Model,
    existing: Option<Snapshot>,
    batches: Vec<RecordBatch>,
    versions: BTreeMap<String, u64>,
    inputs: String,
    personal: &PersonalColumns,
) -> Result<GoldCounter, RunError> {
    let store = lake.table(TableLocation::Gold(model.name.clone()));
    let schema =
        batches.first().map(RecordBatch::schema).ok_or_else(|| RunError::Internal("a model without schema".into()))?;
    let base = match existing {
        Some(snapshot) => snapshot,
        None => store.writer().create(&schema, &[]).await?,
    };
    let rows: u64 = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    let add = if rows == 0 {
        Vec::new()
    } else {
        let file = store.writer().write_file(&batches).await?;
        vec![file.without_bounds(|column| personal.contains(column))]
    };
    let remove = base.files.to_vec();
    let app = AppId::gold(&model.name);
    let number = base.next_number(&app)?;
    let hash = blocking(move || Ok(fingerprint(&batches)?)).await?;
    let info = CommitInfo {
        inputs: Some(inputs.clone()),
        from: Some(versions),
        fingerprint: Some(hash),
        rows: Some(rows),
        ..CommitInfo::default()
    };
    let changes_schema = base.schema != schema;
    let id = TransactionId { app, number, content_hash: inputs };
    let commit = store
        .transaction(&base, id, Operation::Write)
        .add(add)
        .remove(remove)
        .schema(changes_schema.then_some(schema))
        .info(info);
    let version = match commit.commit().await? {
        CommitOutcome::Committed(version) | CommitOutcome::AlreadyApplied(version) => version,
        CommitOutcome::Conflict(_) => return Err(RunError::Conflict(format!("gold.{}", model.name))),
    };
    Ok(GoldCounter { model: model.name.to_string(), rows, version })
}
