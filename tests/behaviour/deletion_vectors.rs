//! Silver by itself, large enough for deletion vectors in files and in the log: equal to a map after
//! every batch in both modes, old versions stay as they were, key runs may vanish, and readers of
//! others see the same rows.

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use serde_json::{Value, json};
use sluice_change::{Cell, ChangeBatch, ChangeBatchBuilder, Event, Op, RowRef};
use sluice_contract::Contract;
use sluice_engine::fingerprint;
use sluice_lake::{Lake, TableLocation};
use sluice_runner::SilverTable;
use sluice_tests::{package_path, plain_rows, python, seeded};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// Text keys have real hashes, whole numbers have permutations.
fn contract(key: &str, mode: &str) -> Result<Arc<Contract>> {
    let text = format!(
        "dataset: big.items\napply: {{mode: {mode}}}\nschema:\n- {{name: id, type: {key}, primary_key: true}}\n\
         - {{name: amount, type: bigint}}\n- {{name: word, type: string}}\n"
    );
    Contract::parse(&text, "items.yaml").map(Arc::new).map_err(|problems| anyhow::anyhow!("{problems:?}"))
}

/// Amount and word of every key.
type Map = BTreeMap<i64, (Option<i64>, String)>;

/// An event as the second opinion keeps it: `None` is a delete, an amount of `None` is left out.
type Provided = Option<(Option<i64>, String)>;

struct Source {
    contract: Arc<Contract>,
    position: u64,
    events: BTreeMap<i64, BTreeMap<u64, Provided>>,
}

impl Source {
    fn new(contract: &Arc<Contract>) -> Self {
        Self { contract: Arc::clone(contract), position: 1_000, events: BTreeMap::new() }
    }

    /// Every key's events in order, folded.
    fn rows(&self) -> Map {
        let mut rows = Map::new();
        for (id, events) in &self.events {
            let mut row: Option<(Option<i64>, String)> = None;
            for provided in events.values() {
                row = provided.as_ref().map(|(amount, word)| (amount.or(row.and_then(|row| row.0)), word.clone()));
            }
            rows.extend(row.map(|row| (*id, row)));
        }
        rows
    }

    fn push(&self, batch: &mut ChangeBatchBuilder, op: Op, id: i64, position: u64, amount: Option<i64>, word: &str) {
        let key = if self.contract.columns[0].data_type.to_string() == "string" {
            Cell::Text(format!("key-{id:08}").into())
        } else {
            Cell::Int(id)
        };
        batch.push(Event {
            at: RowRef { file: 0, row: 0, offset: 0 },
            op,
            rank: 1,
            parts: [position, 0, 0, 0, 0],
            cells: vec![key, amount.map_or(Cell::Absent, Cell::Int), Cell::Text(word.to_owned().into())],
            source_time_ms: None,
            record: String::new(),
        });
    }

    /// Upserts, some of them partial, deletes, and late events.
    fn batch(&mut self, random: &mut Rng, keys: i64, events: usize) -> Result<ChangeBatch> {
        let mut batch = ChangeBatchBuilder::new(Arc::clone(&self.contract), Vec::new());
        for _ in 0..events {
            let id = random.i64(0..keys);
            self.position += 10;
            // No two events have one position.
            let position = if random.u8(..20) == 0 { self.position - 595 } else { self.position };
            let (amount, word) = (random.i64(..1_000), format!("w{}", random.u16(..500)));
            let provided = match random.u8(..10) {
                0 => None,
                1 => Some((None, word)),
                _ => Some((Some(amount), word)),
            };
            match &provided {
                None => self.push(&mut batch, Op::Delete, id, position, None, ""),
                Some((amount, word)) => self.push(&mut batch, Op::Upsert, id, position, *amount, word),
            }
            self.events.entry(id).or_default().insert(position, provided);
        }
        Ok(batch.finish()?)
    }

    fn all(&mut self, keys: i64) -> Result<ChangeBatch> {
        let mut batch = ChangeBatchBuilder::new(Arc::clone(&self.contract), Vec::new());
        for id in 0..keys {
            self.position += 10;
            self.push(&mut batch, Op::Upsert, id, self.position, Some(id), "first");
            self.events.entry(id).or_default().insert(self.position, Some((Some(id), "first".to_owned())));
        }
        Ok(batch.finish()?)
    }
}

async fn content(lake: &Lake, contract: &Contract, version: Option<u64>) -> Result<(Vec<Value>, String)> {
    let store = lake.table(TableLocation::Silver(contract.name.clone()));
    let snapshot = store.snapshot(version).await?.context("no silver")?;
    let batches = store.read_files(&snapshot, &snapshot.files, None).await?;
    let hash = fingerprint(&batches)?;
    Ok((serde_json::from_value(json!(plain_rows(&batches)?))?, hash))
}

fn expected(contract: &Contract, rows: &Map) -> BTreeMap<String, (Value, Value)> {
    let text = contract.columns[0].data_type.to_string() == "string";
    rows.iter()
        .map(|(id, (amount, word))| {
            let key = if text { json!(format!("key-{id:08}")) } else { json!(id) };
            (key.to_string(), (json!(amount), json!(word)))
        })
        .collect()
}

fn found(rows: &[Value]) -> Result<BTreeMap<String, (Value, Value)>> {
    let mut found = BTreeMap::new();
    for row in rows {
        let twice = found.insert(row[0].to_string(), (row[1].clone(), row[2].clone()));
        ensure!(twice.is_none(), "a key stands twice in silver");
    }
    Ok(found)
}

async fn run(key: &str, mode: &str, random: &mut Rng, folder: &Path) -> Result<Vec<(u64, String)>> {
    let lake = Lake::open(&folder.display().to_string()).await?;
    let contract = contract(key, mode)?;
    let mut source = Source::new(&contract);
    let mut versions = Vec::new();
    let keys = 20_000;
    let mut silver = SilverTable::open(&lake, &contract).await?;
    for number in 0..14 {
        // A new process finds the key runs of the old one, or none at all.
        if number % 5 == 4 {
            if number == 9 {
                std::fs::remove_dir_all(folder.join("_sluice/cache"))?;
            }
            let lake = Lake::open(&folder.display().to_string()).await?;
            silver = SilverTable::open(&lake, &contract).await?;
        }
        let events = random.usize(1..if number % 3 == 0 { 40 } else { 3_000 });
        let batch = if number == 0 { source.all(keys)? } else { source.batch(random, keys + 500, events)? };
        let (first, second) = (batch.clone(), batch);
        // Delivered twice, in one batch or in two.
        let ledger = silver.apply(if number % 2 == 0 { vec![first, second] } else { vec![first] }).await?;
        ledger.check()?;
        let snapshot = silver.snapshot().context("no version")?;
        let map = source.rows();
        ensure!(snapshot.rows() == map.len() as u64 && ledger.silver_after == snapshot.rows(), "batch {number}");
        let (rows, hash) = content(&lake, &contract, None).await?;
        ensure!(found(&rows)? == expected(&contract, &map), "{key}, {mode}: batch {number} differs");
        versions.push((snapshot.version, hash));
    }
    let with_vectors =
        silver.snapshot().context("no version")?.files.iter().filter(|f| f.has_deletion_vector()).count();
    ensure!((with_vectors > 0) == (mode == "deletion_vectors"), "{with_vectors} files with deletion vectors");
    Ok(versions)
}

#[tokio::test(flavor = "multi_thread")]
async fn both_modes_hold_the_same_rows_at_every_version() -> Result<()> {
    let mut random = seeded("deletion_vectors");
    for key in ["bigint", "string"] {
        let seed = random.u64(..);
        let mut hashes = Vec::new();
        for mode in ["deletion_vectors", "copy_on_write"] {
            let folder = tempfile::tempdir()?;
            let versions = run(key, mode, &mut Rng::with_seed(seed), folder.path()).await?;
            // Every old version is as it was, to a reader that begins anew.
            let lake = Lake::open(&folder.path().display().to_string()).await?;
            let contract = contract(key, mode)?;
            for (version, hash) in &versions {
                ensure!(&content(&lake, &contract, Some(*version)).await?.1 == hash, "version {version} changed");
            }
            hashes.push(versions.into_iter().map(|(_, hash)| hash).collect::<Vec<_>>());
        }
        ensure!(hashes[0] == hashes[1], "{key}: the modes differ");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_of_others_leave_deleted_rows_out() -> Result<()> {
    let Some(python) = python("deletion_vectors") else { return Ok(()) };
    let exported = tempfile::tempdir()?;
    let mut lakes = Vec::new();
    for (number, key) in ["bigint", "string"].into_iter().enumerate() {
        let folder = tempfile::tempdir()?;
        run(key, "deletion_vectors", &mut seeded("deletion_vectors"), folder.path()).await?;
        let lake = Lake::open(&folder.path().display().to_string()).await?;
        let store = lake.table(TableLocation::Silver(contract(key, "deletion_vectors")?.name.clone()));
        let snapshot = store.snapshot(None).await?.context("no silver")?;
        let columns: Vec<Value> = snapshot.schema.fields().iter().map(|field| json!(field.name())).collect();
        let document = json!({
            "name": format!("silver.big.items by {key}"),
            "path": folder.path().join(store.folder()),
            "version": snapshot.version,
            "columns": columns,
            "rows": plain_rows(&store.read_files(&snapshot, &snapshot.files, None).await?)?,
        });
        std::fs::write(exported.path().join(format!("{number}.json")), document.to_string())?;
        lakes.push(folder);
    }
    let script = package_path("python/read_tables.py");
    let output = Command::new(python).arg(script).arg(exported.path()).output()?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{out}");
    ensure!(output.status.success(), "{out}{err}");
    ensure!(out.lines().filter(|line| line.ends_with("equal")).count() == 4, "2 tables by 2 readers: {out}");
    Ok(())
}
