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
use sluice_tests::{plain_rows, python, seeded};
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

/// Amount and word of a key; the position of the event that told each.
type Map = BTreeMap<i64, (Option<i64>, String)>;

struct Source {
    contract: Arc<Contract>,
    position: u64,
    rows: Map,
    deleted: BTreeMap<i64, u64>,
    told: BTreeMap<i64, u64>,
}

impl Source {
    fn new(contract: &Arc<Contract>) -> Self {
        let (rows, deleted, told) = (Map::new(), BTreeMap::new(), BTreeMap::new());
        Self { contract: Arc::clone(contract), position: 100, rows, deleted, told }
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
            parts: [position, 0, 0],
            cells: vec![key, amount.map_or(Cell::Absent, Cell::Int), Cell::Text(word.to_owned().into())],
            source_time_ms: None,
            record: String::new(),
        });
    }

    /// Upserts, some of them partial, deletes, and late events; told to the map at once.
    fn batch(&mut self, random: &mut Rng, keys: i64, events: usize) -> Result<ChangeBatch> {
        let mut batch = ChangeBatchBuilder::new(Arc::clone(&self.contract), Vec::new());
        for _ in 0..events {
            let id = random.i64(0..keys);
            self.position += 1;
            let late = random.u8(..20) == 0;
            let position = if late { self.position - 60 } else { self.position };
            let known = self.told.get(&id).copied().max(self.deleted.get(&id).copied());
            if late && known == Some(position) {
                continue;
            }
            let wins = known.is_none_or(|known| position > known);
            let word = format!("w{}", random.u16(..500));
            match random.u8(..10) {
                0 => {
                    self.push(&mut batch, Op::Delete, id, position, None, "");
                    if wins {
                        self.rows.remove(&id);
                        self.deleted.insert(id, position);
                        self.told.remove(&id);
                    } else if self.deleted.get(&id).is_none_or(|known| position > *known) {
                        self.deleted.insert(id, position);
                    }
                }
                1 if wins => {
                    self.push(&mut batch, Op::Upsert, id, position, None, &word);
                    let amount = self.rows.get(&id).and_then(|row| row.0);
                    self.rows.insert(id, (amount, word));
                    self.told.insert(id, position);
                }
                _ => {
                    let amount = random.i64(..1_000);
                    self.push(&mut batch, Op::Upsert, id, position, Some(amount), &word);
                    if wins {
                        self.rows.insert(id, (Some(amount), word));
                        self.told.insert(id, position);
                    } else if let Some(row) = self.rows.get_mut(&id)
                        && row.0.is_none()
                        && self.deleted.get(&id).is_none_or(|deleted| position > *deleted)
                    {
                        // A late event tells what a partial one left out.
                        row.0 = Some(amount);
                    }
                }
            }
        }
        Ok(batch.finish()?)
    }

    fn all(&mut self, keys: i64) -> Result<ChangeBatch> {
        let mut batch = ChangeBatchBuilder::new(Arc::clone(&self.contract), Vec::new());
        for id in 0..keys {
            self.position += 1;
            self.push(&mut batch, Op::Upsert, id, self.position, Some(id), "first");
            self.rows.insert(id, (Some(id), "first".to_owned()));
            self.told.insert(id, self.position);
        }
        Ok(batch.finish()?)
    }
}

async fn content(lake: &Lake, contract: &Contract, version: Option<u64>) -> Result<(Vec<Value>, String)> {
    let store = lake.table(TableLocation::Silver(contract.name.clone()));
    let snapshot = store.snapshot(version).await?.context("no silver")?;
    let batches = store.read_files(&snapshot, &snapshot.files, None).await?;
    let hash = fingerprint(&batches, &contract.apply.key)?;
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
        ensure!(snapshot.rows() == source.rows.len() as u64 && ledger.silver_after == snapshot.rows(), "batch {number}");
        let (rows, hash) = content(&lake, &contract, None).await?;
        ensure!(found(&rows)? == expected(&contract, &source.rows), "{key}, {mode}: batch {number} differs");
        versions.push((snapshot.version, hash));
    }
    let with_vectors = silver.snapshot().context("no version")?.files.iter().filter(|f| f.has_deletion_vector()).count();
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
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/read_tables.py");
    let output = Command::new(python).arg(script).arg(exported.path()).output()?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{out}");
    ensure!(output.status.success(), "{out}{err}");
    ensure!(out.lines().filter(|line| line.ends_with("equal")).count() == 4, "2 tables by 2 readers: {out}");
    Ok(())
}
