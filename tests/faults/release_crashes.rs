//! A crash at every operation of the store while a release is tried in a sandbox, published, built as a canary and taken
//! back: of every table readers see the old or the new, and what is left is taken by removing the sandbox, the next run and
//! a clean-up.
//!
//! A store writes a file whole or not at all: a local one under another name first, S3 by itself. So a crash leaves the
//! store as it was before an operation, or as after it.

use anyhow::{Context, Result, ensure};
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use sluice_api::{JobId, Layer, PublishScope, RecordChange, RecordFilter, ReplayLimits, RunMode, TableRef, ask};
use sluice_lake::{Clock, Lake, TableLocation};
use sluice_runner::{Host, HostOptions, Job, MaintainOptions, maintain};
use sluice_tests::{
    BY_STATUS, CARTS, FaultStore, Harness, Kind, ORDERS, ORDERS_PATH, Operation, Scenario, counted, delivery,
    in_parallel, number, retyped, some_of_each_kind,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Crashes that a pull request tries; the night tries all.
const CRASHES: u64 = 80;
const SANDBOX: &str = "try";
const TABLES: [&str; 3] = ["silver.shop.orders", "silver.shop.carts", "gold.shop.by_status"];

/// What crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Clone,
    Replay,
    Publish,
    Canary,
    Rollback,
    Remove,
}

const ACTS: [Act; 6] = [Act::Clone, Act::Replay, Act::Publish, Act::Canary, Act::Rollback, Act::Remove];

type Content = BTreeMap<String, String>;

/// An act without a crash.
struct Clean {
    act: Act,
    operations: Vec<Operation>,
    before: Content,
    /// After it, and after the run that follows.
    after: Content,
    release_before: u64,
}

/// A crash, and the state that it leaves.
struct Case {
    number: u64,
    clean: usize,
    what: String,
    kind: (Act, Kind, bool),
    disk: InMemory,
}

fn host(lake: &Lake) -> Result<Host> {
    Ok(Host::on_lake(lake.clone(), HostOptions::default())?)
}

async fn put(disk: &InMemory, path: &str, text: String) -> Result<()> {
    disk.put(&Path::from(format!("lake/{path}")), text.into()).await?;
    Ok(())
}

async fn deliver(disk: &InMemory, number: u64) -> Result<()> {
    for (path, text) in delivery(number) {
        put(disk, &path, text).await?;
    }
    Ok(())
}

async fn replay(host: &Host) -> Result<()> {
    let done =
        host.call(ask::StartReplay { job: JobId(1), tables: Vec::new(), limits: ReplayLimits::default() }).await?;
    ensure!(done.first_error().is_none(), "{:?}", done.first_error());
    Ok(())
}

async fn run(host: &Host) -> Result<()> {
    let limits = ReplayLimits::default();
    let done = host.call(ask::StartRun { job: JobId(2), mode: RunMode::Once, concurrency: 1, limits }).await?;
    let error = done.last.as_ref().and_then(|round| round.replay.first_error());
    ensure!(error.is_none(), "{error:?}");
    Ok(())
}

async fn publish(host: &Host, scope: PublishScope, canary: bool) -> Result<()> {
    let plan = host.call(ask::PublishPlan { scope: scope.clone(), plan: None }).await?;
    let publish = ask::Publish {
        release: plan.next,
        base: plan.document.base,
        scope,
        message: "crash".to_owned(),
        author: Some("tester".to_owned()),
        plan: None,
        during_incident: false,
        canary,
        without_tests: None,
    };
    host.call(publish).await?;
    Ok(())
}

/// A lake with a release.
async fn published(harness: &Harness) -> Result<InMemory> {
    let disk = InMemory::new();
    put(&disk, ORDERS_PATH, ORDERS.to_owned()).await?;
    put(&disk, "contracts/shop/carts.yaml", CARTS.to_owned()).await?;
    put(&disk, "models/shop/by_status.sql", BY_STATUS.to_owned()).await?;
    deliver(&disk, 1).await?;
    let host = host(&harness.open(Arc::new(disk.clone()), 5)?)?;
    replay(&host).await?;
    publish(&host, PublishScope::Draft, false).await?;
    run(&host).await?;
    Ok(disk)
}

/// Everything that comes before the act.
async fn begin(harness: &Harness, disk: &InMemory, act: Act) -> Result<()> {
    let lake = harness.open(Arc::new(disk.clone()), 6)?;
    match act {
        Act::Clone => {}
        Act::Replay => Box::pin(try_in_sandbox(&lake, false)).await?,
        Act::Publish | Act::Remove => {
            Box::pin(try_in_sandbox(&lake, true)).await?;
            // Production moves on, so the sandbox has to follow before it is taken over.
            deliver(disk, 2).await?;
            run(&host(&lake)?).await?;
        }
        Act::Canary => put(disk, ORDERS_PATH, retyped()).await?,
        Act::Rollback => {
            put(disk, ORDERS_PATH, retyped()).await?;
            publish(&host(&lake)?, PublishScope::Draft, true).await?;
            deliver(disk, 2).await?;
            run(&host(&lake)?).await?;
        }
    }
    Ok(())
}

async fn try_in_sandbox(lake: &Lake, replays: bool) -> Result<()> {
    new_sandbox(&host(lake)?).await?;
    let sandbox = lake.open_sandbox(SANDBOX).await?;
    sandbox.objects().put(ORDERS_PATH, retyped().into()).await?;
    if !replays {
        return Ok(());
    }
    // The release brings a decision on a record, too.
    let filter = RecordFilter { records: vec!["0001.json:3".to_owned()], ..RecordFilter::default() };
    let drop = ask::DecideRecords {
        table: "shop.orders".parse().map_err(anyhow::Error::msg)?,
        batch: 1,
        change: RecordChange::Drop { filter },
        because: "crash".to_owned(),
        author: Some("tester".to_owned()),
    };
    let host = host(&sandbox)?;
    Box::pin(host.call(drop)).await?;
    Box::pin(replay(&host)).await
}

async fn new_sandbox(host: &Host) -> Result<()> {
    let new = ask::NewSandbox { name: SANDBOX.to_owned(), place: None, under_lake: true, keep_seconds: None };
    host.call(new).await?;
    Ok(())
}

async fn play(lake: &Lake, act: Act) -> Result<()> {
    match act {
        Act::Clone => new_sandbox(&host(lake)?).await,
        Act::Replay => replay(&host(&lake.open_sandbox(SANDBOX).await?)?).await,
        Act::Publish => publish(&host(&lake.open_sandbox(SANDBOX).await?)?, PublishScope::Draft, false).await,
        Act::Canary => publish(&host(lake)?, PublishScope::Draft, true).await,
        Act::Rollback => publish(&host(lake)?, PublishScope::Rollback(1), false).await,
        Act::Remove => lake.remove_sandbox(SANDBOX).await.map(|_| ()).map_err(Into::into),
    }
}

async fn content(host: &Host) -> Result<Content> {
    let mut content = Content::new();
    for table in TABLES {
        let of: TableRef = table.parse().map_err(anyhow::Error::msg)?;
        content.insert(table.to_owned(), host.call(ask::Fingerprint { table: of, version: None }).await?.fingerprint);
    }
    Ok(content)
}

async fn current(host: &Host) -> Result<u64> {
    let list = host.call(ask::Releases {}).await?;
    list.releases.iter().find(|release| release.current).map(|release| release.release).context("a release")
}

async fn clean(harness: &Harness, act: Act) -> Result<Clean> {
    let disk = Box::pin(published(harness)).await?;
    Box::pin(begin(harness, &disk, act)).await.with_context(|| format!("before {act:?}"))?;
    let looked = host(&harness.open(Arc::new(disk.fork()), 1)?)?;
    let (before, release_before) = (content(&looked).await?, current(&looked).await?);
    let store = FaultStore::recording(&disk);
    Box::pin(play(&harness.open(store.view(), 7)?, act)).await.with_context(|| format!("{act:?}"))?;
    let host = host(&harness.open(Arc::new(disk.clone()), 8)?)?;
    run(&host).await?;
    Ok(Clean { act, operations: store.log().operations(), before, after: content(&host).await?, release_before })
}

fn cases(clean: &[Clean]) -> Vec<Case> {
    let mut cases = Vec::new();
    for (at, of) in clean.iter().enumerate() {
        for operation in &of.operations {
            for (is_done, disk) in [(false, &operation.before), (true, &operation.after)] {
                let Some(disk) = disk else { continue };
                cases.push(Case {
                    number: cases.len() as u64 + 1,
                    clean: at,
                    what: format!(
                        "{:?}, operation {}, {:?} {}, done: {is_done}",
                        of.act, operation.number, operation.kind, operation.path
                    ),
                    kind: (of.act, operation.kind, is_done),
                    disk: disk.fork(),
                });
            }
        }
    }
    cases
}

async fn finish(harness: &Harness, clean: &Clean, case: &Case) -> Result<()> {
    let disk = case.disk.fork();
    let lake = harness.open(Arc::new(disk.clone()), 11)?;
    let host = host(&lake)?;
    for (table, hash) in content(&host).await? {
        let known = [&clean.before, &clean.after].iter().any(|content| content.get(&table) == Some(&hash));
        ensure!(known, "readers see a mixture in {table}");
    }
    for entry in lake.sandboxes().await? {
        lake.remove_sandbox(&entry.name).await.with_context(|| format!("sandbox rm {}", entry.name))?;
    }
    let left = lake.objects().list("_sluice/sandboxes").await?;
    ensure!(left.is_empty(), "sandbox rm left {left:?}");
    run(&host).await.context("the next run")?;
    let expected = if current(&host).await? == clean.release_before { &clean.before } else { &clean.after };
    ensure!(content(&host).await? == *expected, "after the next run the release is not whole");
    clean_up(&lake).await?;
    ensure!(content(&host).await? == *expected, "a clean-up changed a table");
    Ok(())
}

/// Removes what no version needs, long after everything; nothing else is left then.
async fn clean_up(lake: &Lake) -> Result<()> {
    let options =
        MaintainOptions { retention: Some(Duration::ZERO), in_flight: Duration::ZERO, ..MaintainOptions::default() };
    let clock = Clock::fixed(32_503_680_000_000);
    for name in ["shop.orders", "shop.carts"] {
        let table = TableRef { layer: Layer::Silver, name: name.parse().map_err(anyhow::Error::msg)? };
        maintain(lake, &table, &options, &clock, &Job::new(JobId(3), "clean up")).await?;
        let store = lake.table(TableLocation::Silver(table.name.clone()));
        let snapshot = store.snapshot(None).await?.context("silver")?;
        let live: BTreeSet<String> =
            snapshot.files.iter().flat_map(|file| [Some(file.path.clone()), file.vector_file()]).flatten().collect();
        let folder = format!("silver/{}/", name.replace('.', "/"));
        for file in lake.objects().list(folder.trim_end_matches('/')).await? {
            let inside = file.path.strip_prefix(&folder).unwrap_or(&file.path).to_owned();
            let is_log = inside.starts_with('_') || inside.starts_with('.');
            ensure!(is_log || live.contains(&inside), "{} is left", file.path);
        }
    }
    Ok(())
}

#[test]
fn a_crash_anywhere_in_a_release_leaves_the_old_or_the_new() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let harness = Harness::new(Scenario::Short)?;
    let mut played = Vec::new();
    for act in ACTS {
        played.push(runtime.block_on(Box::pin(clean(&harness, act)))?);
    }
    for of in &played {
        println!("{:?}: {} operations", of.act, of.operations.len());
        ensure!(!of.operations.is_empty(), "{:?} does nothing", of.act);
        let changes = matches!(of.act, Act::Publish | Act::Canary | Act::Rollback);
        ensure!((of.before != of.after) == changes, "{:?} does not do what it is for", of.act);
    }
    let mut cases = cases(&played);
    println!("{} different states", cases.len());
    if let Some(seed) = number("SLUICE_SEED") {
        cases.retain(|case| case.number == seed);
    }
    let cases = some_of_each_kind("SLUICE_FAULT_CASES", CRASHES, cases, |case| case.kind);
    in_parallel(Scenario::Short, &cases, async |harness, case| {
        let done = Box::pin(finish(harness, &played[case.clean], case)).await;
        done.with_context(|| format!("{}; repeat with SLUICE_SEED={}", case.what, case.number))
    })?;
    counted("crashes of releases", cases.len());
    Ok(())
}

#[test]
fn a_publisher_that_ends_behind_its_release_is_finished_by_the_next_run() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let harness = Harness::new(Scenario::Short)?;
    runtime.block_on(Box::pin(async {
        let of = Box::pin(clean(&harness, Act::Publish)).await?;
        let is_pointer = |path: &Path| path.as_ref().contains("_sluice/current/");
        let mut pointer =
            of.operations.iter().filter(|operation| is_pointer(&operation.path) && operation.after.is_some());
        let disk =
            pointer.next_back().and_then(|operation| operation.after.as_ref()).context("the release is published")?;
        let lake = harness.open(Arc::new(disk.fork()), 12)?;
        let orders = TableLocation::Silver("shop.orders".parse().map_err(anyhow::Error::msg)?);
        let files = async |lake: &Lake| -> Result<BTreeSet<String>> {
            let version = lake.table(orders.clone()).snapshot(None).await?.context("orders")?;
            Ok(version.files.iter().map(|file| file.path.clone()).collect())
        };
        let sandbox = lake.sandboxes().await?.pop().context("a sandbox")?;
        let tried = files(&lake.open_sandbox(&sandbox.name).await?).await?;
        ensure!(files(&lake).await? != tried, "nothing is taken over yet");
        let host = host(&lake)?;
        run(&host).await?;
        ensure!(files(&lake).await? == tried, "the sandbox's files are production");
        ensure!(content(&host).await? == of.after, "as if nobody had been stopped");
        ensure!(lake.objects().list("_sluice/adoptions").await?.is_empty(), "the note is gone");
        Ok(())
    }))
}
