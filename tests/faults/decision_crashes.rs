//! A crash while a batch or single records are taken out of silver, or come back: the next run ends as if nothing had happened.

use anyhow::{Context, Result, ensure};
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use object_store::memory::InMemory;
use sluice_contract::{BatchAction, RecordAction, TableName};
use sluice_lake::{BatchDecision, DecidedRecord, Lake, RecordDecision, RecordPlace, TableLocation};
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
    replayed(harness, disk, seed).await
}

async fn replayed(harness: &Harness, disk: &InMemory, seed: u64) -> Result<Carried> {
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
    end_the_same(&[("skip", &skipped), ("release", &released)])
}

/// The records of orders, as bronze has them.
async fn records(lake: &Lake) -> Result<Vec<(RecordPlace, String)>> {
    let table: TableName = "shop.orders".parse().map_err(anyhow::Error::msg)?;
    let store = lake.table(TableLocation::Bronze(table));
    let snapshot = store.snapshot(None).await?.context("bronze")?;
    let mut found = Vec::new();
    for rows in store.read_files(&snapshot, &snapshot.files, None).await? {
        let numbers = |name: &str| rows.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
        let texts = |name: &str| rows.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
        let (batch, row) = numbers("_batch").zip(numbers("_row")).context("numbers")?;
        let (file, record) = texts("_file").zip(texts("record")).context("texts")?;
        for at in 0..rows.num_rows() {
            let (file, row) = (file.value(at).to_owned(), u64::try_from(row.value(at))?);
            let place = RecordPlace { batch: u64::try_from(batch.value(at))?, file, row, offset: 0 };
            found.push((place, record.value(at).to_owned()));
        }
    }
    Ok(found)
}

/// Drops some records of orders and edits others, or takes all of it back.
async fn decide_records(lake: &Lake, undo: bool) -> Result<()> {
    let table: TableName = "shop.orders".parse().map_err(anyhow::Error::msg)?;
    let (mut dropped, mut edited) = (Vec::new(), Vec::new());
    for (at, (place, record)) in records(lake).await?.into_iter().enumerate() {
        let mut value: serde_json::Value = serde_json::from_str(&record)?;
        let code = value.get_mut("after").and_then(|row| row.get_mut("code")).filter(|code| code.is_number());
        match (code, at % 3) {
            (Some(code), 1) => {
                *code = 77.into();
                edited.push(DecidedRecord { place, record, text: Some(value.to_string()) });
            }
            (_, 2) => dropped.push(DecidedRecord { place, record, text: None }),
            _ => {}
        }
    }
    ensure!(!dropped.is_empty() && !edited.is_empty(), "{} dropped, {} edited", dropped.len(), edited.len());
    for (action, records) in [(RecordAction::Drop, dropped), (RecordAction::Edit, edited)] {
        let action = if undo { RecordAction::Undo } else { action };
        let (because, by) = ("it was wrong".to_owned(), "ann".to_owned());
        let decision = RecordDecision { number: 0, action, records, because, by, at_ms: 0 };
        lake.ledger().put_record_decision(&table, decision).await?;
    }
    Ok(())
}

#[test]
fn a_crash_while_records_are_dropped_or_come_back_changes_nothing() -> Result<()> {
    let (whole, decided, undone) = runtime()?.block_on(async {
        let (harness, disk) = (Harness::new(Scenario::Full)?, InMemory::new());
        for step in 0..STEPS {
            harness.deliver(&disk, step).await?;
            harness.replay_well(&harness.open(Arc::new(disk.clone()), 7 + step as u64)?).await?;
        }
        let whole = final_state(&harness.open(Arc::new(disk.clone()), 1)?).await?;
        decide_records(&harness.open(Arc::new(disk.clone()), 19)?, false).await?;
        let decided = replayed(&harness, &disk, 20).await?;
        decide_records(&harness.open(Arc::new(disk.clone()), 29)?, true).await?;
        let undone = replayed(&harness, &disk, 30).await?;
        Ok::<_, anyhow::Error>((whole, decided, undone))
    })?;
    ensure!(decided.state.fingerprints != whole.fingerprints, "silver is made of other records");
    ensure!(undone.state == whole, "as they were delivered: {}", undone.state.differences(&whole).join("; "));
    end_the_same(&[("decide", &decided), ("undo", &undone)])
}

/// From before and after every write of the runs, another run ends as they did.
fn end_the_same(carried: &[(&str, &Carried)]) -> Result<()> {
    let mut cases = Vec::new();
    for (action, carried) in carried {
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
