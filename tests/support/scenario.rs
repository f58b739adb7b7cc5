//! A small fixed scenario on a store in memory, played step by step, and what has to hold at its end.
//!
//! Two tables with inserts, updates, deletes, a truncate, late and doubled events, poison records and
//! enough batches for a checkpoint of the log; a gold model; then a contract that changes a type, so
//! that silver is rebuilt from bronze.

use crate::{FaultStore, Rows};
use anyhow::{Context, Result, ensure};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use sluice_api::{JobId, Layer, ReplayLimits, ReplaySummary, TableRef};
use sluice_contract::TableName;
use sluice_engine::fingerprint;
use sluice_lake::{AppId, Clock, DeltaStore, IdGenerator, Lake, LakeEnvironment, LeaseTimes, Operation, TableLocation};
use sluice_query::{QueryEngine, QueryOptions};
use sluice_runner::{ContractSet, Job, MaintainOptions, Maintained, ReplayOptions, maintain, replay};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use url::Url;

const ORDERS: &str = "shop.orders";
const CUSTOMERS: &str = "shop.customers";

/// How much of it is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Everything, with enough batches for a checkpoint of the log.
    Full,
    /// The first batches only, for tests that play it very often.
    Short,
}

/// What one thread needs to play stories: a SQL engine and a folder for copies of data files.
pub struct Harness {
    story: Scenario,
    engine: QueryEngine,
    cache: TempDir,
    clock: Clock,
}

/// Everything that a story leads to, for comparing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FinalState {
    /// Content hash of every silver and gold table.
    pub fingerprints: BTreeMap<String, String>,
    /// Records of every bronze table and every quarantine, sorted.
    pub records: BTreeMap<String, Vec<Vec<Option<String>>>>,
    /// Records read and put into quarantine by all merges of every table.
    pub counts: BTreeMap<String, (u64, u64)>,
}

impl FinalState {
    /// What differs from another one, in few words.
    #[must_use]
    pub fn differences(&self, expected: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        for (name, hash) in &expected.fingerprints {
            if self.fingerprints.get(name) != Some(hash) {
                differences.push(format!("{name} has other rows"));
            }
        }
        for (name, counts) in &expected.counts {
            if self.counts.get(name) != Some(counts) {
                differences.push(format!("{name} counts {:?}, not {counts:?}", self.counts.get(name)));
            }
        }
        for (name, rows) in &expected.records {
            let found = self.records.get(name).map(Vec::as_slice).unwrap_or_default();
            let lacks: Vec<_> = rows.iter().filter(|row| !found.contains(row)).collect();
            let more: Vec<_> = found.iter().filter(|row| !rows.contains(row)).collect();
            if found != rows.as_slice() {
                differences.push(format!("{name} lacks {lacks:?} and has {more:?}"));
            }
        }
        differences
    }
}

/// The files that a user puts into the lake before a step.
fn inputs(story: Scenario, step: usize) -> Vec<(String, String)> {
    let mut inputs = all_inputs(step);
    let last = if story == Scenario::Short { "batch-0002" } else { "batch-9999" };
    inputs.retain(|(path, _)| {
        step > 0 || path.rsplit('/').next().is_some_and(|name| !name.starts_with("batch") || name[..10] <= *last)
    });
    inputs
}

fn all_inputs(step: usize) -> Vec<(String, String)> {
    let contract = |table: &str, columns: &str| {
        // A table that was created and got no rows yet fails this.
        let quality = if table == ORDERS { "quality:\n- check: \"row_count > 0\"\n" } else { "" };
        let text = format!(
            "dataset: \"{table}\"\nsource: {{path: \"landing/{table}/\", format: debezium_json}}\napply:\n  quarantine_limit: 1\nguards:\n  truncate: allow\n{quality}schema:\n- {{name: id, type: bigint, primary_key: true}}\n{columns}"
        );
        (format!("contracts/{}.yaml", table.replace('.', "/")), text)
    };
    let file = |table: &str, number: usize, lines: &[&str]| {
        (format!("landing/{table}/batch-{number:04}.json"), format!("{}\n", lines.join("\n")))
    };
    match step {
        0 => vec![
            contract(ORDERS, "- {name: customer, type: bigint}\n- {name: code, type: int}\n"),
            contract(CUSTOMERS, "- {name: name, type: string}\n"),
            ("models/shop/orders_by_customer.sql".to_owned(), MODEL.to_owned()),
            file(
                ORDERS,
                1,
                &[
                    r#"{"op":"c","after":{"id":1,"customer":1,"code":7},"source":{"lsn":100}}"#,
                    r#"{"op":"c","after":{"id":2,"customer":2,"code":8},"source":{"lsn":101}}"#,
                ],
            ),
            file(
                ORDERS,
                2,
                &[
                    r#"{"op":"u","after":{"id":1,"customer":2,"code":9},"source":{"lsn":110}}"#,
                    r#"{"op":"c","after":{"id":3,"customer":1,"code":"7b"},"source":{"lsn":111}}"#,
                ],
            ),
            file(ORDERS, 3, &[r#"{"op":"d","before":{"id":2},"source":{"lsn":120}}"#]),
            // Late: the delete above stays.
            file(
                ORDERS,
                4,
                &[
                    r#"{"op":"u","after":{"id":2,"customer":3,"code":1},"source":{"lsn":115}}"#,
                    r#"{"op":"c","after":{"id":4,"customer":3,"code":4},"source":{"lsn":130}}"#,
                ],
            ),
            // Delivered twice.
            file(
                ORDERS,
                5,
                &[
                    r#"{"op":"c","after":{"id":4,"customer":3,"code":4},"source":{"lsn":130}}"#,
                    r#"{"op":"c","after":{"id":5,"customer":1,"code":5},"source":{"lsn":131}}"#,
                ],
            ),
            file(ORDERS, 6, &[r#"{"op":"u","after":{"id":5,"customer":1,"code":6},"source":{"lsn":140}}"#]),
            file(ORDERS, 7, &[r#"{"op":"c","after":{"id":6,"customer":2,"code":6},"source":{"lsn":150}}"#]),
            file(ORDERS, 8, &[r#"{"op":"d","before":{"id":6},"source":{"lsn":160}}"#]),
            file(ORDERS, 9, &[r#"{"op":"c","after":{"id":7,"customer":2,"code":6},"source":{"lsn":170}}"#]),
            file(ORDERS, 10, &[r#"{"op":"u","after":{"id":7,"customer":3,"code":2},"source":{"lsn":180}}"#]),
            file(
                CUSTOMERS,
                1,
                &[
                    r#"{"op":"r","after":{"id":1,"name":"Ada"},"source":{"lsn":90}}"#,
                    r#"{"op":"r","after":{"id":2,"name":"Bo"},"source":{"lsn":90}}"#,
                ],
            ),
            file(CUSTOMERS, 2, &[r#"{"op":"t","source":{"lsn":105}}"#]),
            file(
                CUSTOMERS,
                3,
                &[
                    r#"{"op":"c","after":{"id":1,"name":"Ada"},"source":{"lsn":112}}"#,
                    r#"{"op":"u","after":{"id":1,"name":"Ada L."},"source":{"lsn":113}}"#,
                    r#"{"op":"c","after":{"id":3,"name":"Cy"},"source":{"lsn":114}}"#,
                ],
            ),
        ],
        _ => vec![
            // `7b` of the first step is a code from now on.
            contract(ORDERS, "- {name: customer, type: bigint}\n- {name: code, type: string}\n"),
            file(
                ORDERS,
                11,
                &[
                    r#"{"op":"u","after":{"id":4,"customer":1,"code":"4c"},"source":{"lsn":190}}"#,
                    r#"{"op":"z","after":{"id":4},"source":{"lsn":191}}"#,
                ],
            ),
            file(CUSTOMERS, 4, &[r#"{"op":"d","before":{"id":3},"source":{"lsn":195}}"#]),
        ],
    }
}

const MODEL: &str = "SELECT customer, count(*) AS orders FROM silver.shop.orders GROUP BY customer\n";

/// Steps of the story.
pub const STEPS: usize = 2;

impl Harness {
    /// A harness of its own.
    ///
    /// # Errors
    /// When DuckDB or the disk refuses.
    pub fn new(story: Scenario) -> Result<Self> {
        Self::with_clock(story, Clock::fixed(1_700_000_000_000))
    }

    /// A harness where it is always as late as the clock says.
    ///
    /// # Errors
    /// See [`Harness::new`].
    pub fn with_clock(story: Scenario, clock: Clock) -> Result<Self> {
        let cache = tempfile::Builder::new().prefix("sluice-harness-").tempdir()?;
        let allowed = vec![cache.path().to_path_buf()];
        let engine = QueryEngine::new(QueryOptions { allowed, threads: 1, ..QueryOptions::default() })?;
        Ok(Self { story, engine, cache, clock })
    }

    /// A new process on a store. The seed makes its file names.
    ///
    /// # Errors
    /// When the address is refused, which would be a bug.
    pub fn open(&self, store: Arc<dyn ObjectStore>, seed: u64) -> Result<Lake> {
        let environment = LakeEnvironment {
            clock: self.clock.clone(),
            ids: IdGenerator::seeded(seed),
            cache_folder: Some(self.cache.path().to_path_buf()),
            // A process here is at work or dead, so the dead are taken over soon and nobody needs heartbeats.
            lease: LeaseTimes {
                heartbeat_interval: Duration::from_secs(3_600),
                lease_timeout: Duration::from_millis(16),
            },
            ..LakeEnvironment::default()
        };
        Ok(Lake::with_environment(store, &Url::parse("memory:///lake")?, environment)?)
    }

    /// Replays what waits, one file a batch and one table after the other.
    ///
    /// # Errors
    /// When the lake cannot be used.
    pub async fn replay(&self, lake: &Lake) -> Result<ReplaySummary> {
        let set = ContractSet::draft(lake).await?;
        ensure!(set.problems.is_empty(), "{:?}", set.problems);
        let limits = ReplayLimits { max_files: Some(1), ..ReplayLimits::default() };
        let options = ReplayOptions { limits, concurrency: 1, ..ReplayOptions::default() };
        Ok(replay(lake, &self.engine, &set, &options, &Job::new(JobId(1), "story")).await?)
    }

    /// Replays, and any table that stopped is an error.
    ///
    /// # Errors
    /// See [`Harness::replay`].
    pub async fn replay_well(&self, lake: &Lake) -> Result<ReplaySummary> {
        let summary = self.replay(lake).await?;
        for table in &summary.tables {
            ensure!(table.error.is_none(), "{} stopped: {:?}", table.table, table.error);
        }
        ensure!(summary.gold_failed.is_empty(), "gold was not refreshed: {:?}", summary.gold_failed);
        Ok(summary)
    }

    /// Maintains every table: small files become one, silver is clustered (which takes every file of it),
    /// and every file that the latest version does not name is removed.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn maintain(&self, lake: &Lake) -> Result<Vec<Maintained>> {
        let options = |layer| MaintainOptions {
            dead_share: 0.0,
            cluster_by: if layer == Layer::Silver { vec!["id".to_owned()] } else { Vec::new() },
            retention: Some(Duration::ZERO),
            in_flight: Duration::ZERO,
            ..MaintainOptions::default()
        };
        // Later than every commit and every file.
        let clock = Clock::fixed(32_503_680_000_000);
        let mut all = vec![TableRef { layer: Layer::Gold, name: gold()? }];
        for name in tables()? {
            all.extend([Layer::Bronze, Layer::Silver].map(|layer| TableRef { layer, name: name.clone() }));
        }
        let mut done = Vec::new();
        for table in all {
            done.push(maintain(lake, &table, &options(table.layer), &clock, &Job::new(JobId(1), "maintain")).await?);
        }
        Ok(done)
    }

    /// Puts the files of a step into the lake; those that are there stay as they are.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn deliver(&self, disk: &InMemory, step: usize) -> Result<()> {
        for (path, content) in inputs(self.story, step) {
            let path = Path::from(format!("lake/{path}"));
            let there = match disk.get(&path).await {
                Ok(found) => Some(found.bytes().await?),
                Err(_) => None,
            };
            if there.as_deref() != Some(content.as_bytes()) {
                disk.put(&path, content.into()).await?;
            }
        }
        Ok(())
    }

    /// The ending without faults, the store at the begin of every step, and the operations of the steps.
    ///
    /// # Errors
    /// When a table stops, or the ledgers do not balance.
    pub async fn clean(&self) -> Result<(FinalState, Vec<(InMemory, usize)>)> {
        let disk = InMemory::new();
        let mut steps = Vec::new();
        for step in 0..STEPS {
            self.deliver(&disk, step).await?;
            let (begin, store) = (disk.fork(), FaultStore::over(&disk));
            self.replay_well(&self.open(store.view(), 7)?).await?;
            steps.push((begin, store.log().len()));
        }
        Ok((self.play_from(&disk, STEPS).await?, steps))
    }

    /// Plays the steps from one on to the end, each by a process of its own; a step that had begun is
    /// gone on with.
    ///
    /// # Errors
    /// When a table stops, or the ledgers do not balance.
    pub async fn play_from(&self, disk: &InMemory, step: usize) -> Result<FinalState> {
        for step in step..STEPS {
            self.deliver(disk, step).await?;
            let lake = self.open(Arc::new(disk.clone()), 0x0e9d + step as u64)?;
            self.replay_well(&lake).await?;
        }
        let lake = self.open(Arc::new(disk.clone()), 1)?;
        final_state(&lake).await
    }
}

/// Tables of the story.
///
/// # Errors
/// Never, but for a bug.
pub fn tables() -> Result<Vec<TableName>> {
    [CUSTOMERS, ORDERS].iter().map(|name| name.parse().map_err(anyhow::Error::msg)).collect()
}

fn gold() -> Result<TableName> {
    "shop.orders_by_customer".parse().map_err(anyhow::Error::msg)
}

/// Reads everything and checks the laws that hold for every table by itself.
///
/// # Errors
/// When something cannot be read or a law does not hold.
pub async fn final_state(lake: &Lake) -> Result<FinalState> {
    let mut ending = FinalState::default();
    for name in tables()? {
        let silver = lake.table(TableLocation::Silver(name.clone()));
        let snapshot = silver.snapshot(None).await?.with_context(|| format!("silver of {name}"))?;
        let batches = silver.read_files(&snapshot, &snapshot.files, None).await?;
        ending.fingerprints.insert(format!("silver.{name}"), fingerprint(&batches)?);
        ending.counts.insert(name.to_string(), laws(&silver, snapshot.rows()).await?);
        let records = |location| records(lake.table(location));
        ending.records.insert(format!("bronze.{name}"), records(TableLocation::Bronze(name.clone())).await?);
        ending.records.insert(format!("quarantine.{name}"), records(TableLocation::Quarantine(name)).await?);
    }
    let model = gold()?;
    let gold = lake.table(TableLocation::Gold(model.clone()));
    let snapshot = gold.snapshot(None).await?.context("gold")?;
    let batches = gold.read_files(&snapshot, &snapshot.files, None).await?;
    ending.fingerprints.insert(format!("gold.{model}"), fingerprint(&batches)?);
    Ok(ending)
}

/// Records of a table as texts, sorted; none if it does not exist.
async fn records(store: DeltaStore) -> Result<Vec<Vec<Option<String>>>> {
    let Some(snapshot) = store.snapshot(None).await? else { return Ok(Vec::new()) };
    let mut rows = Rows::of(&store.read_files(&snapshot, &snapshot.files, None).await?)?.rows;
    rows.sort();
    Ok(rows)
}

/// The laws of conservation, commit by commit, and the versions without a gap. Records read and in
/// quarantine, of all merges.
async fn laws(silver: &DeltaStore, rows: u64) -> Result<(u64, u64)> {
    let history = silver.history(usize::MAX).await?;
    let versions: Vec<u64> = history.iter().map(|entry| entry.version).collect();
    ensure!(versions == (0..versions.len() as u64).rev().collect::<Vec<_>>(), "versions {versions:?}");
    let (mut counts, mut silver_rows) = ((0, 0), 0);
    let mut merged = Vec::new();
    for entry in history.iter().rev() {
        let Some(ledger) = entry.info.ledger else { continue };
        ledger.check()?;
        if entry.operation == Operation::Merge {
            ensure!(ledger.silver_before == silver_rows, "version {} began with other rows", entry.version);
            counts.0 += ledger.rows_in;
            counts.1 += ledger.quarantined;
            merged.push(entry.info.batch);
        }
        silver_rows = ledger.silver_after;
        ensure!(entry.info.lease.is_some(), "version {} carries no lease", entry.version);
    }
    ensure!(silver_rows == rows, "the ledger says {silver_rows} rows, there are {rows}");
    let count = merged.len();
    merged.dedup();
    ensure!(merged.len() == count, "a batch was merged twice: {merged:?}");
    Ok(counts)
}

/// Nothing is ahead of what it stands on: silver is not ahead of bronze, bronze not ahead of the claims.
///
/// # Errors
/// When something is.
pub async fn no_cursor_is_ahead(lake: &Lake) -> Result<()> {
    for name in tables()? {
        let claimed = lake.ledger().batches(&name).await?.last().map_or(0, |manifest| manifest.batch);
        let done = async |location, app: AppId| -> Result<u64> {
            let snapshot = lake.table(location).snapshot(None).await?;
            Ok(snapshot.and_then(|snapshot| snapshot.txn(&app)).map_or(0, |txn| u64::try_from(txn).unwrap_or(0)))
        };
        let bronze = done(TableLocation::Bronze(name.clone()), AppId::bronze(&name)).await?;
        let silver = done(TableLocation::Silver(name.clone()), AppId::silver(&name)).await?;
        ensure!(
            silver <= bronze && bronze <= claimed,
            "{name}: {silver} in silver, {bronze} in bronze, {claimed} claimed"
        );
    }
    Ok(())
}
