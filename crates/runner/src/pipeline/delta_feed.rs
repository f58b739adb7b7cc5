//! A Delta table of another program as a source: the commits of its change data feed, each a change file.
//!
//! The file of a commit in the log is what a batch claims; its data files are read with it. Commits are taken in order
//! and without a gap, so that none is missed after the log was cleaned.

use crate::RunError;
use futures::{StreamExt, TryStreamExt};
use sluice_cdc::{FeedPart, PartRows, feed_file};
use sluice_change::SourceFile;
use sluice_contract::{Source, SourceFormat, limits};
use sluice_lake::{BatchManifest, FeedCommit, FeedRows, Lake, LakeError, feed_log, feed_version};
use std::sync::Arc;

/// Commits, and data files of one, that are read at a time.
const READS_AT_ONCE: usize = 16;

/// A commit that is in the log.
struct Logged {
    version: u64,
    file: SourceFile,
}

/// The commits of the table in the source's folder that are in no batch yet, oldest first; `None` if the source is no
/// folder of a table whose feed is read.
///
/// # Errors
/// If the log cannot be read, the table has no feed, or commits are missing from it.
pub(super) async fn new_commits(
    lake: &Lake,
    source: &Source,
    batches: &[Arc<BatchManifest>],
) -> Result<Option<Vec<SourceFile>>, RunError> {
    if source.format != SourceFormat::DeltaFeedParquet {
        return Ok(None);
    }
    let logged = logged(lake, &source.path).await?;
    let Some(first) = logged.first().map(|commit| commit.version) else { return Ok(None) };
    let taken = batches.iter().flat_map(|batch| &batch.files);
    let last = taken.filter_map(|file| feed_version(&file.path)).map(|(_, version)| version).max();
    let start = match last {
        Some(last) => last + 1,
        None => start_of_feed(lake, source, &logged).await?,
    };
    if start < first {
        return Err(cleaned(source, start, first));
    }
    let new: Vec<&Logged> = logged.iter().filter(|commit| commit.version >= start).collect();
    for (number, commit) in (start..).zip(&new) {
        if commit.version != number {
            return Err(cleaned(source, number, commit.version));
        }
    }
    for (commit, found) in new.iter().zip(read_commits(lake, &new).await?) {
        check(source, commit.version, &found)?;
    }
    Ok(Some(new.into_iter().map(|commit| commit.file.clone()).collect()))
}

/// Whether a folder is one of a Delta table with a change data feed, as far as its log says it.
///
/// # Errors
/// If the log cannot be read.
pub(crate) async fn has_feed(lake: &Lake, folder: &str) -> Result<bool, RunError> {
    let logged = logged(lake, folder).await?;
    let commits = read_commits(lake, &logged.iter().collect::<Vec<_>>()).await?;
    Ok(commits.iter().filter_map(|commit| commit.has_feed).next_back().unwrap_or(false))
}

/// The change files of a folder for a sample, with the names that data files have: commits that change rows, evenly
/// spread, at most `most`.
///
/// # Errors
/// If they cannot be read.
pub(crate) async fn sample(
    lake: &Lake,
    folder: &str,
    most: usize,
) -> Result<(Vec<(SourceFile, bytes::Bytes)>, u64), RunError> {
    let logged = logged(lake, folder).await?;
    let commits = read_commits(lake, &logged.iter().collect::<Vec<_>>()).await?;
    let with_rows = logged.iter().zip(&commits).filter(|(_, commit)| !commit.files.is_empty());
    let with_rows: Vec<&Logged> = with_rows.map(|(logged, _)| logged).collect();
    let total = with_rows.len() as u64;
    let step = with_rows.len().div_ceil(most.max(1)).max(1);
    let mut sample = Vec::new();
    for commit in with_rows.into_iter().step_by(step) {
        let bytes = read(lake, &commit.file.path).await?;
        let path = format!("{}.parquet", commit.file.path.replace("_delta_log/", "").trim_end_matches(".json"));
        sample.push((SourceFile { path, ..commit.file.clone() }, bytes));
    }
    Ok((sample, total))
}

/// Whether the file of a batch is a commit of a log.
pub(super) fn is_commit(path: &str) -> bool {
    feed_version(path).is_some()
}

/// Bytes that the rows of a commit take, before they are read.
///
/// # Errors
/// If the commit cannot be read.
pub(super) async fn content_size(lake: &Lake, path: &str) -> Result<u64, RunError> {
    Ok(commit(lake, path).await?.bytes().saturating_mul(limits::PARQUET_EXPANSION))
}

/// The change file of a commit.
///
/// # Errors
/// If the commit or one of its data files cannot be read.
pub(super) async fn read(lake: &Lake, path: &str) -> Result<bytes::Bytes, RunError> {
    let found = commit(lake, path).await?;
    let (folder, version) = feed_version(path).unwrap_or(("", 0));
    let parts = found.files.iter().map(|file| async move {
        let path = if folder.is_empty() { file.path.clone() } else { format!("{folder}/{}", file.path) };
        let rows = file.rows(lake.objects(), folder).await?;
        let rows = rows.map(|FeedRows { ranges, are_meant }| PartRows { ranges, are_meant });
        match lake.objects().read(&path).await {
            Ok(bytes) => Ok(FeedPart { change: file.change, columns: file.columns.clone(), rows, bytes }),
            Err(LakeError::NotFound { .. }) => {
                let message = format!("{path}, which commit {version} of {folder} changed, is gone: the table was vacuumed");
                let next = "The commit cannot be read any more. Load the table again: export its rows as a backfill of a \
                            contract with source.from_version, and let the feed be read before the table is vacuumed";
                Err(RunError::input(message, next))
            }
            Err(error) => Err(error.into()),
        }
    });
    let parts: Vec<_> = parts.collect();
    let parts: Vec<FeedPart> = futures::stream::iter(parts).buffered(READS_AT_ONCE).try_collect().await?;
    feed_file(version, found.timestamp_ms, &parts).map_err(|error| RunError::Internal(error.to_string()))
}

/// The commits of a table's log, oldest first.
async fn logged(lake: &Lake, folder: &str) -> Result<Vec<Logged>, RunError> {
    let listed = lake.objects().list(&feed_log(folder)).await?;
    let commits = listed.into_iter().filter_map(|file| {
        let version = feed_version(&file.path)?.1;
        Some(Logged { version, file })
    });
    let mut commits: Vec<Logged> = commits.collect();
    commits.sort_by_key(|commit| commit.version);
    Ok(commits)
}

async fn commit(lake: &Lake, path: &str) -> Result<FeedCommit, RunError> {
    let text = lake.objects().read(path).await?;
    FeedCommit::read(&text).map_err(|detail| {
        let next =
            "Check that the table is one that other readers of Delta read; export its change feed as files otherwise";
        RunError::input(format!("{path} is no commit that can be read: {detail}"), next)
    })
}

async fn read_commits(lake: &Lake, commits: &[&Logged]) -> Result<Vec<FeedCommit>, RunError> {
    let read: Vec<_> = commits.iter().map(|one| commit(lake, &one.file.path)).collect();
    futures::stream::iter(read).buffered(READS_AT_ONCE).try_collect().await
}

/// The first commit that is read of a table of which nothing was read yet.
async fn start_of_feed(lake: &Lake, source: &Source, logged: &[Logged]) -> Result<u64, RunError> {
    let mut on_since = None;
    let mut is_said = false;
    for (at, commit) in logged.iter().zip(read_commits(lake, &logged.iter().collect::<Vec<_>>()).await?) {
        is_said |= commit.has_feed.is_some();
        match commit.has_feed {
            Some(true) => on_since = on_since.or(Some(at.version)),
            Some(false) => on_since = None,
            None => {}
        }
    }
    let folder = &source.path;
    match (on_since, source.from_version) {
        (None, Some(from)) if !is_said => Ok(from),
        (Some(0), None) => Ok(0),
        (Some(since), Some(from)) if from >= since => Ok(from),
        (None, _) => {
            let message = format!(
                "{folder} is the folder of a table of Delta without a change data feed: its data files also hold rows that \
                 the table deleted, and its log does not say which rows a commit changed"
            );
            let next = "Switch the feed on (table property delta.enableChangeDataFeed = true) and write source.from_version \
                        with the version that did it, and the rows before it as a backfill; or export the rows of each \
                        version as Parquet and read them by apply.from_snapshot";
            Err(RunError::input(message, next))
        }
        (Some(since), _) => {
            let message = format!(
                "The change data feed of {folder} begins with version {since}; the rows before it are not in the feed"
            );
            let next = format!(
                "Write source.from_version: {since}, and the rows of version {} as a backfill",
                since.saturating_sub(1)
            );
            Err(RunError::input(message, next))
        }
    }
}

/// Refuses a commit that cannot be read, or with which the feed ends.
fn check(source: &Source, version: u64, commit: &FeedCommit) -> Result<(), RunError> {
    let folder = &source.path;
    if commit.has_feed == Some(false) {
        let message = format!("Version {version} of {folder} switched its change data feed off");
        let next = "Switch it on again, and load the table anew: the changes between are not in the feed";
        return Err(RunError::input(message, next));
    }
    match commit.unreadable {
        None => Ok(()),
        Some(why) => {
            let message = format!("Version {version} of {folder} cannot be read: {why}");
            let next = "Read the change feed out with a job of Spark or delta-rs into files of their own, and ingest those \
                        (delta_feed_parquet reads them too)";
            Err(RunError::input(message, next))
        }
    }
}

fn cleaned(source: &Source, wanted: u64, found: u64) -> RunError {
    let message = format!(
        "The log of {} begins with version {found} where {wanted} is expected: commits were cleaned before they were read",
        source.path
    );
    let next = "Load the table again under a new name in dataset, with source.from_version and its rows as a backfill; \
                keep the log longer than the time between two runs (delta.logRetentionDuration)";
    RunError::input(message, next)
}
