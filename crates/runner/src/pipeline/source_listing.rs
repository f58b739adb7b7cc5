//! Lists a source: all of it, or only where new files are expected.
//!
//! A folder of this machine is listed as a whole, which is cheap there. Of a remote source with many files only the end
//! is listed, where its names rise (`sluice_cdc::listing_start`), and everything every
//! [`limits::FULL_LISTING_MILLISECONDS`]: a file that comes late under an earlier name is found late, and never lost.

use crate::RunError;
use sluice_cdc::{ListingStart, listing_start};
use sluice_change::SourceFile;
use sluice_contract::{Contract, limits};
use sluice_lake::{BatchManifest, Lake};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How much is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Everything.
    Everything,
    /// The end, if everything was listed not long ago.
    AsDue,
}

/// A listing of everything of a source. Once all it found is claimed, it is to be recorded.
#[derive(Clone, Debug)]
pub(crate) struct FullListing {
    /// Folder.
    pub(crate) source: String,
    /// When it began, milliseconds since 1970.
    pub(crate) at_ms: i64,
}

/// What a listing found.
pub(super) struct Listed {
    pub(super) files: Vec<SourceFile>,
    /// When it began, milliseconds since 1970, if it was one of everything of a remote source.
    pub(super) full_since: Option<i64>,
}

/// Lists the source of a contract.
///
/// # Errors
/// If it cannot be listed.
pub(super) async fn listed(
    lake: &Lake,
    contract: &Contract,
    batches: &[Arc<BatchManifest>],
    look: Look,
) -> Result<Listed, RunError> {
    let path = contract.source.as_ref().map_or("", |source| source.path.as_str());
    if lake.objects().is_local(path).await? {
        return Ok(Listed { files: lake.objects().list(path).await?, full_since: None });
    }
    if look == Look::AsDue
        && let Some(start) = start(lake, contract, batches, path)
    {
        return Ok(Listed { files: end_of(lake, &start).await?, full_since: None });
    }
    let began = lake.ledger().now_ms();
    Ok(Listed { files: lake.objects().list(path).await?, full_since: Some(began) })
}

/// Where to begin; `None` if everything has to be listed.
fn start(lake: &Lake, contract: &Contract, batches: &[Arc<BatchManifest>], path: &str) -> Option<ListingStart> {
    let taken: usize = batches.iter().map(|batch| batch.files.len()).sum();
    // A complete snapshot is known by all its files. Few files are one answer of the store anyhow.
    if contract.apply.from_snapshot.is_some()
        || taken <= limits::LISTING_OVERLAP_FILES
        || lake.ledger().is_full_listing_due(&contract.name, path)
    {
        return None;
    }
    let taken = batches.iter().flat_map(|batch| &batch.files).map(|file| file.path.as_str());
    listing_start(path, taken, limits::LISTING_OVERLAP_FILES)
}

async fn end_of(lake: &Lake, start: &ListingStart) -> Result<Vec<SourceFile>, RunError> {
    let objects = lake.objects();
    let mut files = BTreeSet::new();
    for (folder, after) in &start.after {
        files.extend(objects.list_after(folder, after).await?);
    }
    for parent in &start.parents {
        for name in objects.list_folders(parent).await? {
            let folder = format!("{parent}/{name}");
            if !start.knows(&folder) {
                files.extend(objects.list(&folder).await?);
            }
        }
    }
    Ok(files.into_iter().collect())
}
