//! `docs/drift-matrix.csv` is true: every cell is replayed from real files with the real engine.

mod cell;
mod change;
mod files;
mod matrix;
mod play;
mod value;

use anyhow::{Result, ensure};
use cell::{Format, Policy, Timing};
use change::changes;
use std::collections::BTreeSet;

#[test]
fn every_change_format_timing_and_policy_has_an_outcome() -> Result<()> {
    let cells = matrix::read()?;
    let keys: BTreeSet<String> = cells.iter().map(|cell| format!("{}/{}", cell.table(), cell.timing.word())).collect();
    for change in changes() {
        for format in Format::ALL {
            for timing in Timing::ALL {
                for policy in Policy::ALL {
                    let key = format!("{}-{}-{}/{}", change.name, format.word(), policy.word(), timing.word());
                    ensure!(keys.contains(&key), "the matrix lacks {key}");
                }
            }
        }
    }
    ensure!(cells.len() == 720 && keys.len() == 720, "{} rows, {} cells", cells.len(), keys.len());
    ensure!(cells.iter().all(|cell| cell.reason.len() > 20), "a reason is missing");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_between_two_batches() -> Result<()> {
    play::play(Timing::BetweenBatches).await
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_inside_a_file() -> Result<()> {
    play::play(Timing::InsideAFile).await
}

#[tokio::test(flavor = "multi_thread")]
async fn old_events_that_come_late() -> Result<()> {
    play::play(Timing::LateOldEvents).await
}
