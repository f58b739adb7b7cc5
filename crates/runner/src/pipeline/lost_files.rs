//! Files of a claimed batch that are gone before they were read.
//!
//! A claimed batch is finished before the next one begins, so such a file stops its table until it is there again, or
//! until a person says that it does not come.

use super::context::TableContext;
use crate::RunError;
use sluice_contract::TableName;
use sluice_lake::{BatchManifest, Lake};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Files that one message names.
const FILES_SHOWN: usize = 5;

/// The batch without the files of it that are gone, written down; `None` if all are there. A file that is found again
/// later is new.
///
/// # Errors
/// If the store cannot be read or written.
pub(super) async fn leave_out_missing(
    context: &TableContext,
    manifest: &BatchManifest,
) -> Result<Option<BatchManifest>, RunError> {
    let missing = missing_files(context, manifest).await?;
    if missing.is_empty() {
        return Ok(None);
    }
    let (name, batch) = (&context.contract.name, manifest.batch);
    let files = files(missing.len());
    context.log(format_args!(
        "batch {batch} goes on without {files}: {}; `sluice status` keeps naming what is lost",
        shown(&missing)
    ));
    context.lake.ledger().leave_out(name, batch, &missing).await?;
    let left = context.lake.ledger().batches(name).await?.into_iter().find(|left| left.batch == batch);
    left.map(Arc::unwrap_or_clone)
        .map(Some)
        .ok_or_else(|| RunError::Internal(format!("batch {batch} of {name} has no manifest")))
}

/// What to say of a file that is not there, and of the others of its batch.
///
/// # Errors
/// If the store cannot be read.
pub(super) async fn missing_file_error(context: &TableContext, manifest: &BatchManifest) -> Result<RunError, RunError> {
    let (name, batch) = (&context.contract.name, manifest.batch);
    let missing = missing_files(context, manifest).await?;
    let message = format!("batch {batch} of {name} cannot be read: {} is gone since it was claimed", shown(&missing));
    let next = format!(
        "Deliver it again, or go on without it: `sluice replay --table {name} --skip-missing`; where it is found \
         again later, it is ingested then"
    );
    Ok(RunError::not_found(message, next))
}

/// What is lost of a table because files were left out and did not come again, for people; `None` if nothing is.
///
/// # Errors
/// If the lake cannot be read.
pub(crate) async fn lost_files_note(lake: &Lake, table: &TableName) -> Result<Option<String>, RunError> {
    let left_out = lake.ledger().left_out(table).await?;
    if left_out.is_empty() {
        return Ok(None);
    }
    let batches = lake.ledger().batches(table).await?;
    let came_again = |batch: u64, path: &str| {
        batches.iter().any(|later| later.batch > batch && later.files.iter().any(|file| file.path == path))
    };
    let lost: BTreeSet<String> = left_out
        .into_iter()
        .flat_map(|(batch, paths)| paths.into_iter().filter(move |path| !came_again(batch, path)))
        .collect();
    if lost.is_empty() {
        return Ok(None);
    }
    Ok(Some(format!(
        "{} left out (--skip-missing), whose records bronze does not have: {}. Deliver them again, and the next replay takes \
         them",
        files(lost.len()),
        shown(&lost)
    )))
}

fn files(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}

async fn missing_files(context: &TableContext, manifest: &BatchManifest) -> Result<BTreeSet<String>, RunError> {
    let mut missing = BTreeSet::new();
    for file in &manifest.files {
        if !context.lake.objects().exists(&file.path).await? {
            missing.insert(file.path.clone());
        }
    }
    Ok(missing)
}

fn shown(files: &BTreeSet<String>) -> String {
    let names: Vec<&str> = files.iter().take(FILES_SHOWN).map(String::as_str).collect();
    match files.len().saturating_sub(FILES_SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more files", names.join(", ")),
    }
}
