//! The answer to a change is lost, late or wrong, at every change of the story: nothing is lost and
//! nothing is there twice.

use anyhow::{Context, Result, ensure};
use sluice_tests::{Fault, FaultStore, Harness, Scenario, counted, in_parallel, number, some_of_each_kind};

/// Faults that a pull request tries; the night tries all.
const REPLIES: u64 = 120;

struct Case {
    number: u64,
    step: usize,
    operation: usize,
    fault: Fault,
}

fn faults() -> [Fault; 5] {
    [Fault::Reset, Fault::LostReply, Fault::LostReplyThenTaken, Fault::Conflict, Fault::LandsLate]
}

#[test]
fn every_answer_lost_late_or_wrong_changes_nothing() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (expected, steps) = runtime.block_on(Harness::new(Scenario::Short)?.clean())?;
    let mut cases = Vec::new();
    for (step, (_, operations)) in steps.iter().enumerate() {
        for operation in 1..=*operations {
            cases.extend(faults().map(|fault| Case { number: 0, step, operation, fault }));
        }
    }
    for (case, number) in cases.iter_mut().zip(1..) {
        case.number = number;
    }
    if let Some(seed) = number("SLUICE_SEED") {
        cases.retain(|case| case.number == seed);
    }
    let cases =
        some_of_each_kind("SLUICE_FAULT_CASES", REPLIES, cases, |case| (case.step, format!("{:?}", case.fault)));
    in_parallel(Scenario::Short, &cases, async |harness, case| {
        let Case { number, step, operation, fault } = case;
        let what = || format!("step {step}, operation {operation}, {fault:?}; repeat with SLUICE_SEED={number}");
        let disk = steps[*step].0.fork();
        let store = FaultStore::over(&disk);
        store.fail_at(*operation, fault.clone());
        let lake = harness.open(store.view(), 21)?;
        // A table may stop. The same process tries again, as a runner does.
        let outcome = harness.replay(&lake).await;
        if let Ok(summary) = &outcome {
            for error in summary.tables.iter().filter_map(|table| table.error.as_ref()) {
                ensure!(!error.next.is_empty(), "{}: no next step: {error:?}", what());
            }
        }
        harness.replay_well(&lake).await.with_context(what)?;
        let state = harness.play_from(&disk, *step).await.with_context(what)?;
        ensure!(state == expected, "{}: another final state\n{state:?}\ninstead of\n{expected:?}", what());
        Ok(())
    })?;
    counted("lost or wrong replies", cases.len());
    Ok(())
}
