//! A crash at every storage operation, in four ways: nothing is lost and nothing is there twice.
//!
//! A clean run of the story keeps the store before and after each of its changes. A process that dies at
//! one of them leaves one of these states, so every case begins there, with a new process.

use anyhow::{Context, Result, ensure};
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use sluice_runner::Maintained;
use sluice_tests::{
    Fault, FaultStore, FinalState, Harness, Kind, Operation, STEPS, Scenario, amount, counted, final_state,
    in_parallel, no_cursor_is_ahead, number, seeded, some_of_each_kind, torn,
};
use std::sync::Arc;

/// Crashes that a pull request tries; the night tries all.
const CRASHES: u64 = 220;
const CRASHES_OF_MAINTENANCE: u64 = 60;

/// What the crash left of the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum CrashOutcome {
    /// Nothing.
    NotDone,
    /// All of it, but no reply.
    Done,
    /// A part.
    Torn,
    /// Nothing, and removals before it came back, as they are never synced.
    NotSynced,
}

/// A step of the clean run.
struct Clean {
    steps: Vec<Vec<Operation>>,
    state: FinalState,
}

impl Clean {
    async fn play(harness: &Harness) -> Result<Self> {
        let disk = InMemory::new();
        let mut steps = Vec::new();
        for step in 0..STEPS {
            harness.deliver(&disk, step).await?;
            let store = FaultStore::recording(&disk);
            harness.replay_well(&harness.open(store.view(), 7 + step as u64)?).await?;
            steps.push(store.log().operations());
        }
        let state = final_state(&harness.open(Arc::new(disk), 1)?).await?;
        Ok(Self { steps, state })
    }

    /// The store as a crash at an operation leaves it; `None` if that is no other state than
    /// [`CrashOutcome::NotDone`].
    async fn state(&self, step: usize, operation: &Operation, left: CrashOutcome) -> Result<Option<InMemory>> {
        let before = operation.before.as_ref().context("the state before is kept")?.fork();
        let after = operation.after.as_ref().context("the state after is kept")?;
        match left {
            CrashOutcome::NotDone => {}
            CrashOutcome::Done => return Ok(Some(after.fork())),
            CrashOutcome::Torn if matches!(operation.kind, Kind::Delete | Kind::Copy) => return Ok(None),
            CrashOutcome::Torn => {
                let whole = after.get(&operation.path).await?.bytes().await?;
                torn(&before, operation.kind, &operation.path, &whole).await?;
            }
            CrashOutcome::NotSynced => {
                let removals = self.steps[step].iter().filter(|earlier| earlier.kind == Kind::Delete);
                let removals: Vec<&Operation> = removals.filter(|earlier| earlier.number < operation.number).collect();
                if removals.is_empty() {
                    return Ok(None);
                }
                for removal in removals {
                    let gone = removal.before.as_ref().context("the state before is kept")?;
                    if let Ok(found) = gone.get(&removal.path).await {
                        before.put(&removal.path, found.bytes().await?.into()).await?;
                    }
                }
            }
        }
        Ok(Some(before))
    }
}

/// One crash, and the state that it leaves.
struct Case {
    number: u64,
    step: usize,
    what: String,
    /// What is written or removed, and how far it came.
    at: (Kind, String, CrashOutcome),
    disk: InMemory,
}

impl Case {
    fn kind(&self) -> (Kind, String, CrashOutcome) {
        self.at.clone()
    }
}

/// Files of one purpose have one name but for their digits.
fn purpose(path: &Path) -> String {
    path.as_ref().split('/').filter(|part| !part.contains(|c: char| c.is_ascii_digit())).collect::<Vec<_>>().join("/")
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// A clean run of the maintenance after the first step.
async fn maintained(harness: &Harness) -> Result<Clean> {
    let disk = InMemory::new();
    harness.deliver(&disk, 0).await?;
    harness.replay_well(&harness.open(Arc::new(disk.clone()), 5)?).await?;
    let before = final_state(&harness.open(Arc::new(disk.clone()), 1)?).await?;
    let store = FaultStore::recording(&disk);
    let done = harness.maintain(&harness.open(store.view(), 7)?).await?;
    let sum = |count: fn(&Maintained) -> u64| done.iter().map(count).sum::<u64>();
    ensure!(sum(|table| table.rewritten_files) > 10, "nothing is compacted: {done:?}");
    ensure!(sum(|table| table.removed_data_files) > 10, "nothing is removed: {done:?}");
    let state = final_state(&harness.open(Arc::new(disk), 1)?).await?;
    ensure!(state == before, "maintenance changes rows: {}", state.differences(&before).join("; "));
    Ok(Clean { steps: vec![store.log().operations()], state })
}

async fn cases(clean: &Clean) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    let mut number = 0;
    for (step, operations) in clean.steps.iter().enumerate() {
        for operation in operations {
            for left in [CrashOutcome::NotDone, CrashOutcome::Done, CrashOutcome::Torn, CrashOutcome::NotSynced] {
                number += 1;
                if let Some(disk) = clean.state(step, operation, left).await? {
                    let Operation { number: at, kind, path, .. } = operation;
                    let what = format!("step {step}, operation {at}, {kind:?} {path}, {left:?}");
                    let at = (*kind, purpose(path), left);
                    cases.push(Case { number, step, what, at, disk });
                }
            }
        }
    }
    Ok(cases)
}

async fn finish(harness: &Harness, clean: &Clean, case: &Case) -> Result<()> {
    let disk = case.disk.fork();
    let found = harness.open(Arc::new(disk.fork()), 3)?;
    no_cursor_is_ahead(&found).await?;
    let state = harness.play_from(&disk, case.step).await?;
    same(&state, &clean.state)
}

fn same(state: &FinalState, expected: &FinalState) -> Result<()> {
    ensure!(state == expected, "another final state: {}", state.differences(expected).join("; "));
    Ok(())
}

/// After a crash of the maintenance everything can be read at once, the maintenance can be done again,
/// and the story goes on to its end.
async fn maintain_again(harness: &Harness, clean: &Clean, end: &FinalState, case: &Case) -> Result<()> {
    let disk = case.disk.fork();
    let open = |seed| harness.open(Arc::new(disk.clone()), seed);
    same(&final_state(&open(1)?).await?, &clean.state).context("right after the crash")?;
    harness.maintain(&open(13)?).await.context("the second maintenance")?;
    same(&final_state(&open(1)?).await?, &clean.state).context("after the second maintenance")?;
    same(&harness.play_from(&disk, 1).await?, end).context("at the end")
}

#[test]
fn a_crash_at_every_operation_changes_nothing() -> Result<()> {
    let clean = runtime()?.block_on(Clean::play(&Harness::new(Scenario::Full)?))?;
    let operations: usize = clean.steps.iter().map(Vec::len).sum();
    let mut cases = runtime()?.block_on(cases(&clean))?;
    println!("{operations} operations, 4 outcomes each, {} different states", cases.len());
    if let Some(seed) = number("SLUICE_SEED") {
        cases.retain(|case| case.number == seed);
    }
    ensure!(operations > 80, "the story has {operations} operations only");
    let cases = some_of_each_kind("SLUICE_FAULT_CASES", CRASHES, cases, Case::kind);
    in_parallel(Scenario::Full, &cases, async |harness, case| {
        let done = finish(harness, &clean, case).await;
        done.with_context(|| format!("{}; repeat with SLUICE_SEED={}", case.what, case.number))
    })?;
    counted("crashes", cases.len());
    Ok(())
}

#[test]
fn a_crash_of_the_maintenance_loses_no_live_file() -> Result<()> {
    let end = runtime()?.block_on(Clean::play(&Harness::new(Scenario::Full)?))?.state;
    let clean = runtime()?.block_on(maintained(&Harness::new(Scenario::Full)?))?;
    let mut cases = runtime()?.block_on(cases(&clean))?;
    println!("{} operations of the maintenance, {} different states", clean.steps[0].len(), cases.len());
    if let Some(seed) = number("SLUICE_SEED") {
        cases.retain(|case| case.number == seed);
    }
    let cases = some_of_each_kind("SLUICE_FAULT_CASES", CRASHES_OF_MAINTENANCE, cases, Case::kind);
    in_parallel(Scenario::Full, &cases, async |harness, case| {
        let done = maintain_again(harness, &clean, &end, case).await;
        done.with_context(|| format!("{}; repeat with SLUICE_SEED={}", case.what, case.number))
    })?;
    counted("crashes of the maintenance", cases.len());
    Ok(())
}

#[test]
fn a_crash_while_recovering_from_a_crash_changes_nothing() -> Result<()> {
    let clean = runtime()?.block_on(Clean::play(&Harness::new(Scenario::Full)?))?;
    let cases = runtime()?.block_on(cases(&clean))?;
    let mut random = seeded("a_crash_while_recovering");
    let pairs: Vec<(usize, usize, u8)> = (0..amount("SLUICE_COMPOUND_CRASHES", 60))
        .map(|_| (random.usize(..cases.len()), random.usize(..1_000_000), random.u8(..4)))
        .collect();
    in_parallel(Scenario::Full, &pairs, async |harness, &(first, second, how)| {
        let case = &cases[first];
        // Any operation of the recovery, so it is counted first.
        let counting = case.disk.fork();
        harness.deliver(&counting, case.step).await?;
        let counted = FaultStore::over(&counting);
        harness.replay_well(&harness.open(counted.view(), 11)?).await.with_context(|| case.what.clone())?;
        let second = second % counted.log().len().max(1) + 1;
        let fault = match how {
            0 => Fault::CrashBefore,
            1 => Fault::CrashAfter,
            2 => Fault::CrashTorn,
            _ => Fault::CrashUnsynced,
        };
        let what = format!("{}, then operation {second} {fault:?}", case.what);
        let disk = case.disk.fork();
        harness.deliver(&disk, case.step).await?;
        let store = FaultStore::over(&disk);
        store.fail_at(second, fault);
        // The second process dies too, unless there was nothing left to do.
        let outcome = harness.replay(&harness.open(store.view(), 11)?).await;
        ensure!(store.is_crashed() || outcome.is_ok(), "{what}: {outcome:?}");
        let again = Case { number: 0, step: case.step, what: what.clone(), at: case.kind(), disk: store.disk() };
        finish(harness, &clean, &again).await.context(what)
    })?;
    counted("compound crashes", pairs.len());
    Ok(())
}

#[test]
fn the_same_seed_leaves_the_same_log_of_operations() -> Result<()> {
    let harness = Harness::new(Scenario::Short)?;
    let lines = |clean: &Clean| -> Vec<String> {
        let operations = clean.steps.iter().flatten();
        operations.map(|operation| format!("{:?} {}", operation.kind, operation.path)).collect()
    };
    let (first, second) = (runtime()?.block_on(Clean::play(&harness))?, runtime()?.block_on(Clean::play(&harness))?);
    ensure!(first.state == second.state, "two runs end differently");
    let (first, second) = (lines(&first), lines(&second));
    for (at, (a, b)) in first.iter().zip(&second).enumerate() {
        ensure!(a == b, "operation {}: {a} and {b}", at + 1);
    }
    ensure!(first.len() == second.len(), "{} and {} operations", first.len(), second.len());
    Ok(())
}
