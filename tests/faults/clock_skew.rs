//! A clock that is wrong: silver is the same.

use anyhow::{Context, Result, ensure};
use object_store::memory::InMemory;
use sluice_lake::Clock;
use sluice_tests::{Harness, Scenario};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const NOW_MS: i64 = 1_700_000_000_000;
const HOUR_MS: i64 = 3_600_000;

/// A clock that says something else at every look.
fn moving(start_ms: i64, next: impl Fn(i64, i64) -> i64 + Send + Sync + 'static) -> Clock {
    let looks = Arc::new(AtomicI64::new(0));
    Clock::of(move || next(start_ms, looks.fetch_add(1, Ordering::Relaxed)))
}

fn clocks() -> Vec<(&'static str, Clock)> {
    vec![
        ("a day ahead", Clock::fixed(NOW_MS + 24 * HOUR_MS)),
        ("a day behind", Clock::fixed(NOW_MS - 24 * HOUR_MS)),
        ("runs", moving(NOW_MS, |start, look| start + look * 7)),
        ("jumps back an hour in the middle", moving(NOW_MS, |start, look| start - if look > 9 { HOUR_MS } else { 0 })),
        ("goes to and fro", moving(NOW_MS, |start, look| start + if look % 2 == 0 { HOUR_MS } else { -HOUR_MS })),
        ("a leap second, twice the same", moving(1_483_228_799_000, |start, look| start + look / 2 * 500)),
        (
            "the hour that daylight saving repeats",
            moving(1_698_541_200_000, |start, look| start + look % 8 * HOUR_MS / 8),
        ),
        ("1970", Clock::fixed(0)),
        ("before 1970", Clock::fixed(-HOUR_MS)),
        ("January 2038", Clock::fixed(i64::from(i32::MAX) * 1_000 + 500)),
        ("December 9999", Clock::fixed(253_402_300_799_000)),
    ]
}

#[tokio::test]
async fn no_clock_changes_silver() -> Result<()> {
    let harness = Harness::with_clock(Scenario::Full, Clock::fixed(NOW_MS))?;
    let expected = harness.play_from(&InMemory::new(), 0).await?;
    for (name, clock) in clocks() {
        let harness = Harness::with_clock(Scenario::Full, clock)?;
        let state = harness.play_from(&InMemory::new(), 0).await.context(name)?;
        ensure!(state == expected, "a clock that is {name}: {state:?}\ninstead of\n{expected:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_clock_that_changes_between_two_runs_changes_nothing() -> Result<()> {
    let expected = Harness::new(Scenario::Short)?.play_from(&InMemory::new(), 0).await?;
    for (name, clock) in clocks() {
        let disk = InMemory::new();
        let first = Harness::with_clock(Scenario::Short, Clock::fixed(NOW_MS))?;
        first.deliver(&disk, 0).await?;
        first.replay_well(&first.open(Arc::new(disk.clone()), 1)?).await?;
        let second = Harness::with_clock(Scenario::Short, clock)?;
        let state = second.play_from(&disk, 1).await.context(name)?;
        ensure!(state == expected, "then a clock that is {name}: {state:?}\ninstead of\n{expected:?}");
    }
    Ok(())
}
