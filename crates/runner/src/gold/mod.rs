//! Gold: SQL models over silver, written as Delta tables.

use crate::contract_set::Model;
use crate::support::arrow_ipc::read_ipc;
use crate::support::blocking::blocking;
use crate::support::local_tables::table_files;
use crate::{Job, RunError};
use arrow::array::RecordBatch;
use sluice_api::{GoldCounter, Layer};
use sluice_contract::TableName;
use sluice_engine::fingerprint;
use sluice_lake::{AppId, CommitInfo, CommitOutcome, Lake, Operation, Snapshot, TableLocation, TransactionId};
use sluice_query::QueryEngine;
use std::collections::BTreeMap;

/// How often a model is refreshed once more because another replay was faster.
const CONFLICTS_MAX: u32 = 10;

/// Runs every model whose text or inputs changed, models that others read first.
pub(crate) async fn refresh_gold(
    lake: &Lake,
    engine: &QueryEngine,
    models: &[Model],
    job: &Job,
) -> Result<Vec<GoldCounter>, RunError> {
    let mut done = Vec::new();
    for model in in_order(engine, models)? {
        job.check()?;
        let mut refreshed = refresh_model(lake, engine, model, false, job).await;
        for _ in 0..CONFLICTS_MAX {
            // Another replay made the same model: look whether there is anything left to do.
            let other_was_faster = matches!(
                refreshed,
                Err(RunError::Conflict(_) | RunError::Lake(sluice_lake::LakeError::BatchIdReused { .. }))
            );
            if !other_was_faster {
                break;
            }
            refreshed = refresh_model(lake, engine, model, false, job).await;
        }
        done.extend(refreshed?);
    }
    Ok(done)
}

/// Runs one model though neither its text nor its inputs changed: what it made is damaged.
///
/// # Errors
/// [`RunError::NotFound`] if there is no such model; errors of the model and the store.
pub(crate) async fn refresh_again(
    lake: &Lake,
    engine: &QueryEngine,
    models: &[Model],
    name: &TableName,
    job: &Job,
) -> Result<(), RunError> {
    let Some(model) = models.iter().find(|model| model.name == *name) else {
        let message = format!("There is no model that makes gold.{name}");
        return Err(RunError::not_found(message, "Restore its files from a copy of the lake"));
    };
    refresh_model(lake, engine, model, true, job).await.map(|_| ())
}

/// Models sorted so that a model comes after the gold tables it reads.
fn in_order<'a>(engine: &QueryEngine, models: &'a [Model]) -> Result<Vec<&'a Model>, RunError> {
    let mut waiting: Vec<(&Model, Vec<TableName>)> = models
        .iter()
        .map(|model| {
            let reads = engine.tables_in(&model.sql).into_iter();
            let gold = reads.filter(|table| table.layer == Layer::Gold).map(|table| table.name);
            (model, gold.filter(|name| models.iter().any(|other| other.name == *name)).collect())
        })
        .collect();
    let mut ordered: Vec<&Model> = Vec::new();
    while !waiting.is_empty() {
        let before = waiting.len();
        waiting.retain(|(model, reads)| {
            let ready = reads.iter().all(|name| ordered.iter().any(|done| done.name == *name));
            if ready {
                ordered.push(model);
            }
            !ready
        });
        if waiting.len() == before {
            let names: Vec<String> = waiting.iter().map(|(model, _)| model.name.to_string()).collect();
            let message = format!("The gold models {} read each other in a circle", names.join(", "));
            return Err(RunError::input(message, "Break the circle, a model may only read models that do not read it"));
        }
    }
    Ok(ordered)
}

/// Runs a model if its text or inputs changed, or if it is to run `again` in any case.
async fn refresh_model(
    lake: &Lake,
    engine: &QueryEngine,
    model: &Model,
    again: bool,
    job: &Job,
) -> Result<Option<GoldCounter>, RunError> {
    let mut versions: BTreeMap<String, u64> = BTreeMap::new();
    let mut tables = Vec::new();
    for table in engine.tables_in(&model.sql) {
        let Some((version, files)) = table_files(lake, &table).await? else {
            job.log(format!("gold.{} waits for {table}, which does not exist yet", model.name));
            return Ok(None);
        };
        versions.insert(table.to_string(), version);
        tables.push(files);
    }
    let store = lake.table(TableLocation::Gold(model.name.clone()));
    let inputs = blake3::hash(format!("{}\0{versions:?}", model.sql).as_bytes()).to_hex()[..32].to_owned();
    let existing = store.snapshot(None).await?;
    if let Some(existing) = existing.as_ref().filter(|_| !again) {
        let history = store.history_until(existing.version, 1).await?;
        if history.first().and_then(|entry| entry.info.inputs.as_ref()) == Some(&inputs) {
            return Ok(None);
        }
    }
    let (worker, sql) = (engine.clone(), model.sql.clone());
    let batches = blocking(move || {
        worker.set_tables(&tables)?;
        read_ipc(&worker.model(&sql)?)
    })
    .await?;
    write_model(lake, model, existing, batches, versions, inputs).await.map(Some)
}

async fn write_model(
    lake: &Lake,
    model: &Model,
    existing: Option<Snapshot>,
    batches: Vec<RecordBatch>,
    versions: BTreeMap<String, u64>,
    inputs: String,
) -> Result<GoldCounter, RunError> {
    let store = lake.table(TableLocation::Gold(model.name.clone()));
    let schema =
        batches.first().map(RecordBatch::schema).ok_or_else(|| RunError::Internal("a model without schema".into()))?;
    let base = match existing {
        Some(snapshot) => snapshot,
        None => store.writer().create(&schema, &[]).await?,
    };
    let rows: u64 = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    let add = if rows == 0 { Vec::new() } else { vec![store.writer().write_file(&batches).await?] };
    let remove = base.files.to_vec();
    let app = AppId::gold(&model.name);
    let number = base.next_number(&app)?;
    let hash = blocking(move || Ok(fingerprint(&batches, &[])?)).await?;
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
