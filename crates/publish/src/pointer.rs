//! The log of what was current.

use crate::PublishError;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use sluice_lake::{Lake, PutNew};

/// Pointers read at once.
const READS_AT_ONCE: usize = 16;
const FOLDER: &str = "_sluice/current";

/// An entry of the log: from here on, this release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pointer {
    /// Number of the entry, from 1 without gaps.
    pub(crate) pointer: u64,
    /// Release.
    pub(crate) release: u64,
}

/// The entry that counts.
pub(crate) async fn newest(lake: &Lake) -> Result<Option<Pointer>, PublishError> {
    match numbers(lake).await?.into_iter().max() {
        Some(number) => Ok(Some(read(lake, number).await?)),
        None => Ok(None),
    }
}

/// All entries, oldest first.
pub(crate) async fn all(lake: &Lake) -> Result<Vec<Pointer>, PublishError> {
    let mut numbers = numbers(lake).await?;
    numbers.sort_unstable();
    let read = numbers.into_iter().map(|number| read(lake, number));
    futures::stream::iter(read).buffered(READS_AT_ONCE).try_collect().await
}

/// Appends the entry after `after`; [`PutNew::Exists`] if someone else did.
pub(crate) async fn append(lake: &Lake, after: Option<Pointer>, release: u64) -> Result<PutNew, PublishError> {
    let entry = Pointer { pointer: after.map_or(1, |after| after.pointer + 1), release };
    let bytes = serde_json::to_vec(&entry)
        .map_err(|error| PublishError::Corrupt { reason: error.to_string(), path: path_of(entry.pointer) })?;
    Ok(lake.objects().put_new(&path_of(entry.pointer), Bytes::from(bytes)).await?)
}

async fn numbers(lake: &Lake) -> Result<Vec<u64>, PublishError> {
    Ok(lake.objects().list(FOLDER).await?.iter().filter_map(|file| number_of(&file.path)).collect())
}

async fn read(lake: &Lake, number: u64) -> Result<Pointer, PublishError> {
    let path = path_of(number);
    let bytes = lake.objects().read(&path).await?;
    let corrupt = |reason: String| PublishError::Corrupt { reason, path: path.clone() };
    let entry: Pointer = serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
    if entry.pointer == number { Ok(entry) } else { Err(corrupt(format!("it holds entry {}", entry.pointer))) }
}

fn path_of(number: u64) -> String {
    format!("{FOLDER}/{number:020}.json")
}

/// The number that a file `…/<20 digits>.json` is named by. One that no other can follow is not of Sluice.
pub(crate) fn number_of(path: &str) -> Option<u64> {
    let name = path.rsplit('/').next()?.strip_suffix(".json")?;
    let number = if name.len() == 20 { name.parse().ok() } else { None };
    number.filter(|number: &u64| *number < i64::MAX.unsigned_abs())
}
