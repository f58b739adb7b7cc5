//! What a sandbox made of a gold table becomes production, where both models read the same.

use super::sides::Sides;
use super::take_over::TakenOver;
use crate::contract_set::Model;
use crate::previewed::inputs::{gold_inputs, model_hash};
use crate::support::newest_entry::newest_entry_with;
use crate::support::places::location;
use crate::{ContractSet, RunError};
use sluice_api::TableRef;
use sluice_lake::{AppId, CommitInfo, CommitOutcome, Lake, Operation, TableLocation, TransactionId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Makes a gold table of the lake what its sandbox made of it, if the tables that its model reads are the same on both
/// sides by now.
///
/// # Errors
/// If a store fails, or another writer was faster.
pub(crate) async fn take_over_gold(sides: &Sides<'_>, set: &ContractSet, model: &Model) -> Result<TakenOver, RunError> {
    let (sandbox, base, name) = (sides.sandbox, sides.base, &model.name);
    let reads = sides.engine.tables_in(&model.sql);
    let (Some(here), Some(there)) = (versions(base, &reads).await?, versions(sandbox, &reads).await?) else {
        return Ok(TakenOver::because("a table that it reads does not exist yet"));
    };
    let by_name = |of: &BTreeMap<TableRef, u64>| -> BTreeMap<String, u64> {
        of.iter().map(|(table, version)| (table.to_string(), *version)).collect()
    };
    let store = base.table(TableLocation::Gold(name.clone()));
    let existing = store.snapshot(None).await?;
    let inputs = model_hash(&model.sql, &by_name(&here));
    if let Some(existing) = &existing {
        let newest = store.history_until(existing.version, 1).await?;
        if newest.first().and_then(|entry| entry.info.inputs.as_ref()) == Some(&inputs) {
            return Ok(TakenOver::NotNeeded);
        }
    }
    let tried = sandbox.table(TableLocation::Gold(name.clone()));
    let Some(after) = tried.snapshot(None).await? else {
        return Ok(TakenOver::because("the sandbox has not made it"));
    };
    let made = newest_entry_with(&tried, after.version, |info| info.fingerprint.is_some()).await?;
    let Some(made) = made.filter(|made| made.info.inputs.as_ref() == Some(&model_hash(&model.sql, &by_name(&there))))
    else {
        return Ok(TakenOver::because("the sandbox has not refreshed it"));
    };
    let (ours, theirs) =
        (gold_inputs(base, set, &model.sql, &here).await?, gold_inputs(sandbox, set, &model.sql, &there).await?);
    if ours.is_none() || ours != theirs {
        return Ok(TakenOver::because("the tables that it reads are not those of the sandbox"));
    }
    let files = sandbox.take_over(&tried, &after).await?;
    let before = match existing {
        Some(existing) => existing,
        None => store.writer().create(&after.schema, &[]).await?,
    };
    let app = AppId::gold(name);
    let number = before.next_number(&app)?;
    let info = CommitInfo {
        inputs: Some(inputs.clone()),
        from: Some(by_name(&here)),
        fingerprint: made.info.fingerprint,
        rows: Some(after.rows()),
        ..CommitInfo::default()
    };
    let schema = (before.schema != after.schema).then(|| Arc::clone(&after.schema));
    let id = TransactionId { app, number, content_hash: inputs };
    let commit = store.transaction(&before, id, Operation::Write).becomes(files).schema(schema).info(info);
    match commit.commit().await? {
        CommitOutcome::Committed(version) | CommitOutcome::AlreadyApplied(version) => Ok(TakenOver::Adopted(version)),
        CommitOutcome::Conflict(_) => Err(RunError::Conflict(format!("gold.{name}"))),
    }
}

/// The latest versions of tables; `None` if one does not exist.
async fn versions(lake: &Lake, tables: &[TableRef]) -> Result<Option<BTreeMap<TableRef, u64>>, RunError> {
    let mut versions = BTreeMap::new();
    for table in tables {
        let Some(snapshot) = lake.table(location(table)).snapshot(None).await? else { return Ok(None) };
        versions.insert(table.clone(), snapshot.version);
    }
    Ok(Some(versions))
}
