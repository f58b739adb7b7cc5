//! A crash at every storage operation, in four ways: nothing is lost and nothing is there twice.
//!
//! A clean run of the story keeps the store before and after each of its changes. A process that dies at
//! one of them leaves one of these states, so every case begins there, with a new process.

use anyhow::{Context, Result, ensure};
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use sluice_runner::Maintained;
use sluice_tests::{
    Ending, Fault, FaultStore, Kind, Operation, STEPS, Stage, Story, amount, counted, ending, in_parallel,
    no_cursor_is_ahead, number, seeded, torn,
};
use std::sync::Arc;

/// What the crash left of the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
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
    ending: Ending,
}

impl Clean {
    async fn play(stage: &Stage) -> Result<Self> {
        let disk = InMemory::new();
        let mut steps = Vec::new();
        for step in 0..STEPS {
            stage.deliver(&disk, step).await?;
            let store = FaultStore::recording(&disk);
            stage.replay_well(&stage.open(store.view(), 7 + step as u64)?).await?;
            steps.push(store.log().operations());
        }
        let ending = ending(&stage.open(Arc::new(disk), 1)?).await?;
        Ok(Self { steps, ending })
    }

    /// The store as a crash at an operation leaves it; `None` if that is no other state than
    /// [`Left::NotDone`].
    async fn state(&self, step: usize, operation: &Operation, left: Left) -> Result<Option<InMemory>> {
        let before = operation.before.as_ref().context("the state before is kept")?.fork();
        let after = operation.after.as_ref().context("the state after is kept")?;
        match left {
            Left::NotDone => {}
            Left::Done => return Ok(Some(after.fork())),
            Left::Torn if matches!(operation.kind, Kind::Delete | Kind::Copy) => return Ok(None),
            Left::Torn => {
                let whole = after.get(&operation.path).await?.bytes().await?;
                torn(&before, operation.kind, &operation.path, &whole).await?;
            }
            Left::NotSynced => {
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
    disk: InMemory,
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// A clean run of the maintenance after the first step.
async fn maintained(stage: &Stage) -> Result<Clean> {
    let disk = InMemory::new();
    stage.deliver(&disk, 0).await?;
    stage.replay_well(&stage.open(Arc::new(disk.clone()), 5)?).await?;
    let before = ending(&stage.open(Arc::new(disk.clone()), 1)?).await?;
    let store = FaultStore::recording(&disk);
    let done = stage.maintain(&stage.open(store.view(), 7)?).await?;
    let sum = |count: fn(&Maintained) -> u64| done.iter().map(count).sum::<u64>();
    ensure!(sum(|table| table.rewritten_files) > 10, "nothing is compacted: {done:?}");
    ensure!(sum(|table| table.removed_data_files) > 10, "nothing is removed: {done:?}");
    let ending = ending(&stage.open(Arc::new(disk), 1)?).await?;
    ensure!(ending == before, "maintenance changes rows: {}", ending.differences(&before).join("; "));
    Ok(Clean { steps: vec![store.log().operations()], ending })
}

async fn cases(clean: &Clean) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    let mut number = 0;
    for (step, operations) in clean.steps.iter().enumerate() {
        for operation in operations {
            for left in [Left::NotDone, Left::Done, Left::Torn, Left::NotSynced] {
                number += 1;
                if let Some(disk) = clean.state(step, operation, left).await? {
                    let Operation { number: at, kind, path, .. } = operation;
                    let what = format!("step {step}, operation {at}, {kind:?} {path}, {left:?}");
                    cases.push(Case { number, step, what, disk });
                }
            }
        }
    }
    Ok(cases)
}

async fn finish(stage: &Stage, clean: &Clean, case: &Case) -> Result<()> {
    let disk = case.disk.fork();
    let found = stage.open(Arc::new(disk.fork()), 3)?;
    no_cursor_is_ahead(&found).await?;
    let ending = stage.play_from(&disk, case.step).await?;
    same(&ending, &clean.ending)
}

fn same(ending: &Ending, expected: &Ending) -> Result<()> {
    ensure!(ending == expected, "another ending: {}", ending.differences(expected).join("; "));
    Ok(())
}

/// After a crash of the maintenance everything can be read at once, the maintenance can be done again,
/// and the story goes on to its end.
async fn maintain_again(stage: &Stage, clean: &Clean, end: &Ending, case: &Case) -> Result<()> {
    let disk = case.disk.fork();
    let open = |seed| stage.open(Arc::new(disk.clone()), seed);
    same(&ending(&open(1)?).await?, &clean.ending).context("right after the crash")?;
    stage.maintain(&open(13)?).await.context("the second maintenance")?;
    same(&ending(&open(1)?).await?, &clean.ending).context("after the second maintenance")?;
    same(&stage.play_from(&disk, 1).await?, end).context("at the end")
}

#[test]
fn a_crash_at_every_operation_changes_nothing() -> Result<()> {
    let clean = runtime()?.block_on(Clean::play(&Stage::new(Story::Whole)?))?;
    let operations: usize = clean.steps.iter().map(Vec::len).sum();
    let mut cases = runtime()?.block_on(cases(&clean))?;
    println!("{operations} operations, 4 outcomes each, {} different states", cases.len());
    if let Some(seed) = number("SLUICE_SEED") {
        cases.retain(|case| case.number == seed);
    }
    ensure!(operations > 80, "the story has {operations} operations only");
    in_parallel(Story::Whole, &cases, async |stage, case| {
        let done = finish(stage, &clean, case).await;
        done.with_context(|| format!("{}; repeat with SLUICE_SEED={}", case.what, case.number))
    })?;
    counted("crashes", cases.len());
    Ok(())
}

#[test]
fn a_crash_of_the_maintenance_loses_no_live_file() -> Result<()> {
    let end = runtime()?.block_on(Clean::play(&Stage::new(Story::Whole)?))?.ending;
    let clean = runtime()?.block_on(maintained(&Stage::new(Story::Whole)?))?;
    let mut cases = runtime()?.block_on(cases(&clean))?;
    println!("{} operations of the maintenance, {} different states", clean.steps[0].len(), cases.len());
    if let Some(seed) = number("SLUICE_SEED") {
        cases.retain(|case| case.number == seed);
    }
    in_parallel(Story::Whole, &cases, async |stage, case| {
        let done = maintain_again(stage, &clean, &end, case).await;
        done.with_context(|| format!("{}; repeat with SLUICE_SEED={}", case.what, case.number))
    })?;
    counted("crashes of the maintenance", cases.len());
    Ok(())
}

#[test]
fn a_crash_while_recovering_from_a_crash_changes_nothing() -> Result<()> {
    let clean = runtime()?.block_on(Clean::play(&Stage::new(Story::Whole)?))?;
    let cases = runtime()?.block_on(cases(&clean))?;
    let mut random = seeded("a_crash_while_recovering");
    let pairs: Vec<(usize, usize, u8)> = (0..amount("SLUICE_COMPOUND_CRASHES", 60))
        .map(|_| (random.usize(..cases.len()), random.usize(..1_000_000), random.u8(..4)))
        .collect();
    in_parallel(Story::Whole, &pairs, async |stage, &(first, second, how)| {
        let case = &cases[first];
        // Any operation of the recovery, so it is counted first.
        let counting = case.disk.fork();
        stage.deliver(&counting, case.step).await?;
        let counted = FaultStore::over(&counting);
        stage.replay_well(&stage.open(counted.view(), 11)?).await.with_context(|| case.what.clone())?;
        let second = second % counted.log().len().max(1) + 1;
        let fault = match how {
            0 => Fault::CrashBefore,
            1 => Fault::CrashAfter,
            2 => Fault::CrashTorn,
            _ => Fault::CrashUnsynced,
        };
        let what = format!("{}, then operation {second} {fault:?}", case.what);
        let disk = case.disk.fork();
        stage.deliver(&disk, case.step).await?;
        let store = FaultStore::over(&disk);
        store.fail_at(second, fault);
        // The second process dies too, unless there was nothing left to do.
        let outcome = stage.replay(&stage.open(store.view(), 11)?).await;
        ensure!(store.is_crashed() || outcome.is_ok(), "{what}: {outcome:?}");
        let again = Case { number: 0, step: case.step, what: what.clone(), disk: store.disk() };
        finish(stage, &clean, &again).await.context(what)
    })?;
    counted("compound crashes", pairs.len());
    Ok(())
}

#[test]
fn the_same_seed_leaves_the_same_log_of_operations() -> Result<()> {
    let stage = Stage::new(Story::Short)?;
    let lines = |clean: &Clean| -> Vec<String> {
        let operations = clean.steps.iter().flatten();
        operations.map(|operation| format!("{:?} {}", operation.kind, operation.path)).collect()
    };
    let (first, second) = (runtime()?.block_on(Clean::play(&stage))?, runtime()?.block_on(Clean::play(&stage))?);
    ensure!(first.ending == second.ending, "two runs end differently");
    let (first, second) = (lines(&first), lines(&second));
    for (at, (a, b)) in first.iter().zip(&second).enumerate() {
        ensure!(a == b, "operation {}: {a} and {b}", at + 1);
    }
    ensure!(first.len() == second.len(), "{} and {} operations", first.len(), second.len());
    Ok(())
}
