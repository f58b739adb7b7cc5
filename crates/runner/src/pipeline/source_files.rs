//! Which files are new, and how they are cut into batches.

use super::delta_feed;
use super::snapshot_files::{of_complete_snapshots, one_batch_per_snapshot};
use super::source_listing::{FullListing, Listed, Look, listed};
use super::source_manifests::{below, is_manifest, only_named};
use crate::RunError;
use futures::{StreamExt, TryStreamExt};
use sluice_cdc::{
    ForeignTable, file_order_key, folders_of_tables, foreign_table, full_export, full_load_name, is_change_file,
};
use sluice_change::SourceFile;
use sluice_contract::{Contract, Restart, Source, limits};
use sluice_lake::{BatchManifest, Lake};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Bounds of one batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchBounds {
    /// Files, at least 1.
    pub(crate) files: u64,
    /// Bytes of decompressed content; a batch always has at least one file.
    pub(crate) bytes: u64,
}

impl BatchBounds {
    pub(crate) fn new(files: Option<u64>, bytes: Option<u64>) -> Self {
        Self {
            files: files.unwrap_or(limits::BATCH_FILES_DEFAULT).max(1),
            bytes: bytes.unwrap_or(limits::BATCH_BYTES_DEFAULT),
        }
    }
}

/// Files that are in no batch yet.
#[derive(Debug, Default)]
pub(crate) struct NewFiles {
    /// In the order to be read.
    pub(crate) files: Vec<SourceFile>,
    /// The listing that found them, if it was one of everything.
    pub(crate) full_since: Vec<FullListing>,
}

/// Change files of the contract that are in no batch yet, in the order to be read. A file is the
/// same when path, size and etag are equal; one that was written again is a new one. On a local disk,
/// where a copy changes the time that stands for the etag, a file of equal path, size and content is
/// the same too.
///
/// # Errors
/// If the source cannot be listed, or is the folder of a table of another format.
pub(crate) async fn new_files(
    lake: &Lake,
    contract: &Contract,
    batches: &[Arc<BatchManifest>],
    look: Look,
) -> Result<NewFiles, RunError> {
    if !contract.has_several_sources() {
        return new_files_of(lake, contract, batches, look).await;
    }
    let mut all = NewFiles::default();
    let first = contract.sources.first().and_then(|source| source.name.as_deref());
    for name in contract.sources.iter().filter_map(|source| source.name.as_deref()) {
        let Some(of_source) = contract.for_source(name) else { continue };
        // What was taken before the table had several is of the first.
        let is_of = |batch: &&Arc<BatchManifest>| batch.source.as_deref().or(first) == Some(name);
        let batches: Vec<Arc<BatchManifest>> = batches.iter().filter(is_of).cloned().collect();
        let NewFiles { files, full_since } = new_files_of(lake, &of_source, &batches, look).await?;
        if let Some(file) = files.iter().find(|file| contract.sources_of(&file.path).count() > 1) {
            let message = format!("{} is a file of several sources of {}", file.path, contract.name);
            return Err(RunError::input(message, "Let files of each source name those that no other one has"));
        }
        all.files.extend(files);
        all.full_since.extend(full_since);
    }
    Ok(all)
}

async fn new_files_of(
    lake: &Lake,
    contract: &Contract,
    batches: &[Arc<BatchManifest>],
    look: Look,
) -> Result<NewFiles, RunError> {
    let Some(source) = &contract.source else { return Ok(NewFiles::default()) };
    let (full_since, listed, manifests) = match delta_feed::new_commits(lake, source, batches).await? {
        Some(commits) => (None, commits, Vec::new()),
        None => {
            let Listed { files: mut listed, full_since } = listed(lake, contract, batches, look).await?;
            refuse_foreign_table(&listed)?;
            let manifests: Vec<SourceFile> =
                listed.iter().filter(|file| is_manifest(source, &file.path)).cloned().collect();
            listed.retain(|file| is_change_file(&file.path) && is_of_table(source, &file.path));
            (full_since, listed, manifests)
        }
    };
    let mut files = Vec::new();
    for (file, known) in listed.iter().zip(known(&listed, batches)) {
        let is_known = match known {
            Known::Same => true,
            Known::Never => false,
            Known::OtherEtag(contents) => contents.contains(&lake.ledger().content(file).await?.as_str()),
        };
        if !is_known {
            files.push(file.clone());
        }
    }
    let mut files = only_named(lake, source, &manifests, files).await?;
    refuse_several_tables(contract, &files, batches)?;
    refuse_several_loads(contract, &files, batches)?;
    files.sort_by_cached_key(|file| (file_order_key(&file.path), file.path.clone()));
    let mut files = of_complete_snapshots(lake, contract, files).await?;
    let run: BTreeSet<&str> =
        batches.iter().filter_map(|batch| batch.backfill.as_ref()).map(|f| f.name.as_str()).collect();
    for backfill in contract.backfills.iter().filter(|backfill| !run.contains(backfill.name.as_str())) {
        let listed = lake.objects().list(&backfill.path).await?;
        files.extend(listed.into_iter().filter(|file| is_change_file(&file.path)));
    }
    let full_since = full_since.map(|at_ms| FullListing { source: source.path.clone(), at_ms }).into_iter().collect();
    Ok(NewFiles { files, full_since })
}

/// Whether a file below the source's folder is one of the table's, where those of others lie beside them.
pub(crate) fn is_of_table(source: &Source, path: &str) -> bool {
    source.files.as_ref().is_none_or(|pattern| below(source, path).is_some_and(|below| pattern.has(below)))
}

/// What is known of a file that is listed.
enum Known<'b> {
    /// It is in a batch.
    Same,
    /// A file of its path and size, with another etag and these hashes of content, is in a batch.
    OtherEtag(Vec<&'b str>),
    /// Nothing.
    Never,
}

/// What the batches know of each file. What was taken may be much more than what is listed, so nothing is built of it.
fn known<'b>(listed: &[SourceFile], batches: &'b [Arc<BatchManifest>]) -> Vec<Known<'b>> {
    let places: HashMap<&str, usize> = listed.iter().enumerate().map(|(at, file)| (file.path.as_str(), at)).collect();
    let mut known: Vec<Known<'b>> = listed.iter().map(|_| Known::Never).collect();
    for (taken, content) in batches.iter().flat_map(|batch| batch.files_with_content()) {
        let Some(&at) = places.get(taken.path.as_str()) else { continue };
        let (Some(file), Some(of_file)) = (listed.get(at), known.get_mut(at)) else { continue };
        if file == taken {
            *of_file = Known::Same;
        } else if let Some(content) = content.filter(|_| file.size == taken.size) {
            match of_file {
                Known::Same => {}
                Known::OtherEtag(contents) => contents.push(content),
                Known::Never => *of_file = Known::OtherEtag(vec![content]),
            }
        }
    }
    known
}

/// Refuses files of a table of another format: its metadata says which of them hold its rows.
///
/// # Errors
/// A sentence that names the folder and the format.
pub(crate) fn refuse_foreign_table(files: &[SourceFile]) -> Result<(), RunError> {
    let Some(ForeignTable { folder, kind }) = foreign_table(files.iter().map(|file| file.path.as_str())) else {
        return Ok(());
    };
    let message = format!(
        "{folder} is the folder of a table of {kind}, not of change files: its data files also hold rows that the table \
         deleted"
    );
    let next = "Export the table's rows or its change feed as files into a folder of their own, and onboard that";
    Err(RunError::input(message, next))
}

/// Folders that one message names.
const FOLDERS_SHOWN: usize = 5;

/// Refuses files of several tables where each has a folder of its own: equal keys would overwrite each other.
fn refuse_several_tables(
    contract: &Contract,
    new: &[SourceFile],
    batches: &[Arc<BatchManifest>],
) -> Result<(), RunError> {
    let is_asked = source_of_changes(contract).filter(|source| source.table.is_none() && !new.is_empty());
    let Some(source) = is_asked else { return Ok(()) };
    let changes = batches.iter().filter(|batch| batch.backfill.is_none());
    let files = changes.flat_map(|batch| &batch.files).chain(new).map(|file| file.path.as_str());
    let folders = folders_of_tables(source.format, &source.path, files);
    if folders.len() < 2 {
        return Ok(());
    }
    let message =
        format!("{} of {} holds the files of several tables: {}", source.path, contract.name, shown(&folders));
    let next = "Point source.path at the folder of one table, and onboard the others; if they are all of this table, write \
                table: \"*\" in source";
    Err(RunError::input(message, next))
}

/// Folders of tables, for people.
pub(crate) fn shown(folders: &BTreeSet<&str>) -> String {
    let names = folders.iter().take(FOLDERS_SHOWN).map(|name| if name.is_empty() { "the folder itself" } else { name });
    let more = if folders.len() > FOLDERS_SHOWN { ", …" } else { "" };
    format!("{}{more}", names.collect::<Vec<_>>().join(", "))
}

/// Refuses two full loads that no batch has yet: which rows are newer, and which changes were between, nothing says.
fn refuse_several_loads(
    contract: &Contract,
    new: &[SourceFile],
    batches: &[Arc<BatchManifest>],
) -> Result<(), RunError> {
    let Some(source) = source_of_changes(contract) else { return Ok(()) };
    let next = batches.last().map_or(0, |batch| batch.batch) + 1;
    if source.restarts.get(&next) == Some(&Restart::Same) {
        return Ok(());
    }
    let exports: BTreeSet<&str> = new.iter().filter_map(|file| full_export(source.format, &file.path)).collect();
    if exports.len() > 1 {
        let message =
            format!("{} holds several full exports, and none was taken yet: {}", source.path, shown(&exports));
        let fix = "Keep the newest one and the changes after it, and move the others out: a row that an export lacks was \
                   deleted, which only a table of its own from each export could show";
        return Err(RunError::input(message, fix));
    }
    let mut loads: HashMap<&str, &str> = HashMap::new();
    for file in new {
        let Some(name) = full_load_name(source.format, &file.path) else { continue };
        let Some(before) = loads.insert(name, &file.path) else { continue };
        if folder_of(before) != folder_of(&file.path) {
            let message = format!("{before} and {} are of two full loads, and neither was taken yet", file.path);
            let fix = format!(
                "Move the files of the older load, and of the changes before the newer one, out of {}; if both are the \
                 same load, write source.restarts: {{{next}: same}}",
                source.path
            );
            return Err(RunError::input(message, fix));
        }
    }
    Ok(())
}

/// The source of a contract whose files are changes; a full snapshot replaces the rows before it by itself.
fn source_of_changes(contract: &Contract) -> Option<&Source> {
    contract.source.as_ref().filter(|_| contract.apply.from_snapshot.is_none())
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Cuts new files of a contract into batches: a backfill is a batch, a full snapshot is one, changes are cut by the
/// bounds.
///
/// # Errors
/// If the end of a compressed file cannot be read.
pub(crate) async fn into_batches(
    lake: &Lake,
    contract: &Contract,
    files: Vec<SourceFile>,
    bounds: BatchBounds,
) -> Result<Vec<Vec<SourceFile>>, RunError> {
    let (of_backfills, files): (Vec<SourceFile>, Vec<SourceFile>) =
        files.into_iter().partition(|file| contract.backfill_of(&file.path).is_some());
    let mut batches: Vec<Vec<SourceFile>> = contract
        .backfills
        .iter()
        .map(|backfill| of_backfills.iter().filter(|file| backfill.has(&file.path)).cloned().collect())
        .filter(|files: &Vec<SourceFile>| !files.is_empty())
        .collect();
    batches.extend(match contract.apply.from_snapshot {
        Some(_) => one_batch_per_snapshot(contract, files),
        None => {
            let sizes = content_sizes(lake, &files, bounds).await?;
            let files: Vec<(SourceFile, u64)> = files.into_iter().zip(sizes).collect();
            // A batch is of one source, whose positions alone compare.
            let same = |(a, _): &(SourceFile, u64), (b, _): &(SourceFile, u64)| {
                contract.source_name_of(&a.path) == contract.source_name_of(&b.path)
            };
            files.chunk_by(same).flat_map(|of_source| cut(of_source.iter().cloned(), bounds)).collect()
        }
    });
    Ok(batches)
}

/// Cuts files into batches, in order.
fn cut(files: impl Iterator<Item = (SourceFile, u64)>, bounds: BatchBounds) -> Vec<Vec<SourceFile>> {
    let mut batches: Vec<Vec<SourceFile>> = Vec::new();
    let mut bytes = 0_u64;
    for (file, content) in files {
        match batches.last_mut() {
            Some(batch) if (batch.len() as u64) < bounds.files && bytes.saturating_add(content) <= bounds.bytes => {
                bytes += content;
                batch.push(file);
            }
            _ => {
                bytes = content;
                batches.push(vec![file]);
            }
        }
    }
    batches
}

/// Bytes of a gzip file's end that say how long its content is, modulo 4 GiB (RFC 1952, ISIZE).
const GZIP_LENGTH_BYTES: u64 = 4;
/// Ends of files that are read at a time.
const ENDS_AT_ONCE: usize = 32;

/// How many bytes each file has once it is decompressed, as far as that is known without reading it.
async fn content_sizes(lake: &Lake, files: &[SourceFile], bounds: BatchBounds) -> Result<Vec<u64>, RunError> {
    if bounds.files == 1 {
        return Ok(files.iter().map(|file| file.size).collect());
    }
    let sizes = files.iter().map(|file| async move {
        let name = file.path.to_ascii_lowercase();
        if delta_feed::is_commit(&file.path) {
            return delta_feed::content_size(lake, &file.path).await;
        }
        if [".parquet", ".avro", ".xlsx"].iter().any(|ending| name.ends_with(ending)) {
            return Ok(file.size.saturating_mul(limits::PARQUET_EXPANSION));
        }
        if [".zst", ".zstd", ".bz2", ".lz4", ".snappy", ".sz"].iter().any(|ending| name.ends_with(ending)) {
            return Ok(file.size.saturating_mul(limits::GZIP_EXPANSION));
        }
        if !name.ends_with(".gz") {
            return Ok(file.size);
        }
        let end = lake.objects().read_end(&file.path, GZIP_LENGTH_BYTES).await?;
        Ok(gzip_content(file.size, &end))
    });
    futures::stream::iter(sizes).buffered(ENDS_AT_ONCE).try_collect().await
}

/// The length that the end of a gzip file tells, or an estimate: the end counts the last member only, and modulo 4 GiB.
fn gzip_content(stored: u64, end: &[u8]) -> u64 {
    let length = <[u8; 4]>::try_from(end).map_or(0, |end| u64::from(u32::from_le_bytes(end)));
    // A member is at least as long as what deflate makes of it, but for a few bytes per block.
    if length >= stored { length } else { length.max(stored.saturating_mul(limits::GZIP_EXPANSION)) }
}

#[cfg(test)]
mod tests {
    use super::{BatchBounds, cut, gzip_content};
    use sluice_change::SourceFile;

    #[test]
    fn batches_keep_order_and_bounds() {
        let file = |n: u64| SourceFile { path: format!("f{n}"), size: n, etag: String::new(), ..SourceFile::default() };
        let sizes = |bounds| -> Vec<Vec<u64>> {
            cut((1..=5).map(|n| (file(n), n)), bounds).iter().map(|b| b.iter().map(|f| f.size).collect()).collect()
        };
        assert_eq!(sizes(BatchBounds { files: 2, bytes: 100 }), [vec![1, 2], vec![3, 4], vec![5]]);
        assert_eq!(sizes(BatchBounds { files: 9, bytes: 3 }), [vec![1, 2], vec![3], vec![4], vec![5]]);
    }

    #[test]
    fn a_compressed_file_counts_with_its_content() {
        let end = |content: u32| content.to_le_bytes();
        assert_eq!(gzip_content(250_000, &end(57_000_000)), 57_000_000);
        // Several members, or more than 4 GiB: the end tells too little.
        assert_eq!(gzip_content(1_000_000, &end(10)), 20_000_000);
        assert_eq!(gzip_content(1_000, &[]), 20_000);
    }
}
