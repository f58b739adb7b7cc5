//! The incident lock: nobody publishes until it is unlocked.
//!
//! A log of its own, `_sluice/release-lock/<20 digits>.json`, whose newest entry counts. Entries are conditional writes,
//! so of two who lock at once one learns who came first.

use crate::pointer::number_of;
use crate::{Author, PublishError};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sluice_api::IncidentLock;
use sluice_contract::{limits, utc_text};
use sluice_lake::{Lake, PutNew};

const FOLDER: &str = "_sluice/release-lock";

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// Number, from 1 without gaps.
    entry: u64,
    by: String,
    at_ms: i64,
    /// Why it is locked; `None` for the end of a lock.
    because: Option<String>,
}

/// The lock that is open.
///
/// # Errors
/// [`PublishError::Lake`], [`PublishError::Corrupt`].
pub async fn open_lock(lake: &Lake) -> Result<Option<IncidentLock>, PublishError> {
    Ok(newest(lake).await?.and_then(lock_of))
}

/// Locks.
///
/// # Errors
/// [`PublishError::NotAllowed`] if somebody has locked already, [`PublishError::Input`] without a reason,
/// [`PublishError::Lake`], [`PublishError::Corrupt`].
pub async fn lock(lake: &Lake, by: &Author, because: &str, now_ms: i64) -> Result<IncidentLock, PublishError> {
    let because = because.trim();
    if because.is_empty() || because.chars().count() > limits::MESSAGE_CHARACTERS_MAX {
        let message = "A lock needs a reason that others can read";
        return Err(PublishError::input(message, "Say why, for example --because \"incident 4711\""));
    }
    let last = newest(lake).await?;
    if let Some(open) = last.clone().and_then(lock_of) {
        return Err(taken(&open));
    }
    let entry = Entry {
        entry: last.map_or(1, |last| last.entry + 1),
        by: by.to_string(),
        at_ms: now_ms,
        because: Some(because.to_owned()),
    };
    let lock = IncidentLock { by: by.to_string(), since_ms: now_ms, because: because.to_owned() };
    match append(lake, &entry).await? {
        PutNew::Created => Ok(lock),
        PutNew::Exists => Err(open_lock(lake).await?.map_or_else(at_once, |open| taken(&open))),
    }
}

/// Ends the lock; answers what it was.
///
/// # Errors
/// [`PublishError::Input`] if none is open, [`PublishError::Lake`],
/// [`PublishError::Corrupt`].
pub async fn unlock(lake: &Lake, by: &Author, now_ms: i64) -> Result<IncidentLock, PublishError> {
    let last = newest(lake).await?;
    let number = last.as_ref().map_or(1, |last| last.entry + 1);
    let Some(open) = last.and_then(lock_of) else {
        return Err(PublishError::input("No incident lock is open", "There is nothing to unlock"));
    };
    let entry = Entry { entry: number, by: by.to_string(), at_ms: now_ms, because: None };
    match append(lake, &entry).await? {
        PutNew::Created => Ok(open),
        PutNew::Exists => Err(at_once()),
    }
}

/// The refusal to publish while a lock is open.
pub(crate) fn locked(lock: &IncidentLock, is_rollback: bool) -> PublishError {
    let IncidentLock { by, since_ms, because } = lock;
    let message = format!("{by} locked publishing at {}: {because}", utc_text(*since_ms));
    let next = if is_rollback {
        "Wait for `sluice release unlock`, or roll back all the same with --during-incident"
    } else {
        "Wait for `sluice release unlock`; during the incident only a rollback is published (publish --rollback rN \
         --during-incident)"
    };
    PublishError::NotAllowed { message, next: next.to_owned() }
}

fn taken(open: &IncidentLock) -> PublishError {
    let IncidentLock { by, since_ms, because } = open;
    let message = format!("{by} has locked publishing since {}: {because}", utc_text(*since_ms));
    PublishError::NotAllowed { message, next: "Nothing is published while that lock is open".to_owned() }
}

/// Somebody was faster, and what they did is over again or is the same.
fn at_once() -> PublishError {
    PublishError::input(
        "Somebody else locked or unlocked at the same time",
        "Look at `sluice releases`, then try again",
    )
}

fn lock_of(entry: Entry) -> Option<IncidentLock> {
    let Entry { entry: _, by, at_ms, because } = entry;
    because.map(|because| IncidentLock { by, since_ms: at_ms, because })
}

async fn newest(lake: &Lake) -> Result<Option<Entry>, PublishError> {
    let files = lake.objects().list(FOLDER).await?;
    let Some(number) = files.iter().filter_map(|file| number_of(&file.path)).max() else { return Ok(None) };
    let path = path_of(number);
    let bytes = lake.objects().read(&path).await?;
    let corrupt = |reason: String| PublishError::Corrupt { reason, path: path.clone() };
    let entry: Entry = serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
    if entry.entry == number { Ok(Some(entry)) } else { Err(corrupt(format!("it holds entry {}", entry.entry))) }
}

async fn append(lake: &Lake, entry: &Entry) -> Result<PutNew, PublishError> {
    let path = path_of(entry.entry);
    let bytes = serde_json::to_vec(entry)
        .map_err(|error| PublishError::Corrupt { reason: error.to_string(), path: path.clone() })?;
    Ok(lake.objects().put_new(&path, Bytes::from(bytes)).await?)
}

fn path_of(number: u64) -> String {
    format!("{FOLDER}/{number:020}.json")
}
