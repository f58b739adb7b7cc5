//! A crash while a batch is taken out of silver, or comes back: the next run ends as if nothing had happened.

use anyhow::{Context, Result, ensure};
use object_store::memory::InMemory;
use sluice_contract::{BatchAction, TableName};
use sluice_lake::{BatchDecision, Lake};
use sluice_tests::{FaultStore, FinalState, Harness, Operation, STEPS, Scenario, counted, final_state, in_parallel};
use std::sync::Arc;

/// The batch of orders with the newest update of a row.
const BATCH: u64 = 10;

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

async fn decide(lake: &Lake, action: BatchAction) -> Result<()> {
    let table: TableName = "shop.orders".parse().map_err(anyhow::Error::msg)?;
    let (because, by) = ("it was wrong".to_owned(), "ann".to_owned());
    let decision = BatchDecision { number: 0, batch: BATCH, action, because, by, at_ms: 0, guards: None };
    lake.ledger().put_batch_decision(&table, decision).await?;
    Ok(())
}

/// A run that carries out a decision.
struct Carried {
    operations: Vec<Operation>,
    state: FinalState,
}

async fn carry_out(harness: &Harness, disk: &InMemory, action: BatchAction, seed: u64) -> Result<Carried> {
    decide(&harness.open(Arc::new(disk.clone()), seed)?, action).await?;
    let store = FaultStore::recording(disk);
    harness.replay_well(&harness.open(store.view(), seed + 1)?).await?;
    let state = final_state(&harness.open(Arc::new(disk.clone()), 1)?).await?;
    Ok(Carried { operations: store.log().operations(), state })
}

#[test]
fn a_crash_while_a_batch_is_skipped_or_released_changes_nothing() -> Result<()> {
    let (whole, skipped, released) = runtime()?.block_on(async {
        let (harness, disk) = (Harness::new(Scenario::Full)?, InMemory::new());
        for step in 0..STEPS {
            harness.deliver(&disk, step).await?;
            harness.replay_well(&harness.open(Arc::new(disk.clone()), 7 + step as u64)?).await?;
        }
        let whole = final_state(&harness.open(Arc::new(disk.clone()), 1)?).await?;
        let skipped = carry_out(&harness, &disk, BatchAction::Skip, 20).await?;
        let released = carry_out(&harness, &disk, BatchAction::Release, 30).await?;
        Ok::<_, anyhow::Error>((whole, skipped, released))
    })?;
    ensure!(skipped.state.fingerprints != whole.fingerprints, "silver is made without the batch");
    let differences = || released.state.differences(&whole).join("; ");
    ensure!(released.state == whole, "as if it had always been there: {}", differences());
    let mut cases = Vec::new();
    for (action, carried) in [("skip", &skipped), ("release", &released)] {
        for operation in &carried.operations {
            for (side, state) in [("before", &operation.before), ("after", &operation.after)] {
                let what = format!("{action}: {side} {:?} {}", operation.kind, operation.path);
                cases.push((what, state.as_ref().context("the state is kept")?.fork(), carried.state.clone()));
            }
        }
    }
    ensure!(cases.len() > 20, "{} cases", cases.len());
    in_parallel(Scenario::Full, &cases, async |harness, (what, disk, expected)| {
        let disk = disk.fork();
        harness.replay_well(&harness.open(Arc::new(disk.clone()), 41)?).await.with_context(|| what.clone())?;
        let state = final_state(&harness.open(Arc::new(disk.clone()), 1)?).await?;
        ensure!(state == *expected, "{what}: {}", state.differences(expected).join("; "));
        Ok(())
    })?;
    counted("crashes of a decision", cases.len());
    Ok(())
}
