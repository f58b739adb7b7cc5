//! The recorded shop: silver equals the source database at every checkpoint, whatever the batch
//! boundaries, however often and in whatever order the files arrive.

use anyhow::{Context, Result, ensure};
use sluice_api::ReplaySummary;
use sluice_tests::{ShopFile, ShopLake, Stream, TestLake, files_below, oracle, seeded};
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::OnceCell;

/// The checkpoints of the recording.
const CHECKPOINTS: [u64; 3] = [1, 2, 3];

/// Content hashes of the whole recording replayed at once, made only one time for all tests.
async fn clean_fingerprints() -> Result<BTreeMap<String, String>> {
    static CLEAN: OnceCell<BTreeMap<String, String>> = OnceCell::const_new();
    let clean = CLEAN.get_or_try_init(async || {
        let lake = ShopLake::delivered_up_to(3)?;
        completes(&lake.replay().await?)?;
        ensure_equals_source(&lake, 3, 7).await?;
        lake.fingerprints().await
    });
    Ok(clean.await?.clone())
}

/// Every table came to its end, with a ledger that balances.
fn completes(summary: &ReplaySummary) -> Result<()> {
    for table in &summary.tables {
        ensure!(table.error.is_none(), "{} stopped: {:?}", table.table, table.error);
        ensure!(table.counters.balances(), "{} does not balance: {:?}", table.table, table.counters);
    }
    Ok(())
}

async fn ensure_equals_source(lake: &TestLake, checkpoint: u64, tables: usize) -> Result<()> {
    let compared = lake.compare(&oracle(checkpoint)).await?;
    ensure!(compared.len() == tables, "{} tables were compared at checkpoint {checkpoint}", compared.len());
    for table in compared {
        ensure!(table.is_equal(), "checkpoint {checkpoint}: {table:?}");
        ensure!(table.source_rows > 0 && table.columns > 1, "checkpoint {checkpoint}: {table:?}");
    }
    Ok(())
}

async fn ensure_same_as_clean(lake: &TestLake, how: &str) -> Result<()> {
    let (clean, found) = (clean_fingerprints().await?, lake.fingerprints().await?);
    ensure!(clean.len() == 10, "7 silver and 3 gold tables, not {:?}", clean.keys());
    for (table, hash) in &clean {
        ensure!(found.get(table) == Some(hash), "with {how} {table} is another one");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn silver_equals_the_source_at_every_checkpoint() -> Result<()> {
    let lake = ShopLake::of(Stream::Main)?;
    for checkpoint in CHECKPOINTS {
        lake.deliver(checkpoint)?;
        completes(&lake.replay().await?)?;
        ensure_equals_source(&lake, checkpoint, 7).await?;
    }
    ensure_same_as_clean(&lake, "a replay at every checkpoint").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_replay_ingests_nothing_and_commits_nothing() -> Result<()> {
    let lake = ShopLake::delivered_up_to(1)?;
    completes(&lake.replay().await?)?;
    let (versions, files) = (lake.versions().await?, files_below(lake.folder())?);
    ensure!(versions.len() == 17, "7 bronze, 7 silver, 3 gold tables, not {:?}", versions.keys());

    let again = lake.replay().await?;

    completes(&again)?;
    for table in &again.tables {
        ensure!(table.files == 0 && table.batches == 0, "{} ingested {} files again", table.table, table.files);
    }
    ensure!(again.gold.is_empty(), "gold was made again: {:?}", again.gold);
    ensure!(lake.versions().await? == versions, "there are new versions");
    ensure!(files_below(lake.folder())? == files, "there are new files");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_of_one_file_make_the_same_tables() -> Result<()> {
    let lake = ShopLake::delivered_up_to(3)?;
    let summary = lake.replay_by(1).await?;
    completes(&summary)?;
    let (batches, files): (u64, u64) =
        summary.tables.iter().fold((0, 0), |sum, table| (sum.0 + table.batches, sum.1 + table.files));
    ensure!(batches == 90 && files == 90, "{batches} batches of {files} files");
    ensure_same_as_clean(&lake, "batches of one file").await
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_of_seven_files_make_the_same_tables() -> Result<()> {
    let lake = ShopLake::delivered_up_to(3)?;
    completes(&lake.replay_by(7).await?)?;
    ensure_same_as_clean(&lake, "batches of seven files").await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_delivered_twice_makes_the_same_tables() -> Result<()> {
    let lake = ShopLake::delivered_up_to(3)?;
    for file in Stream::Main.files()? {
        lake.write(&file.landing_again(), file.bytes()?)?;
    }
    let twice = lake.replay_by(20).await?;
    completes(&twice)?;
    for table in &twice.tables {
        ensure!(table.counters.duplicate > 0, "{} counted no duplicates", table.table);
    }
    ensure_same_as_clean(&lake, "every file twice").await?;

    // Written again under their own names with the same content: the same files to the ledger.
    for file in Stream::Main.files()?.iter().filter(|file| file.checkpoint == 3) {
        lake.write(&file.to, file.bytes()?)?;
    }
    let again = lake.replay().await?;
    completes(&again)?;
    for table in &again.tables {
        ensure!(table.files == 0, "{}: {} files", table.table, table.files);
    }
    ensure_same_as_clean(&lake, "files written again").await
}

#[tokio::test(flavor = "multi_thread")]
async fn files_in_random_order_make_the_same_tables() -> Result<()> {
    let mut random = seeded("files_in_random_order");
    let mut files = Stream::Main.files()?;
    random.shuffle(&mut files);
    let lake = ShopLake::of(Stream::Main)?;
    let mut waiting = files.as_slice();
    while !waiting.is_empty() {
        let (now, later) = waiting.split_at(random.usize(1..=waiting.len().min(40)));
        for file in now {
            lake.deliver_file(file)?;
        }
        // A check may refuse what is only half there; the batch is then included in the next one.
        lake.replay_by(random.u64(1..=12)).await?;
        waiting = later;
    }
    completes(&lake.replay().await?)?;
    ensure_same_as_clean(&lake, "files in random order").await?;
    ensure_equals_source(&lake, 3, 7).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_recordings_equal_the_source_too() -> Result<()> {
    for (stream, from, tables) in
        [(Stream::DecimalText, 2, 1), (Stream::Flat, 1, 1), (Stream::DmsParquet, 1, 3), (Stream::DmsCsv, 1, 1)]
    {
        let lake = ShopLake::of(stream)?;
        for checkpoint in CHECKPOINTS {
            lake.deliver(checkpoint)?;
            if checkpoint < from {
                continue;
            }
            let summary = lake.replay().await.with_context(|| format!("{stream:?}"))?;
            completes(&summary)?;
            ensure!(summary.tables.iter().all(|table| table.counters.quarantined == 0), "{stream:?}: {summary:?}");
            ensure_equals_source(&lake, checkpoint, tables).await.with_context(|| format!("{stream:?}"))?;
        }
    }
    Ok(())
}

#[test]
fn the_recording_is_whole() -> Result<()> {
    let files: Vec<ShopFile> = Stream::Main.files()?;
    let places: BTreeSet<&str> = files.iter().map(|file| file.to.as_str()).collect();
    ensure!(files.len() == 90 && places.len() == 90, "{} files", files.len());
    Ok(())
}
