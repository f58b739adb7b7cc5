//! The numbered documents of a lake, and what this process knows of them.

use crate::cache::paths::CachePaths;
use crate::clock::Clock;
use crate::ledger::manifest::{BatchManifest, Folded};
use crate::store::objects::Objects;
use crate::{LakeError, SourceFile};
use serde::{Deserialize, Serialize};
use sluice_contract::TableName;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// The greatest number of a numbered document. Numbers are read from names, which anyone may have written, so a number
/// is bounded where it is read, and the one after it can always be asked for. It is the greatest of a `txn`, too.
pub(crate) const NUMBER_MAX: u64 = i64::MAX.unsigned_abs();
/// Numbers that may be missing between documents before something is wrong with the names themselves: a listing that
/// lags behind lacks a few.
pub(crate) const GAP_MAX: u64 = 10_000;

/// The number in the name of a numbered document; `None` if the name is not one of Sluice's.
///
/// # Errors
/// [`LakeError::Corrupt`] for a number that no document can follow.
pub(crate) fn number_of(path: &str) -> Result<Option<u64>, LakeError> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some(digits) = name.strip_suffix(".json").filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
    else {
        return Ok(None);
    };
    match digits.parse::<u64>() {
        Ok(number) if number < NUMBER_MAX => Ok(Some(number)),
        _ => Err(LakeError::Corrupt {
            reason: "its number is too large to be one of Sluice's; move the file away".to_owned(),
            path: path.to_owned(),
        }),
    }
}

/// Batches, schema documents, state, draft contracts and models of a lake. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub(crate) objects: Objects,
    pub(crate) cache_paths: CachePaths,
    pub(crate) clock: Clock,
    pub(crate) known: Arc<Known>,
}

/// A listing of everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FullListing {
    /// Address of the lake.
    pub(crate) url: String,
    /// Folder that was listed.
    pub(crate) source: String,
    /// When it began, milliseconds since 1970.
    pub(crate) at_ms: i64,
}

/// What was read before and never changes.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Manifests by path.
    pub(crate) manifests: Mutex<BTreeMap<String, Arc<BatchManifest>>>,
    /// Folded manifests.
    pub(crate) folded: Mutex<BTreeMap<TableName, Arc<Folded>>>,
    /// Listings of everything, by table.
    pub(crate) full_listings: Mutex<BTreeMap<TableName, FullListing>>,
    /// Hashes of the content of change files.
    pub(crate) contents: Mutex<BTreeMap<SourceFile, String>>,
}

impl Ledger {
    pub(crate) fn new(objects: Objects, cache_paths: CachePaths, clock: Clock) -> Self {
        Self { objects, cache_paths, clock, known: Arc::default() }
    }
}
