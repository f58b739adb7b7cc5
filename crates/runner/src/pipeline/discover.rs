//! Step 1, discover: which files are new, and the claim of the next batch.

use super::context::TableContext;
use super::corrections::new_corrections;
use super::decode::versions_of_files;
use super::snapshot_files::is_of_snapshot;
use super::snapshot_version::check_unique;
use super::source_files::{BatchBounds, NewFiles, into_batches, new_files};
use super::source_listing::{FullListing, Look};
use super::table_state::TableState;
use crate::RunError;
use crate::silver_hash::silver_hash;
use sluice_cdc::is_change_file;
use sluice_change::SourceFile;
use sluice_lake::{BatchManifest, PutNew};
use std::collections::HashMap;
use std::sync::Arc;

/// New files in batches, not claimed.
#[derive(Debug, Default)]
pub(crate) struct Discovered {
    /// The files of each batch.
    pub(crate) batches: Vec<Vec<SourceFile>>,
    /// The listing that found them, if it was one of everything: to be recorded once they are all claimed.
    pub(crate) full_since: Vec<FullListing>,
}

/// New files in batches, not claimed.
///
/// # Errors
/// If the lake cannot be read.
pub(crate) async fn discover(
    context: &TableContext,
    table: &TableState,
    bounds: BatchBounds,
    look: Look,
) -> Result<Discovered, RunError> {
    let NewFiles { files, full_since } = new_files(&context.lake, &context.contract, &table.claimed, look).await?;
    if files.is_empty() {
        warn_no_snapshot_files(context).await?;
    }
    let mut batches = new_corrections(context, table).await?;
    batches.extend(into_batches(&context.lake, &context.contract, files, bounds).await?);
    Ok(Discovered { batches, full_since })
}

/// Claims files as the next batch: from then on no other batch has them, and a run that ends before they are in
/// silver is resumed with exactly them.
///
/// # Errors
/// [`RunError::Conflict`] if another writer claimed a batch of that number; errors of the store.
pub(crate) async fn claim(
    context: &TableContext,
    table: &TableState,
    files: Vec<SourceFile>,
) -> Result<BatchManifest, RunError> {
    let TableContext { lake, contract, .. } = context;
    let batch = table.last_claimed() + 1;
    // A file that is of no version, or of two, is refused before any batch has it.
    let files = versions_of_files(context, files).await?;
    for file in &files {
        check_unique(context, &table.claimed, file)?;
    }
    for (path, before) in overwritten(&table.claimed, &files) {
        context.log(format_args!("{path} was written again since batch {before}"));
    }
    let contents = lake.ledger().contents(&files).await?;
    let backfill = files.first().and_then(|file| contract.backfill_of(&file.path)).cloned();
    let source = files.first().and_then(|file| contract.source_name_of(&file.path)).map(str::to_owned);
    if let Some(backfill) = &backfill {
        context.log(format_args!("backfill {} is batch {batch}", backfill.name));
    }
    let manifest = BatchManifest { batch, files, contract_hash: silver_hash(contract), contents, backfill, source };
    match lake.ledger().claim_batch(&contract.name, &manifest).await? {
        PutNew::Created => Ok(manifest),
        PutNew::Exists => Err(RunError::Conflict(contract.name.to_string())),
    }
}

/// Files whose path an earlier batch has with another content, with the last such batch.
fn overwritten<'f>(manifests: &[Arc<BatchManifest>], files: &'f [SourceFile]) -> Vec<(&'f str, u64)> {
    let known = manifests.iter().flat_map(|m| m.files.iter().map(|file| (file.path.as_str(), m.batch)));
    let known: HashMap<&str, u64> = known.collect();
    files.iter().filter_map(|file| Some((file.path.as_str(), *known.get(file.path.as_str())?))).collect()
}

/// Warns where there are files and none is part of a full snapshot, because the pattern may be wrong.
async fn warn_no_snapshot_files(context: &TableContext) -> Result<(), RunError> {
    let contract = &context.contract;
    let (Some(rule), Some(source)) = (&contract.apply.from_snapshot, &contract.source) else { return Ok(()) };
    let listed = context.lake.objects().list(&source.path).await?;
    let outside = |file: &&SourceFile| is_change_file(&file.path) && !is_of_snapshot(contract, &file.path);
    let count = listed.iter().filter(outside).count();
    if count > 0 {
        context.log(format_args!(
            "{count} file(s) below {} are part of no snapshot, apply.from_snapshot.files is `{}`",
            source.path,
            rule.files.as_ref().map(ToString::to_string).unwrap_or_default()
        ));
    }
    Ok(())
}
