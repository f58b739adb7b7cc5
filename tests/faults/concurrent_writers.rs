//! Many writers of one lake at once: nothing is lost, nothing is there twice, no key stands twice, and a
//! writer that was paused and wakes up late does no harm.

use anyhow::{Context, Result, anyhow, ensure};
use fastrand::Rng;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use sluice_api::{ErrorCode, JobId, ReplayLimits};
use sluice_contract::TableName;
use sluice_lake::{AppId, IdGenerator, Lake, LakeEnvironment, LeaseTimes, Operation, TableLocation, TransactionId};
use sluice_query::{QueryEngine, QueryOptions};
use sluice_runner::{ContractSet, Job, ReplayOptions, replay};
use sluice_tests::{
    Fault, FaultStore, Gate, Harness, Rows, Scenario, ShopLake, Sluice, amount, counted, in_parallel, number, oracle,
    seeded,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::Url;

/// A writer may try so often before the test takes it for stuck.
const ROUNDS_MAX: usize = 500;

/// Change files of some tables, and what silver has to hold at the end.
struct Crowd {
    disk: InMemory,
    expected: BTreeMap<String, BTreeMap<i64, i64>>,
    batches: usize,
}

impl Crowd {
    async fn new(tables: usize, files: usize, random: &mut Rng) -> Result<Self> {
        let disk = InMemory::new();
        let mut expected = BTreeMap::new();
        for table in 0..tables {
            let name = format!("shop.t{table}");
            let contract = format!(
                "dataset: \"{name}\"\nsource: {{path: \"landing/{name}/\", format: debezium_json}}\nschema:\n- {{name: id, type: bigint, primary_key: true}}\n- {{name: value, type: bigint}}\n"
            );
            disk.put(&Path::from(format!("lake/contracts/shop/t{table}.yaml")), contract.into()).await?;
            let mut rows: BTreeMap<i64, i64> = BTreeMap::new();
            let mut lsn = 0;
            for file in 0..files {
                let mut lines = String::new();
                for _ in 0..random.usize(1..6) {
                    lsn += 1;
                    let id = random.i64(0..12);
                    if random.u8(..5) == 0 {
                        rows.remove(&id);
                        lines.push_str(&format!(
                            "{{\"op\":\"d\",\"before\":{{\"id\":{id}}},\"source\":{{\"lsn\":{lsn}}}}}\n"
                        ));
                    } else {
                        rows.insert(id, lsn);
                        lines.push_str(&format!(
                            "{{\"op\":\"u\",\"after\":{{\"id\":{id},\"value\":{lsn}}},\"source\":{{\"lsn\":{lsn}}}}}\n"
                        ));
                    }
                }
                disk.put(&Path::from(format!("lake/landing/{name}/{file:04}.json")), lines.into()).await?;
            }
            expected.insert(name, rows);
        }
        Ok(Self { disk, expected, batches: tables * files })
    }

    fn open(&self, cache: &std::path::Path, seed: u64) -> Result<Lake> {
        let environment = LakeEnvironment {
            ids: IdGenerator::seeded(seed),
            cache_folder: Some(cache.to_path_buf()),
            lease: LeaseTimes { heartbeat_interval: Duration::from_millis(100), lease_timeout: Duration::from_secs(5) },
            ..LakeEnvironment::default()
        };
        let store: Arc<dyn ObjectStore> = Arc::new(self.disk.clone());
        Ok(Lake::with_environment(store, &Url::parse("memory:///lake")?, environment)?)
    }

    /// One writer: one batch of every table at a time, until nothing is left.
    async fn write(&self, cache: &std::path::Path, seed: u64) -> Result<usize> {
        let engine = QueryEngine::new(QueryOptions {
            allowed: vec![cache.to_path_buf()],
            threads: 1,
            ..QueryOptions::default()
        })?;
        let mut merged = 0;
        for _ in 0..ROUNDS_MAX {
            let lake = self.open(cache, seed.wrapping_add(merged as u64 * 0x1_0000))?;
            let set = ContractSet::draft(&lake).await?;
            let limits = ReplayLimits { max_files: Some(1), batches: Some(2), ..ReplayLimits::default() };
            let options = ReplayOptions { limits, concurrency: 2, ..ReplayOptions::default() };
            let summary = replay(&lake, &engine, &set, &options, &Job::new(JobId(seed), "writer")).await?;
            let errors: Vec<_> = summary.tables.iter().filter_map(|table| table.error.as_ref()).collect();
            for error in &errors {
                ensure!(error.code == ErrorCode::Conflict, "a writer met more than another writer: {error:?}");
            }
            let batches: u64 = summary.tables.iter().map(|table| table.batches).sum();
            merged += usize::try_from(batches)?;
            if batches == 0 && errors.is_empty() {
                return Ok(merged);
            }
        }
        Err(anyhow!("it never came to its end"))
    }

    /// The checker: versions, batches, keys, rows. The number of commits.
    async fn check(&self, cache: &std::path::Path) -> Result<usize> {
        let lake = self.open(cache, 99)?;
        let mut commits = 0;
        for (name, rows) in &self.expected {
            let table: TableName = name.parse().map_err(anyhow::Error::msg)?;
            for location in [TableLocation::Bronze(table.clone()), TableLocation::Silver(table.clone())] {
                commits +=
                    versions_and_batches(&lake, location.clone()).await.with_context(|| format!("{location:?}"))?;
            }
            let silver = lake.table(TableLocation::Silver(table));
            let snapshot = silver.snapshot(None).await?.context("silver")?;
            let found = silver.read_files(&snapshot, &snapshot.files, Some(&["id", "value"])).await?;
            let mut content = BTreeMap::new();
            for row in rows_of(&found)? {
                ensure!(content.insert(row.0, row.1).is_none(), "{name}: key {} stands twice", row.0);
            }
            ensure!(content == *rows, "{name}: {content:?} instead of {rows:?}");
        }
        Ok(commits)
    }
}

fn rows_of(batches: &[arrow::array::RecordBatch]) -> Result<Vec<(i64, i64)>> {
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;
    let mut rows = Vec::new();
    for batch in batches {
        let column = |at: usize| batch.column(at).as_primitive::<Int64Type>();
        rows.extend((0..batch.num_rows()).map(|row| (column(0).value(row), column(1).value(row))));
    }
    Ok(rows)
}

/// Versions without a gap, fencing numbers that never fall, every batch exactly once.
async fn versions_and_batches(lake: &Lake, location: TableLocation) -> Result<usize> {
    let history = lake.table(location).history(usize::MAX).await?;
    let versions: Vec<u64> = history.iter().map(|entry| entry.version).collect();
    ensure!(versions == (0..versions.len() as u64).rev().collect::<Vec<_>>(), "versions {versions:?}");
    let leases: Vec<u64> = history.iter().rev().filter_map(|entry| entry.info.lease).collect();
    ensure!(leases.is_sorted(), "an older writer committed after a newer one: {leases:?}");
    // Rebuilds are counted apart from merges, by another application id.
    let id = |entry: &sluice_lake::HistoryEntry| Some((entry.info.app_id.clone()?, entry.info.batch?));
    let batches: Vec<(AppId, u64)> = history.iter().filter_map(id).collect();
    let different: BTreeSet<&(AppId, u64)> = batches.iter().collect();
    ensure!(different.len() == batches.len(), "a batch was committed twice: {batches:?}");
    Ok(versions.len())
}

#[test]
fn two_to_sixteen_writers_of_one_lake() -> Result<()> {
    let mut random = seeded("two_to_sixteen_writers");
    let files = usize::try_from(amount("SLUICE_WRITER_FILES", 8))?;
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    let mut commits = 0;
    for writers in [2, 4, 8, 16_u64] {
        let begun = Instant::now();
        let crowd = runtime()?.block_on(Crowd::new(4, files, &mut random))?;
        let cache = tempfile::Builder::new().prefix("sluice-writers-").tempdir()?;
        let seed = random.u64(..);
        let merged = std::thread::scope(|scope| -> Result<usize> {
            let threads: Vec<_> = (0..writers)
                .map(|writer| {
                    let (crowd, cache) = (&crowd, cache.path());
                    let seed = seed.wrapping_add(writer << 48);
                    scope.spawn(move || runtime()?.block_on(crowd.write(cache, seed)))
                })
                .collect();
            let mut merged = 0;
            for thread in threads {
                merged += thread.join().map_err(|_| anyhow!("a writer panicked"))??;
            }
            Ok(merged)
        })?;
        ensure!(merged == crowd.batches, "{writers} writers say {merged} batches, there are {}", crowd.batches);
        let found = runtime()?.block_on(crowd.check(cache.path()))?;
        println!("{writers} writers: {found} commits in {:.1} s", begun.elapsed().as_secs_f64());
        commits += found;
    }
    ensure!(commits >= 200, "{commits} commits are too few");
    counted("commits of concurrent writers", commits);
    Ok(())
}

/// A writer stands still at one of its operations, another one takes over and does everything; then the
/// first goes on.
#[test]
fn a_writer_that_wakes_up_late_does_no_harm() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let harness = Harness::new(Scenario::Short)?;
    let begin = InMemory::new();
    let operations = runtime.block_on(async {
        harness.deliver(&begin, 0).await?;
        let store = FaultStore::over(&begin.fork());
        harness.replay_well(&harness.open(store.view(), 1)?).await?;
        anyhow::Ok(store.log().len())
    })?;
    let expected = runtime.block_on(harness.play_from(&begin.fork(), 0))?;
    let mut cases: Vec<usize> = (1..=operations).collect();
    if let Some(seed) = number("SLUICE_SEED") {
        cases = vec![usize::try_from(seed)?];
    }
    println!("{operations} operations to be paused at");
    in_parallel(Scenario::Short, &cases, async |harness, &operation| {
        let what = || format!("paused at operation {operation}; repeat with SLUICE_SEED={operation}");
        let disk = begin.fork();
        let (zombie, gate) = (FaultStore::over(&disk), Arc::new(Gate::default()));
        zombie.fail_at(operation, Fault::Pause(Arc::clone(&gate)));
        let paused = harness.open(zombie.view(), 41)?;
        let waking = harness.replay(&paused);
        let taking_over = async {
            gate.reached().await;
            let other = Harness::new(Scenario::Short)?;
            let done = other.replay_well(&other.open(Arc::new(disk.clone()), 43)?).await;
            gate.open();
            done
        };
        let (woken, taken_over) = tokio::join!(waking, taking_over);
        taken_over.with_context(what)?;
        match woken {
            Ok(summary) => {
                for error in summary.tables.iter().filter_map(|table| table.error.as_ref()) {
                    ensure!(error.code == ErrorCode::Conflict, "{}: woke up to {error:?}", what());
                }
            }
            Err(error) => {
                let shown = error.downcast_ref::<sluice_runner::RunError>().map(sluice_runner::RunError::to_api);
                ensure!(shown.is_some_and(|shown| shown.code == ErrorCode::Conflict), "{}: {error:#}", what());
            }
        }
        let lake = harness.open(Arc::new(disk.clone()), 45)?;
        for table in sluice_tests::tables()? {
            for location in [TableLocation::Bronze(table.clone()), TableLocation::Silver(table)] {
                versions_and_batches(&lake, location).await.with_context(what)?;
            }
        }
        let state = harness.play_from(&disk, 0).await.with_context(what)?;
        ensure!(state == expected, "{}: another final state\n{state:?}\ninstead of\n{expected:?}", what());
        Ok(())
    })?;
    counted("late wake-ups", cases.len());
    Ok(())
}

/// Processes and threads on one folder, with the recorded shop and its source database as the judge.
#[tokio::test(flavor = "multi_thread")]
async fn processes_and_threads_on_one_folder() -> Result<()> {
    let clean = ShopLake::delivered_up_to(1)?;
    clean.replay().await?;
    let lake = ShopLake::delivered_up_to(1)?;
    let sluice = Sluice::on_folder(lake.folder());
    let processes: Vec<_> = (0..4).map(|_| sluice.start(&["replay", "--max-files", "1"])).collect::<Result<_>>()?;
    let here = lake.replay_by(1).await?;
    for table in &here.tables {
        ensure!(table.error.is_none(), "{table:?}");
    }
    for mut process in processes {
        let status = process.wait()?;
        ensure!(status.success(), "a writer ended with {status}");
    }
    let open = lake.lake().await?;
    let mut commits = 0;
    for table in lake.draft().await?.contracts.keys() {
        for location in [TableLocation::Bronze(table.clone()), TableLocation::Silver(table.clone())] {
            commits += versions_and_batches(&open, location).await.with_context(|| table.to_string())?;
        }
    }
    println!("{commits} commits by four processes and one in here");
    let (found, expected) = (lake.fingerprints().await?, clean.fingerprints().await?);
    ensure!(found == expected, "{found:?} instead of {expected:?}");
    for table in lake.compare(&oracle(1)).await? {
        ensure!(table.is_equal(), "{table:?}");
    }
    Ok(())
}

/// A second writer hears who has the table, and a dead one is taken over at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_writer_learns_who_has_the_table() -> Result<()> {
    let lake = ShopLake::delivered_up_to(1)?;
    let open = lake.lake().await?;
    let orders: TableName = "shop.orders".parse().map_err(anyhow::Error::msg)?;
    let turn = open.leases().candidate(&orders).await?.context("nobody has it")?;
    let lease = open.leases().take(&orders, turn).await?.context("nobody was faster")?;
    ensure!(open.leases().candidate(&orders).await?.is_none(), "it is held");
    let sluice = Sluice::on_folder(lake.folder());

    let said = sluice.call(&["replay", "--table", "shop.orders", "--wait", "0s"])?;

    ensure!(said.code == 5, "ended with {}: {}{}", said.code, said.out, said.err);
    let process = format!("process {}", std::process::id());
    ensure!(said.out.contains(&process) && said.out.contains("shop.orders"), "{}", said.out);
    let others = sluice.call(&["replay", "--wait", "0s"])?;
    ensure!(others.code == 5 && others.out.contains("shop.customers"), "the others complete: {others:?}");

    // As if the process had died: nothing is released, but the operating system frees its lock.
    drop(lease);
    let begun = Instant::now();
    sluice.ok(&["replay", "--table", "shop.orders", "--wait", "10s"])?;
    println!("taken over after {} ms", begun.elapsed().as_millis());
    let holder = open.leases().holder(&orders).await?.context("somebody had it")?;
    ensure!(holder.epoch == 2 && holder.released, "{holder:?}");
    Ok(())
}

/// Writers that know nothing of leases: the log alone keeps every commit apart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_alone_keeps_blind_writers_apart() -> Result<()> {
    let disk = InMemory::new();
    let open = |seed: u64| -> Result<Lake> {
        let environment = LakeEnvironment { ids: IdGenerator::seeded(seed), ..LakeEnvironment::default() };
        Ok(Lake::with_environment(Arc::new(disk.clone()), &Url::parse("memory:///lake")?, environment)?)
    };
    let name: TableName = "shop.orders".parse().map_err(anyhow::Error::msg)?;
    let schema = Arc::new(arrow::datatypes::Schema::new(vec![arrow::datatypes::Field::new(
        "id",
        arrow::datatypes::DataType::Int64,
        true,
    )]));
    let (writers, batches) = (8_i64, 6_i64);
    open(0)?.table(TableLocation::Bronze(name.clone())).writer().create(&schema, &[]).await?;
    let mut tasks = Vec::new();
    for writer in 0..writers {
        let (table, schema) =
            (open(writer as u64 + 1)?.table(TableLocation::Bronze(name.clone())), Arc::clone(&schema));
        tasks.push(tokio::spawn(async move {
            for batch in 1..=batches {
                let column = arrow::array::Int64Array::from(vec![writer * 1_000 + batch]);
                let rows = arrow::array::RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(column)])?;
                let file = table.writer().write_file(&[rows]).await?;
                loop {
                    let base = table.snapshot(None).await?.context("the table was created")?;
                    let (app, content_hash) = (AppId::named(&format!("writer {writer}")), "h".to_owned());
                    let id = TransactionId { app, number: batch, content_hash };
                    let commit = table.transaction(&base, id, Operation::Write).add([file.clone()]).commit();
                    if !matches!(commit.await?, sluice_lake::CommitOutcome::Conflict(_)) {
                        break;
                    }
                }
            }
            anyhow::Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    let table = open(77)?.table(TableLocation::Bronze(name));
    let snapshot = table.snapshot(None).await?.context("bronze")?;
    ensure!(snapshot.version == u64::try_from(writers * batches)?, "version {}", snapshot.version);
    let mut rows = Rows::default();
    for row in sluice_tests::plain_rows(&table.read_files(&snapshot, &snapshot.files, None).await?)? {
        rows.rows.push(vec![Some(row[0].to_string())]);
    }
    rows.rows.sort();
    rows.rows.dedup();
    ensure!(rows.rows.len() == usize::try_from(writers * batches)?, "{} different rows", rows.rows.len());
    Ok(())
}
