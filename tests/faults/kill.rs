//! `kill -9` in the middle of a replay, again and again: nothing is lost and nothing is there twice.

use anyhow::{Result, ensure};
use sluice_tests::{ShopLake, Sluice, amount, counted, seeded};
use std::process::Child;
use std::time::{Duration, Instant};

/// Kills that hit a running replay in the tests of a pull request.
const KILLS: u64 = 100;
/// A kill comes within this many milliseconds; a replay to the end takes several seconds.
const LATEST_MS: u64 = 400;

#[tokio::test(flavor = "multi_thread")]
async fn kills_at_random_moments_change_nothing() -> Result<()> {
    let mut random = seeded("kills_at_random_moments");
    let wanted = amount("SLUICE_KILLS", KILLS);
    let clean = ShopLake::delivered_up_to(3)?;
    clean.replay().await?;
    let clean = clean.fingerprints().await?;

    let mut kills = 0;
    let mut lake = ShopLake::delivered_up_to(3)?;
    let mut whole = 0;
    while kills < wanted {
        let moment = Duration::from_millis(random.u64(10..LATEST_MS));
        let mut replay = Sluice::on_folder(lake.folder()).start(&["replay", "--max-files", "1"])?;
        if killed_after(&mut replay, moment)? {
            kills += 1;
        } else {
            // It came to its end first: look at it, and go on with a new lake.
            ensure!(lake.fingerprints().await? == clean, "a lake that was killed differs");
            lake = ShopLake::delivered_up_to(3)?;
            whole += 1;
        }
    }

    println!("{kills} kills, {whole} lakes that came to their end between them");
    counted("kills", usize::try_from(kills)?);
    Sluice::on_folder(lake.folder()).ok(&["replay", "--max-files", "1"])?;
    let found = lake.fingerprints().await?;
    let different: Vec<&String> =
        clean.iter().filter(|(table, hash)| found.get(*table) != Some(hash)).map(|(table, _)| table).collect();
    ensure!(different.is_empty(), "{different:?} differ after {kills} kills");
    let again = Sluice::on_folder(lake.folder()).json(&["replay"])?;
    let files: Vec<u64> =
        again["tables"].as_array().into_iter().flatten().filter_map(|t| t["files"].as_u64()).collect();
    ensure!(files == [0; 7], "files were ingested again: {files:?}");
    Ok(())
}

/// Sends SIGKILL at the moment; `false` if the process had ended before.
fn killed_after(process: &mut Child, moment: Duration) -> Result<bool> {
    let begun = Instant::now();
    while begun.elapsed() < moment {
        if let Some(status) = process.try_wait()? {
            ensure!(status.success(), "the replay ended with {status}");
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    process.kill()?;
    Ok(!process.wait()?.success())
}
