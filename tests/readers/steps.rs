//! The steps: each makes sure that it left behind what it is about, so that a reader has met it.

use crate::table::{COLUMNS, Fed};
use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};
use sluice_runner::MaintainOptions;
use sluice_tests::Exported;
use std::time::Duration;

/// Enough that the vector of a third of them is larger than what stands in the log.
const ROWS: i64 = 4_000;
const INLINE: &str = "\"storageType\":\"i\"";
const FILE: &str = "\"storageType\":\"u\"";

fn rows(op: &'static str, ids: impl Iterator<Item = i64>, salt: i64) -> Vec<(&'static str, Map<String, Value>, u64)> {
    ids.map(|id| (op, Fed::row(id, salt), 0)).collect()
}

fn key(id: i64) -> Map<String, Value> {
    Map::from_iter([("id".to_owned(), json!(id))])
}

fn deletes(ids: impl Iterator<Item = i64>) -> Vec<(&'static str, Map<String, Value>, u64)> {
    ids.map(|id| ("d", key(id), 0)).collect()
}

/// Nothing but the latest version is kept.
fn everything() -> MaintainOptions {
    MaintainOptions { retention: Some(Duration::ZERO), in_flight: Duration::ZERO, ..MaintainOptions::default() }
}

/// A shallow clone: a sandbox's table, whose log names the files of the lake by address, and what is written there.
/// The lake has to stay as long as it is read.
pub(crate) async fn a_clone(exported: &mut Exported) -> Result<Fed> {
    let mut fed = Fed::new("cloned", "")?;
    fed.replay(rows("c", 0..ROWS, 0)).await?;
    fed.replay(rows("u", (0..ROWS).filter(|id| id % 3 == 1), 2)).await?;
    ensure!(fed.newest_entry().await?.contains(FILE), "the vector of a large batch is in a file");
    let sandbox = fed.sandbox().await?;
    sandbox.export(exported, "it was cloned").await?;
    sandbox.replay_here(&mut fed, rows("u", (0..ROWS).step_by(50), 3)).await?;
    ensure!(sandbox.newest_entry().await?.contains("file:///"), "the base's files are named by address");
    sandbox.export(exported, "it was cloned and changed").await?;
    Ok(fed)
}

/// SCD 1 with deletion vectors.
pub(crate) async fn changed_rows(exported: &mut Exported) -> Result<()> {
    let mut fed = Fed::new("items", "")?;
    fed.replay(rows("c", 0..ROWS, 0)).await?;
    fed.export(exported, "insert").await?;

    fed.replay(rows("u", (0..ROWS).step_by(200), 1)).await?;
    ensure!(fed.newest_entry().await?.contains(INLINE), "the vector of a small batch stands in the log");
    fed.export(exported, "upsert with a vector in the log").await?;

    fed.replay(rows("u", (0..ROWS + 500).filter(|id| id % 3 == 1), 2)).await?;
    ensure!(fed.newest_entry().await?.contains(FILE), "the vector of a large batch is in a file");
    fed.export(exported, "upsert with a vector in a file").await?;

    fed.replay(deletes((0..ROWS).filter(|id| id % 13 == 5))).await?;
    ensure!(fed.newest_entry().await?.contains(FILE), "the vector still is in a file");
    fed.export(exported, "delete").await?;

    let with_note = format!("{COLUMNS}- {{name: note, type: string}}\n");
    fed.declare("", &with_note)?;
    fed.run().await?;
    let entry = fed.newest_entry().await?;
    ensure!(entry.contains("metaData") && !entry.contains("\"add\""), "a column came without a file");
    fed.export(exported, "a new column").await?;
    let noted = rows("u", 10..30, 3).into_iter().map(|(op, mut row, at)| {
        row.insert("note".to_owned(), json!("noted"));
        (op, row, at)
    });
    fed.replay(noted.collect()).await?;
    fed.export(exported, "upsert with the new column").await?;

    let store = fed.store().await?;
    store.maintenance().write_checkpoint(store.snapshot(None).await?.context("no silver")?.version).await?;
    ensure!(fed.files(".checkpoint.parquet").await? > 0, "a checkpoint is there");
    fed.export(exported, "checkpoint").await?;
    fed.replay(rows("u", (0..ROWS).step_by(111), 4)).await?;
    fed.export(exported, "upsert after the checkpoint").await?;

    let before = fed.files(".bin").await?;
    let vacuumed = fed.maintain(&MaintainOptions { dead_share: 1.0, ..everything() }).await?;
    let left = fed.files(".bin").await?;
    ensure!(vacuumed.removed_vector_files > 0 && left > 0 && left < before, "vacuum: {vacuumed:?}");
    fed.export(exported, "vacuum").await?;

    let compacted = fed.maintain(&MaintainOptions { dead_share: 0.0, retention: None, ..everything() }).await?;
    ensure!(compacted.purged_rows > 0 && compacted.files_after < compacted.files_before, "{compacted:?}");
    fed.export(exported, "compaction").await?;
    fed.replay(rows("u", (0..ROWS).step_by(97), 5)).await?;
    fed.export(exported, "upsert after the compaction").await?;
    let clustered = MaintainOptions { cluster_by: vec!["born".to_owned(), "id".to_owned()], ..everything() };
    ensure!(fed.maintain(&clustered).await?.rewritten_files > 0, "nothing was clustered");
    fed.export(exported, "clustering and vacuum").await?;

    fed.declare("", COLUMNS)?;
    fed.run().await?;
    fed.export(exported, "a dropped column").await
}

/// Deleted rows that stay.
pub(crate) async fn soft_deletes(exported: &mut Exported) -> Result<()> {
    let mut fed = Fed::new("kept", "delete_mode: soft")?;
    fed.replay(rows("c", 0..500, 0)).await?;
    fed.replay(deletes((0..500).step_by(7))).await?;
    fed.export(exported, "soft delete").await?;
    fed.replay(rows("c", (0..100).step_by(14), 1)).await?;
    fed.export(exported, "a key that comes back").await
}

/// SCD 2; a late event splits versions that were closed.
pub(crate) async fn history(exported: &mut Exported) -> Result<()> {
    let mut fed = Fed::new("versions", "scd: 2, sequence: [source.lsn]")?;
    let at = |op, ids: std::ops::Range<i64>, salt, position| {
        ids.map(|id| (op, Fed::row(id, salt), position)).collect::<Vec<(&str, Map<String, Value>, u64)>>()
    };
    fed.replay(at("c", 0..400, 0, 100)).await?;
    fed.export(exported, "first versions").await?;
    fed.replay(at("u", 0..200, 1, 300)).await?;
    fed.export(exported, "new versions").await?;
    let before = fed.store().await?.snapshot(None).await?.context("no silver")?.rows();
    fed.replay(at("u", 50..150, 2, 200)).await?;
    let after = fed.store().await?.snapshot(None).await?.context("no silver")?.rows();
    ensure!(after == before + 100, "a late event splits: {before} rows became {after}");
    fed.export(exported, "split versions").await?;
    fed.replay((0..100).map(|id| ("d", key(id), 400)).collect()).await?;
    fed.export(exported, "closed versions").await
}

/// A row per event.
pub(crate) async fn appended_events(exported: &mut Exported) -> Result<()> {
    let mut fed = Fed::new("events", "scd: append")?;
    fed.replay(rows("c", 0..300, 0)).await?;
    fed.replay([rows("u", 0..50, 1), deletes(50..60)].concat()).await?;
    fed.export(exported, "append").await
}

/// Files are written again, so that there is no deletion vector.
pub(crate) async fn rewritten_files(exported: &mut Exported) -> Result<()> {
    let mut fed = Fed::new("copies", "mode: copy_on_write")?;
    fed.replay(rows("c", 0..ROWS, 0)).await?;
    fed.export(exported, "insert").await?;
    fed.replay(rows("u", (0..ROWS + 100).filter(|id| id % 3 == 1), 1)).await?;
    fed.replay(deletes((0..ROWS).step_by(17))).await?;
    let entry = fed.newest_entry().await?;
    ensure!(!entry.contains("deletionVector\":{") && fed.files(".bin").await? == 0, "copy on write: {entry}");
    fed.export(exported, "upsert and delete").await
}
