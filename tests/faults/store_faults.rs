//! A slow and failing store: the story ends as it should, or pauses with a reason and goes on later.

use anyhow::{Context, Result, ensure};
use object_store::memory::InMemory;
use sluice_tests::{
    FaultRates, FinalState, FlakyStore, Harness, STEPS, Scenario, amount, counted, in_parallel, seeded,
};

/// Good rates.
const NONE: FaultRates = FaultRates { reset: 0, unavailable: 0, throttled: 0, slow: 0, partial_body: 0, stale_list: 0 };
/// Resets 15 %, 503 10 %, 429 5 %, slow 35 %.
const MIX: FaultRates =
    FaultRates { reset: 15, unavailable: 10, throttled: 5, slow: 35, partial_body: 0, stale_list: 0 };

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

async fn expected(harness: &Harness) -> Result<FinalState> {
    harness.play_from(&InMemory::new(), 0).await
}

/// How every step ends in good rates.
async fn endings(harness: &Harness) -> Result<Vec<FinalState>> {
    let disk = InMemory::new();
    let mut endings = Vec::new();
    for step in 0..STEPS {
        harness.deliver(&disk, step).await?;
        harness.replay_well(&harness.open(std::sync::Arc::new(disk.clone()), 40 + step as u64)?).await?;
        endings.push(harness.play_from(&disk, STEPS).await?);
    }
    Ok(endings)
}

/// Replays until nothing stops any more, as a runner does; the number of rounds that stopped.
async fn insist(harness: &Harness, store: &std::sync::Arc<FlakyStore>, seed: u64) -> Result<usize> {
    let mut last = String::new();
    for round in 0..100 {
        let lake = harness.open(store.view(), seed.wrapping_add(round))?;
        let stopped = match harness.replay(&lake).await {
            Ok(summary) => {
                let of_tables = summary.tables.iter().filter_map(|table| table.error.as_ref());
                let of_models = summary.gold_failed.iter().map(|failure| &failure.error);
                let mut stopped = false;
                for error in of_tables.chain(of_models) {
                    ensure!(!error.message.is_empty() && !error.next.is_empty(), "no reason: {error:?}");
                    last = error.to_string();
                    stopped = true;
                }
                stopped
            }
            Err(error) => {
                last = format!("{error:#}");
                true
            }
        };
        if !stopped {
            return Ok(usize::try_from(round)?);
        }
    }
    anyhow::bail!("it never came to its end, the last error was: {last}")
}

/// Every kind of fault by itself, so that a failing case says which one it is, and all of them together.
const KINDS: [(&str, FaultRates); 7] = [
    ("resets", FaultRates { reset: 30, ..NONE }),
    ("503", FaultRates { unavailable: 30, ..NONE }),
    ("429", FaultRates { throttled: 30, ..NONE }),
    // Half a body ends a reading, which nobody repeats before the next round.
    ("half a body", FaultRates { partial_body: 2, ..NONE }),
    ("listings that lag", FaultRates { stale_list: 30, ..NONE }),
    ("the mix", MIX),
    ("everything", FaultRates { stale_list: 10, partial_body: 1, ..MIX }),
];

/// Plays a story in bad rates, step by step, and compares the end.
///
/// A file of the user's that no listing shows is as good as not delivered, so where listings lag a step
/// ends with a look in good rates: what they hid has to be taken then, and nothing else may differ.
async fn play(harness: &Harness, expected: &[FinalState], seed: u64, rates: FaultRates) -> Result<()> {
    let disk = InMemory::new();
    let mut requests = Vec::new();
    for step in 0..STEPS {
        harness.deliver(&disk, step).await?;
        let store = FlakyStore::over(&disk, rates, seed.wrapping_add(step as u64));
        insist(harness, &store, seed.wrapping_add(1_000 * step as u64)).await?;
        requests.push(store.amplification());
        if rates.stale_list > 0 {
            let lake = harness.open(std::sync::Arc::new(disk.clone()), seed.wrapping_sub(1 + step as u64))?;
            harness.replay_well(&lake).await?;
        }
        // After every step: the last one rebuilds silver, which would hide what went wrong before.
        let expected = expected.get(step).context("an state of every step")?;
        let state = harness.play_from(&disk, STEPS).await?;
        ensure!(state == *expected, "step {step} ends otherwise: {}", state.differences(expected).join("; "));
    }
    ensure!(requests.iter().all(|ratio| *ratio <= 3.0), "{requests:?} requests per call");
    Ok(())
}

#[test]
fn a_mix_of_faults_changes_nothing() -> Result<()> {
    let mut random = seeded("a_mix_of_faults");
    let expected = runtime()?.block_on(endings(&Harness::new(Scenario::Short)?))?;
    let kinds = KINDS.iter().cycle();
    let cases: Vec<(u64, &(&str, FaultRates))> =
        kinds.take(usize::try_from(amount("SLUICE_FLAKY_CASES", 35))?).map(|kind| (random.u64(..), kind)).collect();
    in_parallel(Scenario::Short, &cases, async |harness, &(seed, (kind, rates))| {
        let played = play(harness, &expected, seed, *rates).await;
        played.with_context(|| format!("{kind}, seed {seed}, {rates:?}"))
    })?;
    counted("stories in bad rates", cases.len());
    Ok(())
}

/// Nothing is decided by a listing alone: late events after deletes, a checkpoint and a rebuild, in many
/// short-lived processes that see old listings of everything, the log and the ledger of files too.
#[test]
fn listings_that_lag_lose_nothing() -> Result<()> {
    let mut random = seeded("listings_that_lag");
    let expected = runtime()?.block_on(endings(&Harness::new(Scenario::Full)?))?;
    let cases: Vec<(u64, u8)> =
        (0..amount("SLUICE_LAGGING_CASES", 24)).map(|_| (random.u64(..), random.u8(10..60))).collect();
    in_parallel(Scenario::Full, &cases, async |harness, &(seed, stale_list)| {
        // Resets end processes early, so that the next one has to read everything anew.
        let rates = FaultRates { reset: 5, stale_list, ..NONE };
        play(harness, &expected, seed, rates).await.with_context(|| format!("seed {seed}, {rates:?}"))
    })?;
    counted("stories with listings that lag", cases.len());
    Ok(())
}

#[test]
fn an_outage_is_a_pause_with_a_reason() -> Result<()> {
    runtime()?.block_on(async {
        let harness = Harness::new(Scenario::Short)?;
        let expected = expected(&harness).await?;
        for hole in [false, true] {
            let disk = InMemory::new();
            harness.deliver(&disk, 0).await?;
            let store = FlakyStore::over(&disk, FaultRates::default(), 1);
            let lake = harness.open(store.view(), 1)?;
            let switch = |on: bool| if hole { store.black_hole(on) } else { store.outage(on) };
            switch(true);
            let down = harness.replay(&lake).await.err().context("it cannot work without a store")?;
            let run_error = down.downcast_ref::<sluice_runner::RunError>().context("an error of the run")?;
            let shown = run_error.to_api();
            ensure!(shown.code == sluice_api::ErrorCode::Storage && !shown.next.is_empty(), "{shown:?}");
            switch(false);
            // The same process goes on by itself.
            harness.replay_well(&lake).await?;
            // It goes away in the middle, again and again.
            harness.deliver(&disk, 1).await?;
            for calls in [3_u32, 9, 14, 20, 27] {
                let toggled = async {
                    tokio::time::sleep(std::time::Duration::from_millis(u64::from(calls) * 2)).await;
                    switch(true);
                    tokio::time::sleep(std::time::Duration::from_millis(40)).await;
                };
                let _ = tokio::join!(harness.replay(&lake), toggled);
                switch(false);
            }
            ensure!(insist(&harness, &store, 9).await? <= 1, "it goes on when the store is back");
            ensure!(harness.play_from(&disk, STEPS).await? == expected, "another final state after an outage");
        }
        Ok(())
    })
}
