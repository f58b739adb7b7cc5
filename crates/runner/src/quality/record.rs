//! The outcomes of a batch's checks, kept beside the table.
//!
//! `_sluice/quality/<dataset>/<table>/<batch>.json` is written with the batch and says how its checks came
//! out, those of a batch that was refused too. `<batch>.foreign_keys.json` beside it has the foreign keys
//! that were evaluated again since, because the table that they point to changed.

use crate::RunError;
use sluice_contract::{CheckRecord, TableName};
use sluice_lake::Lake;

fn path(table: &TableName, batch: u64) -> String {
    format!("_sluice/quality/{}/{}/{batch:020}.json", table.dataset, table.table)
}

fn path_of_later(table: &TableName, batch: u64) -> String {
    format!("_sluice/quality/{}/{}/{batch:020}.foreign_keys.json", table.dataset, table.table)
}

/// Writes the outcomes of a batch.
pub(crate) async fn write_records(
    lake: &Lake,
    table: &TableName,
    batch: u64,
    records: &[CheckRecord],
) -> Result<(), RunError> {
    write(lake, &path(table, batch), records).await
}

/// Writes the outcomes of foreign keys that were evaluated after the batch.
pub(super) async fn write_later_records(
    lake: &Lake,
    table: &TableName,
    batch: u64,
    records: &[CheckRecord],
) -> Result<(), RunError> {
    write(lake, &path_of_later(table, batch), records).await
}

async fn write(lake: &Lake, path: &str, records: &[CheckRecord]) -> Result<(), RunError> {
    let text = serde_json::to_vec(records).map_err(|error| RunError::Internal(error.to_string()))?;
    Ok(lake.objects().put(path, text.into()).await?)
}

/// The outcomes of a batch, of each foreign key the newest; empty if none were kept.
///
/// # Errors
/// If they cannot be read, or are not what Sluice writes.
pub(crate) async fn read_records(lake: &Lake, table: &TableName, batch: u64) -> Result<Vec<CheckRecord>, RunError> {
    let mut records = read(lake, &path(table, batch)).await?;
    for later in read(lake, &path_of_later(table, batch)).await? {
        let same = |of: &&mut CheckRecord| of.check == later.check;
        match records.iter_mut().find(same) {
            Some(record) if is_newer(&later, record) => *record = later,
            // The batch was evaluated again as a whole.
            Some(_) => {}
            None => records.push(later),
        }
    }
    Ok(records)
}

/// Digest of outcomes, by which a version of a table names those of its rows.
#[must_use]
pub(crate) fn digest(records: &[CheckRecord]) -> Option<String> {
    let text = serde_json::to_vec(records).ok()?;
    Some(blake3::hash(&text).to_hex()[..32].to_owned())
}

/// The outcomes of a batch as it was published; `None` if none with this digest are kept.
pub(crate) async fn read_records_of(
    lake: &Lake,
    table: &TableName,
    batch: u64,
    of_version: &str,
) -> Option<Vec<CheckRecord>> {
    // Lost or damaged outcomes only mean that all rows are looked at.
    let records = read(lake, &path(table, batch)).await.ok()?;
    (digest(&records).as_deref() == Some(of_version)).then_some(records)
}

fn is_newer(later: &CheckRecord, record: &CheckRecord) -> bool {
    let version = |of: &CheckRecord| of.parent.as_ref().and_then(|parent| parent.version);
    version(later) > version(record)
}

async fn read(lake: &Lake, path: &str) -> Result<Vec<CheckRecord>, RunError> {
    if !lake.objects().exists(path).await? {
        return Ok(Vec::new());
    }
    let text = lake.objects().read(path).await?;
    serde_json::from_slice(&text).map_err(|error| {
        RunError::Internal(format!("{path} does not hold outcomes of checks ({error}); the next batch writes new ones"))
    })
}
