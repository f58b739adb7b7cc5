//! A slow and failing store: the story ends as it should, or pauses with a reason and goes on later.

use anyhow::{Context, Result, ensure};
use object_store::memory::InMemory;
use sluice_tests::{Ending, STEPS, Stage, Story, Weather, WeatherStore, amount, counted, in_parallel, seeded};

/// Resets 15 %, 503 10 %, 429 5 %, slow 35 %.
const MIX: Weather = Weather { reset: 15, unavailable: 10, throttled: 5, slow: 35, partial_body: 0, stale_list: 0 };

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

async fn expected(stage: &Stage) -> Result<Ending> {
    stage.play_from(&InMemory::new(), 0).await
}

/// Replays until nothing stops any more, as a runner does; the number of rounds that stopped.
async fn insist(stage: &Stage, store: &std::sync::Arc<WeatherStore>, seed: u64) -> Result<usize> {
    let mut last = String::new();
    for round in 0..100 {
        let lake = stage.open(store.view(), seed.wrapping_add(round))?;
        let stopped = match stage.replay(&lake).await {
            Ok(summary) => {
                for error in summary.tables.iter().filter_map(|table| table.error.as_ref()) {
                    ensure!(!error.message.is_empty() && !error.next.is_empty(), "no reason: {error:?}");
                    last = error.to_string();
                }
                summary.tables.iter().any(|table| table.error.is_some())
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

#[test]
#[ignore = "1 of 12 mixes ends otherwise, the cause is not known; run it with --ignored"]
fn a_mix_of_faults_changes_nothing() -> Result<()> {
    let mut random = seeded("a_mix_of_faults");
    let expected = runtime()?.block_on(expected(&Stage::new(Story::Short)?))?;
    // Half a body ends a reading, which nobody repeats before the next round.
    let stale = Weather { stale_list: 10, partial_body: 1, ..MIX };
    let cases: Vec<(u64, Weather)> = (0..amount("SLUICE_WEATHER_CASES", 24))
        .map(|case| (random.u64(..), if case % 4 == 3 { stale } else { MIX }))
        .collect();
    in_parallel(Story::Short, &cases, async |stage, &(seed, weather)| {
        let what = || format!("weather of seed {seed}, {weather:?}");
        let disk = InMemory::new();
        let mut requests = Vec::new();
        for step in 0..STEPS {
            stage.deliver(&disk, step).await?;
            let store = WeatherStore::over(&disk, weather, seed.wrapping_add(step as u64));
            insist(stage, &store, seed).await.with_context(what)?;
            requests.push(store.amplification());
        }
        let ending = stage.play_from(&disk, STEPS).await.with_context(what)?;
        ensure!(ending == expected, "{}: another ending\n{ending:?}\ninstead of\n{expected:?}", what());
        ensure!(requests.iter().all(|ratio| *ratio <= 3.0), "{}: {requests:?} requests per call", what());
        Ok(())
    })?;
    counted("stories in bad weather", cases.len());
    Ok(())
}

#[test]
fn an_outage_is_a_pause_with_a_reason() -> Result<()> {
    runtime()?.block_on(async {
        let stage = Stage::new(Story::Short)?;
        let expected = expected(&stage).await?;
        for hole in [false, true] {
            let disk = InMemory::new();
            stage.deliver(&disk, 0).await?;
            let store = WeatherStore::over(&disk, Weather::default(), 1);
            let lake = stage.open(store.view(), 1)?;
            let switch = |on: bool| if hole { store.black_hole(on) } else { store.outage(on) };
            switch(true);
            let down = stage.replay(&lake).await.err().context("it can not work without a store")?;
            let run_error = down.downcast_ref::<sluice_runner::RunError>().context("an error of the run")?;
            let shown = run_error.to_api();
            ensure!(shown.code == sluice_api::ErrorCode::Storage && !shown.next.is_empty(), "{shown:?}");
            switch(false);
            // The same process goes on by itself.
            stage.replay_well(&lake).await?;
            // It goes away in the middle, again and again.
            stage.deliver(&disk, 1).await?;
            for calls in [3_u32, 9, 14, 20, 27] {
                let toggled = async {
                    tokio::time::sleep(std::time::Duration::from_millis(u64::from(calls) * 2)).await;
                    switch(true);
                    tokio::time::sleep(std::time::Duration::from_millis(40)).await;
                };
                let _ = tokio::join!(stage.replay(&lake), toggled);
                switch(false);
            }
            ensure!(insist(&stage, &store, 9).await? <= 1, "it goes on when the store is back");
            ensure!(stage.play_from(&disk, STEPS).await? == expected, "another ending after an outage");
        }
        Ok(())
    })
}
