//! Columns that wait for a decision, and are added when nobody decides (`source.review`).

use crate::RunError;
use crate::silver::schema_document::write_document;
use sluice_contract::{Contract, InferredSchema, SourceChange, limits};
use sluice_lake::{Lake, SchemaDocument};
use std::collections::BTreeSet;
use std::sync::Arc;

/// New columns that wait no longer, or never had to: from then on the mode of the contract adds them. `None` where it
/// adds none.
pub(super) async fn reviewed_columns(lake: &Lake, declared: &Contract) -> Result<Option<BTreeSet<String>>, RunError> {
    let Some(source) = declared.source.as_ref().filter(|source| source.evolution.adds()) else { return Ok(None) };
    let wait_ms = source.review_seconds.map_or(0, |seconds| seconds.saturating_mul(1_000));
    let wait_ms = i64::try_from(wait_ms).unwrap_or(i64::MAX);
    let now_ms = lake.ledger().now_ms();
    let notes = lake.ledger().source_changes(&declared.name).await?;
    let ended = notes.iter().filter(|note| note.at_ms.saturating_add(wait_ms) <= now_ms || wait_ms == 0);
    let new = ended.flat_map(|note| &note.changes).filter(|change| change.change == SourceChange::NewColumn);
    Ok(Some(new.map(|change| change.column.clone()).collect()))
}

/// The inferred schema with columns whose review ended since the last batch, and the document that it follows; `None` if
/// there is none.
async fn reviewed_schema(
    lake: &Lake,
    declared: &Contract,
) -> Result<Option<(InferredSchema, Option<SchemaDocument>)>, RunError> {
    let Some(reviewed) = reviewed_columns(lake, declared).await? else { return Ok(None) };
    let latest = lake.ledger().latest_schema(&declared.name).await?;
    let known = latest.as_ref().map(|document| document.inferred.clone()).unwrap_or_default();
    let addable = declared.addable(reviewed.iter().map(String::as_str));
    let mut inferred = known.clone();
    let room = limits::COLUMNS_MAX.saturating_sub(declared.columns.len() + known.added.len());
    let new = addable.into_iter().filter(|name| !known.added.contains(*name)).take(room);
    inferred.added.extend(new.map(str::to_owned));
    Ok((inferred != known).then_some((inferred, latest)))
}

/// The inferred schema, with columns that wait no longer.
pub(super) async fn schema_to_add(lake: &Lake, declared: &Contract) -> Result<InferredSchema, RunError> {
    if let Some((inferred, _)) = reviewed_schema(lake, declared).await? {
        return Ok(inferred);
    }
    let latest = lake.ledger().latest_schema(&declared.name).await?;
    Ok(latest.map(|document| document.inferred).unwrap_or_default())
}

/// Whether columns wait no longer that silver does not have yet.
pub(crate) async fn has_reviewed(lake: &Lake, declared: &Contract) -> Result<bool, RunError> {
    Ok(reviewed_schema(lake, declared).await?.is_some())
}

/// Adds columns whose review ended since the last batch. The new effective contract; `None` if there is none. From now
/// on they are part of the inferred schema, so a rebuild has them whatever the time is.
pub(crate) async fn add_reviewed(lake: &Lake, declared: &Arc<Contract>) -> Result<Option<Arc<Contract>>, RunError> {
    let Some((inferred, latest)) = reviewed_schema(lake, declared).await? else { return Ok(None) };
    let wider = Arc::new(declared.with_inferred(&inferred));
    let (number, batch) = latest.map_or((1, 0), |document| (document.number + 1, document.batch));
    write_document(lake, &wider, number, inferred, batch).await?;
    Ok(Some(wider))
}
