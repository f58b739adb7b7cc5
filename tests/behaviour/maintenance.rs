//! Silver under maintenance: the rows stay, beside writers too; old versions stay until their time is
//! over; differences and histories see through compactions; readers of others agree.

use anyhow::{Context, Result, bail, ensure};
use fastrand::Rng;
use serde_json::{Value, json};
use sluice_api::{DiffView, PageRequest, ResultView, TableRef, ask};
use sluice_change::{Cell, ChangeBatch, ChangeBatchBuilder, Event, Op, RowRef};
use sluice_contract::Contract;
use sluice_engine::fingerprint;
use sluice_lake::{DeltaStore, Lake, Operation, TableLocation};
use sluice_runner::{Clock, Host, HostOptions, Job, MaintainOptions, Maintained, RunError, SilverTable, maintain};
use sluice_tests::{files_below, package_path, plain_rows, python, seeded};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

const CONTRACT: &str = "dataset: big.items\nschema:\n- {name: id, type: bigint, primary_key: true}\n\
    - {name: amount, type: bigint}\n- {name: word, type: string}\n";

type Map = BTreeMap<i64, (i64, String)>;

fn contract() -> Result<Arc<Contract>> {
    Contract::parse(CONTRACT, "items.yaml").map(Arc::new).map_err(|problems| anyhow::anyhow!("{problems:?}"))
}

fn table() -> Result<TableRef> {
    "silver.big.items".parse().map_err(|error| anyhow::anyhow!("{error}"))
}

fn store(lake: &Lake) -> Result<DeltaStore> {
    Ok(lake.table(TableLocation::Silver(contract()?.name.clone())))
}

/// A source that tells every change once, in order.
struct Source {
    contract: Arc<Contract>,
    position: u64,
    rows: Map,
}

impl Source {
    fn new() -> Result<Self> {
        Ok(Self { contract: contract()?, position: 0, rows: Map::new() })
    }

    fn batch(&mut self, ids: impl Iterator<Item = i64>, random: &mut Rng) -> Result<ChangeBatch> {
        let mut batch = ChangeBatchBuilder::new(Arc::clone(&self.contract), Vec::new());
        for id in ids {
            self.position += 1;
            let delete = self.rows.contains_key(&id) && random.u8(..5) == 0;
            let (amount, word) = (random.i64(..1_000), format!("w{}", random.u16(..500)));
            batch.push(Event {
                at: RowRef { file: 0, row: 0, offset: 0 },
                op: if delete { Op::Delete } else { Op::Upsert },
                rank: 1,
                parts: [self.position, 0, 0, 0, 0],
                cells: vec![Cell::Int(id), Cell::Int(amount), Cell::Text(word.clone().into())],
                source_time_ms: None,
                record: String::new(),
            });
            if delete {
                self.rows.remove(&id);
            } else {
                self.rows.insert(id, (amount, word));
            }
        }
        Ok(batch.finish()?)
    }

    fn random_batch(&mut self, random: &mut Rng, keys: i64, most: usize) -> Result<ChangeBatch> {
        let events = random.usize(1..most);
        let ids: Vec<i64> = (0..events).map(|_| random.i64(0..keys)).collect();
        self.batch(ids.into_iter(), random)
    }
}

async fn rows(store: &DeltaStore, version: Option<u64>) -> Result<(Map, String)> {
    let snapshot = store.snapshot(version).await?.context("no silver")?;
    let batches = store.read_files(&snapshot, &snapshot.files, None).await?;
    let mut map = Map::new();
    for row in serde_json::from_value::<Vec<Value>>(json!(plain_rows(&batches)?))? {
        let whole = |at: usize| -> Result<i64> {
            let value = &row[at];
            value.as_i64().or_else(|| value.as_str()?.parse().ok()).with_context(|| format!("{value} is no number"))
        };
        let word = row[2].as_str().context("no word")?.to_owned();
        ensure!(map.insert(whole(0)?, (whole(1)?, word)).is_none(), "a key stands twice");
    }
    ensure!(map.len() as u64 == snapshot.rows(), "the log counts other rows");
    Ok((map, fingerprint(&batches)?))
}

fn small_files(dead_share: f64) -> MaintainOptions {
    MaintainOptions { target_bytes: 256 << 10, dead_share, retention: None, ..MaintainOptions::default() }
}

async fn run(lake: &Lake, options: &MaintainOptions) -> Result<Maintained> {
    let job = Job::new(sluice_api::JobId(1), "maintain");
    Ok(maintain(lake, &table()?, options, &Clock::system(), &job).await?)
}

/// Applies a batch, again when maintenance was faster.
async fn apply(lake: &Lake, silver: &mut SilverTable, batch: &ChangeBatch) -> Result<()> {
    loop {
        match silver.apply(vec![batch.clone()]).await {
            Ok(_) => return Ok(()),
            Err(RunError::Conflict(_)) => *silver = SilverTable::open(lake, &contract()?).await?,
            Err(error) => bail!(error),
        }
    }
}

async fn new_lake(folder: &Path, keys: i64, random: &mut Rng) -> Result<(Lake, SilverTable, Source)> {
    let lake = Lake::open(&folder.display().to_string()).await?;
    lake.ledger().put_contract(&contract()?.name, CONTRACT).await?;
    let (mut source, mut silver) = (Source::new()?, SilverTable::open(&lake, &contract()?).await?.without_compaction());
    let first = source.batch(0..keys, random)?;
    apply(&lake, &mut silver, &first).await?;
    Ok((lake, silver, source))
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_stay_and_unused_files_go_in_their_time() -> Result<()> {
    let (mut random, folder) = (seeded("maintenance"), tempfile::tempdir()?);
    let (lake, mut silver, mut source) = new_lake(folder.path(), 30_000, &mut random).await?;
    for _ in 0..20 {
        let batch = source.random_batch(&mut random, 31_000, 2_000)?;
        apply(&lake, &mut silver, &batch).await?;
    }
    let store = store(&lake)?;
    let (before, hash) = rows(&store, None).await?;
    ensure!(before == source.rows, "silver differs from the map");
    let versions = store.snapshot(None).await?.context("no silver")?.version;
    let mut old = BTreeMap::new();
    for version in 1..=versions {
        old.insert(version, rows(&store, Some(version)).await?.1);
    }

    let dry = run(&lake, &MaintainOptions { dry_run: true, ..small_files(0.0) }).await?;
    ensure!(dry.rewritten_files > 0 && dry.purged_rows > 0, "{dry:?}");
    ensure!(store.snapshot(None).await?.context("none")?.version == versions, "a dry run writes nothing");
    let done = run(&lake, &small_files(0.0)).await?;
    ensure!(done.rewritten_files == dry.rewritten_files && done.skipped_files == 0, "{done:?} instead of {dry:?}");
    ensure!(done.files_after < done.files_before, "{done:?}");
    let now = store.snapshot(None).await?.context("none")?;
    ensure!(now.files.iter().all(|file| !file.has_deletion_vector()), "all deletion vectors are purged");
    ensure!(rows(&store, None).await?.1 == hash, "maintenance changed rows");
    let entry = store.history(1).await?.remove(0);
    ensure!(entry.operation == Operation::Optimize && entry.info.operation_id.is_some(), "{entry:?}");
    let start = store.snapshot(Some(versions)).await?.context("none")?;
    let counts = store.change_counts(&start, &now).await?;
    ensure!((counts.added, counts.removed) == (0, 0) && counts.rearranging == counts.commits, "{counts:?}");
    ensure!(store.changes(&now, &start).await?.steps.is_empty(), "moved rows did not change");
    ensure!(run(&lake, &small_files(0.0)).await?.rewritten_files == 0, "there is nothing more to do");

    let clustered = MaintainOptions { cluster_by: vec!["amount".into(), "word".into()], ..small_files(0.25) };
    let done = run(&lake, &clustered).await?;
    ensure!(done.rewritten_files == now.files.len() as u64, "{done:?}");
    ensure!(rows(&store, None).await?.1 == hash && run(&lake, &clustered).await?.rewritten_files == 0, "{done:?}");
    ensure!(run(&lake, &MaintainOptions { cluster_by: vec!["x".into()], ..small_files(0.0) }).await.is_err(), "x");

    // A merge after it finds its rows, and deletion vectors come again.
    let batch = source.random_batch(&mut random, 31_000, 2_000)?;
    apply(&lake, &mut silver, &batch).await?;
    ensure!(rows(&store, None).await?.0 == source.rows, "silver differs after maintenance");
    for (version, hash) in &old {
        ensure!(&rows(&store, Some(*version)).await?.1 == hash, "version {version} changed");
    }
    let kept = MaintainOptions { retention: Some(Duration::from_secs(86_400)), ..small_files(0.9) };
    let kept = run(&lake, &MaintainOptions { in_flight: Duration::ZERO, ..kept }).await?;
    // What the merge wrote before it saw the maintenance is of no version.
    ensure!(kept.removed_data_files + kept.removed_vector_files <= 2 && kept.oldest_version == Some(0), "{kept:?}");
    for (version, hash) in &old {
        ensure!(&rows(&store, Some(*version)).await?.1 == hash, "version {version} is within the retention");
    }

    // Nothing but the latest version, in an hour.
    let later = Clock::fixed(Clock::system().now_ms() + 3_600_000);
    let job = Job::new(sluice_api::JobId(1), "maintain");
    let all = MaintainOptions { retention: Some(Duration::ZERO), in_flight: Duration::ZERO, ..small_files(0.9) };
    let dry = maintain(&lake, &table()?, &MaintainOptions { dry_run: true, ..all.clone() }, &later, &job).await?;
    let done = maintain(&lake, &table()?, &all, &later, &job).await?;
    ensure!(done.removed_data_files > 0 && done.removed_vector_files > 0, "{done:?}");
    ensure!((dry.removed_data_files, dry.removed_bytes) == (done.removed_data_files, done.removed_bytes), "{dry:?}");
    let fresh = Lake::open(lake.url()).await?;
    let now = fresh.table(TableLocation::Silver(contract()?.name.clone()));
    ensure!(rows(&now, None).await?.0 == source.rows, "the latest version lost something");
    let files = now.snapshot(None).await?.context("none")?;
    ensure!(files.files.iter().any(|file| file.has_deletion_vector()), "with deletion vectors");
    ensure!(rows(&now, Some(1)).await.is_err(), "version 1 cannot be read any more");
    ensure!(maintain(&lake, &table()?, &all, &later, &job).await?.removed_bytes == 0, "twice");
    read_by_others(&now, folder.path()).await
}

/// The latest version by two readers of others.
async fn read_by_others(store: &DeltaStore, lake: &Path) -> Result<()> {
    let Some(python) = python("maintenance") else { return Ok(()) };
    let snapshot = store.snapshot(None).await?.context("no silver")?;
    let columns: Vec<Value> = snapshot.schema.fields().iter().map(|field| json!(field.name())).collect();
    let document = json!({
        "name": "silver.big.items after maintenance",
        "path": lake.join(store.folder()),
        "version": snapshot.version,
        "columns": columns,
        "rows": plain_rows(&store.read_files(&snapshot, &snapshot.files, None).await?)?,
    });
    let exported = tempfile::tempdir()?;
    std::fs::write(exported.path().join("0.json"), document.to_string())?;
    let script = package_path("python/read_tables.py");
    let output = Command::new(python).arg(script).arg(exported.path()).output()?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success() && out.lines().filter(|line| line.ends_with("equal")).count() == 2, "{out}{err}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_and_maintenance_at_the_same_time_both_succeed() -> Result<()> {
    let (mut random, folder) = (seeded("maintenance_beside"), tempfile::tempdir()?);
    let (lake, mut silver, mut source) = new_lake(folder.path(), 60_000, &mut random).await?;
    let other = Lake::open(lake.url()).await?;
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let maintenance = async {
        let mut done = Vec::new();
        while !*stopped.borrow_and_update() {
            done.push(run(&other, &small_files(0.01)).await?);
        }
        Ok::<_, anyhow::Error>(done)
    };
    let merges = async {
        for _ in 0..30 {
            let batch = source.random_batch(&mut random, 61_000, 1_500)?;
            apply(&lake, &mut silver, &batch).await?;
        }
        stop.send(true)?;
        Ok::<_, anyhow::Error>(())
    };
    // The first that fails ends both.
    let (done, ()) = tokio::try_join!(maintenance, merges)?;
    let (now, _) = rows(&store(&lake)?, None).await?;
    ensure!(now == source.rows, "silver differs");
    let rewritten: u64 = done.iter().map(|done| done.rewritten_files).sum();
    let skipped: u64 = done.iter().map(|done| done.skipped_files).sum();
    println!("{} rounds beside 30 merges: {rewritten} files rewritten, {skipped} left", done.len());
    ensure!(rewritten > 0, "maintenance never came to a commit");
    // What was carried over is in a commit that moves rows only.
    let store = store(&lake)?;
    let mut carried = 0;
    for entry in store.history(usize::MAX).await?.iter().filter(|entry| entry.operation == Operation::Optimize) {
        let (before, after) =
            (store.snapshot(Some(entry.version - 1)).await?, store.snapshot(Some(entry.version)).await?);
        let (before, after) = (before.context("none")?, after.context("none")?);
        ensure!(before.rows() == after.rows(), "version {} has other rows", entry.version);
        let new = |path: &str| !before.files.iter().any(|file| file.path == path);
        carried += after.files.iter().filter(|file| file.has_deletion_vector() && new(&file.path)).count();
    }
    println!("{carried} new files with rows that a merge deleted meanwhile");
    Ok(())
}

async fn page(host: &Host, result: &ResultView) -> Result<Vec<Vec<Value>>> {
    let ipc = host.page(PageRequest { result: result.id, first_row: 0, rows: 1_000 }).await?;
    let reader = arrow::ipc::reader::StreamReader::try_new(ipc.as_slice(), None)?;
    let batches = reader.collect::<Result<Vec<_>, _>>()?;
    Ok(serde_json::from_value(json!(plain_rows(&batches)?))?)
}

/// The first rows, found by themselves, are those that all rows begin with.
async fn ensure_first_rows(host: &Host, whole: &DiffView) -> Result<()> {
    const ROWS: u32 = 30;
    let (table, from, to) = (whole.table.clone(), whole.from, whole.to);
    let first = host.call(ask::DiffFirst { table, from, to, rows: ROWS }).await?;
    let (found, all) = (page(host, &first.result).await?, page(host, &whole.result).await?);
    ensure!(all.starts_with(&found) && first.schema == whole.schema, "{from} -> {to}: {found:?} is not the beginning");
    match &first.of {
        Some(counts) => ensure!(found.len() * 2 >= ROWS as usize && counts.added >= whole.inserted, "{counts:?}"),
        None => ensure!(
            found.len() as u64 == whole.result.rows && first.unchanged == whole.unchanged,
            "{from} -> {to}: {} of {} rows are said to be all",
            found.len(),
            whole.result.rows
        ),
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_and_histories_see_through_compactions() -> Result<()> {
    let (mut random, folder) = (seeded("maintenance_diff"), tempfile::tempdir()?);
    let (lake, mut silver, mut source) = new_lake(folder.path(), 10_000, &mut random).await?;
    for number in 0..24 {
        let batch = source.random_batch(&mut random, 10_100, 300)?;
        apply(&lake, &mut silver, &batch).await?;
        if number % 5 == 4 {
            // Once in another order than that of the keys.
            let cluster_by = if number == 14 { vec!["amount".to_owned()] } else { Vec::new() };
            let options = MaintainOptions { cluster_by, ..small_files(0.01) };
            ensure!(run(&lake, &options).await?.rewritten_files > 0, "nothing was compacted");
            silver = SilverTable::open(&lake, &contract()?).await?.without_compaction();
        }
    }
    let store = store(&lake)?;
    let last = store.snapshot(None).await?.context("none")?.version;
    let mut versions = Vec::new();
    for version in 0..=last {
        versions.push(rows(&store, Some(version)).await?.0);
    }
    let host = Host::new(HostOptions { lake: Some(lake.url().to_owned()), ..HostOptions::default() });
    let silver_table = table()?;
    let history =
        |id: String| host.call(ask::RowHistory { table: silver_table.clone(), key: vec![("id".to_owned(), id)] });
    for _ in 0..25 {
        let (from, to) = (random.u64(..=last), random.u64(..=last));
        let (before, after) = (&versions[usize::try_from(from)?], &versions[usize::try_from(to)?]);
        let inserted = after.keys().filter(|id| !before.contains_key(id)).count() as u64;
        let deleted = before.keys().filter(|id| !after.contains_key(id)).count() as u64;
        let differs = |id: &&i64| before.get(id).is_some_and(|row| after.get(id).is_some_and(|other| other != row));
        let updated = before.keys().filter(differs).count() as u64;
        let diff = host.call(ask::Diff { table: table()?, from, to, job: None }).await?;
        let found = (diff.inserted, diff.updated, diff.deleted, diff.result.rows);
        ensure!(found == (inserted, updated, deleted, inserted + updated + deleted), "{from} -> {to}: {found:?}");
        ensure!(diff.unchanged == before.len() as u64 - updated - deleted, "{from} -> {to}");
        let counts = host.call(ask::DiffCounts { table: table()?, from, to }).await?;
        ensure!(counts.rows_before + counts.added == counts.rows_after + counts.removed, "{counts:?}");
        ensure!(counts.added >= inserted + updated && counts.removed >= deleted + updated, "{counts:?}");
        for row in page(&host, &diff.result).await?.iter().take(50) {
            let id = row[1].as_i64().or_else(|| row[1].as_str()?.parse().ok()).context("no id")?;
            let kind = match (before.get(&id), after.get(&id)) {
                (None, Some(_)) => "+",
                (Some(_), None) => "-",
                _ => "~",
            };
            ensure!(row[0] == kind, "{from} -> {to}: {row:?}");
        }
        ensure_first_rows(&host, &diff).await?;
    }
    let left = files_below(&folder.path().join("_sluice/cache"))?;
    let scratch = left.iter().filter(|path| path.to_string_lossy().contains("rows-of-")).count();
    ensure!(scratch == 0, "{scratch} files were left behind");
    for id in (0..40).map(|number| number * 77) {
        let mut expected = Vec::new();
        let mut known: Option<&(i64, String)> = None;
        for (version, map) in versions.iter().enumerate() {
            let now = map.get(&id);
            match (known, now) {
                (None, Some(row)) => expected.push((version, "+", row.0)),
                (Some(row), None) => expected.push((version, "-", row.0)),
                (Some(old), Some(row)) if old != row => expected.push((version, "~", row.0)),
                _ => {}
            }
            known = now;
        }
        let history = history(id.to_string()).await?;
        let mut found = Vec::new();
        for row in page(&host, &history.result).await? {
            let number = |value: &Value| value.as_i64().or_else(|| value.as_str()?.parse().ok());
            let version = usize::try_from(number(&row[0]).context("no version")?)?;
            found.push((
                version,
                row[3].as_str().unwrap_or_default().to_owned(),
                number(&row[5]).context("no amount")?,
            ));
        }
        let expected: Vec<_> = expected.into_iter().map(|(at, kind, row)| (at, kind.to_owned(), row)).collect();
        ensure!(found == expected, "key {id}: {found:?} instead of {expected:?}");
    }
    ensure!(history("x".to_owned()).await.is_err(), "x is no number");
    ensure!(history("999999".to_owned()).await?.result.rows == 0, "no such row");
    Ok(())
}
