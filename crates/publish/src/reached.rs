//! Whether the runner reached what a release was previewed to do: a document for each table, beside the release.
//!
//! `_sluice/reached/<release>/<layer>.<dataset>.<table>.json` is written by the runner, again where it learns more.

use crate::PublishError;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use sluice_api::ReachedTable;
use sluice_lake::Lake;
use std::collections::BTreeMap;

const FOLDER: &str = "_sluice/reached";
/// Documents read at once.
const READS_AT_ONCE: usize = 16;

/// Keeps how a table compares.
///
/// # Errors
/// [`PublishError::Lake`].
pub async fn keep_reached(lake: &Lake, reached: &ReachedTable) -> Result<(), PublishError> {
    let path = format!("{}/{}.json", folder_of(reached.release), reached.table);
    let bytes = serde_json::to_vec_pretty(reached)
        .map_err(|error| PublishError::Corrupt { reason: error.to_string(), path: path.clone() })?;
    Ok(lake.objects().put(&path, Bytes::from(bytes)).await?)
}

/// How the tables of a release compare, by name.
///
/// # Errors
/// [`PublishError::Lake`], [`PublishError::Corrupt`].
pub async fn reached(lake: &Lake, release: u64) -> Result<Vec<ReachedTable>, PublishError> {
    Ok(read(lake, &folder_of(release)).await?.remove(&release).unwrap_or_default())
}

/// The same of every release.
pub(crate) async fn all_reached(lake: &Lake) -> Result<BTreeMap<u64, Vec<ReachedTable>>, PublishError> {
    read(lake, FOLDER).await
}

async fn read(lake: &Lake, folder: &str) -> Result<BTreeMap<u64, Vec<ReachedTable>>, PublishError> {
    let files = lake.objects().list(folder).await?;
    let documents = files.into_iter().filter(|file| file.path.ends_with(".json")).map(|file| async move {
        let bytes = lake.objects().read(&file.path).await?;
        let corrupt = |reason: String| PublishError::Corrupt { reason, path: file.path.clone() };
        let table: ReachedTable = serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
        Ok::<_, PublishError>(table)
    });
    let documents: Vec<_> = documents.collect();
    let mut read: Vec<ReachedTable> =
        futures::stream::iter(documents).buffer_unordered(READS_AT_ONCE).try_collect().await?;
    read.sort_by(|a, b| a.table.cmp(&b.table));
    let mut by_release: BTreeMap<u64, Vec<ReachedTable>> = BTreeMap::new();
    for table in read {
        by_release.entry(table.release).or_default().push(table);
    }
    Ok(by_release)
}

fn folder_of(release: u64) -> String {
    format!("{FOLDER}/{release:020}")
}
