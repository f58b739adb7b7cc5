//! Compares the last two versions of the table that `apply-bench` made, asked for as the window does, and prints
//! what each part cost: the counts, the first rows, all cells. Every round begins with nothing in memory.
//! Called by `cargo xtask bench` with the same task that its peers get: `diff-bench TASK.json`.

mod cost;
mod plan;
mod task;

use anyhow::{Context, ensure};
use arrow::array::{Array, RecordBatch};
use arrow::ipc::reader::StreamReader;
use cost::Files;
use plan::Plan;
use serde::Deserialize;
use serde_json::json;
use sluice_api::{DiffView, PageRequest, TableRef, ask};
use sluice_runner::{Host, HostOptions};
use std::path::{Path, PathBuf};
use std::time::Instant;
use task::{called_with, read_json, runtime};

/// A screen of rows and some more.
const FIRST_ROWS: u32 = 200;
const ROUNDS: usize = 5;

#[derive(Deserialize)]
struct Task {
    data: PathBuf,
    /// Folder of the lake.
    table: PathBuf,
    threads: usize,
}

/// What has to be found: how the changes were made.
struct Expected {
    inserted: u64,
    updated: u64,
    deleted: u64,
}

fn main() -> anyhow::Result<()> {
    let task: Task = called_with()?;
    runtime(task.threads)?.block_on(run(&task))
}

async fn run(task: &Task) -> anyhow::Result<()> {
    let plan: Plan = read_json(&task.data.join(Plan::FILE))?;
    let rows = plan.changes.first().context("there are changes")?.rows;
    let expected = Expected { inserted: rows / 4, deleted: rows / 4, updated: rows - rows / 4 - rows / 4 };
    let table: TableRef = "silver.bench.t0000".parse().map_err(|error| anyhow::anyhow!("{error}"))?;
    let to = latest(task, &table).await?;
    cost::forget_peak();
    for _ in 0..ROUNDS {
        let host = open(task);
        let mut meter = Meter::new(&task.table);
        let counts = host.call(ask::DiffCounts { table: table.clone(), from: to - 1, to }).await?;
        meter.take("counts");
        let kinds = counts.kinds.context("the commit counts its rows")?;
        let found = (kinds.inserted, kinds.updated, kinds.deleted, counts.added, counts.removed);
        let (written, removed) = (expected.inserted + expected.updated, expected.updated + expected.deleted);
        let right = (expected.inserted, expected.updated, expected.deleted, written, removed);
        ensure!(found == right, "counts {found:?} instead of {right:?}");
    }
    let mut first_page = Vec::new();
    for _ in 0..ROUNDS {
        let host = open(task);
        let mut meter = Meter::new(&task.table);
        let first = ask::DiffFirst { table: table.clone(), from: to - 1, to, rows: FIRST_ROWS };
        let first = host.call(first).await?;
        first_page = page(&host, &first).await?;
        meter.take("first");
        ensure!(first.result.rows == u64::from(FIRST_ROWS) && first.of.is_some(), "{} rows", first.result.rows);
    }
    for _ in 0..ROUNDS {
        let host = open(task);
        let mut meter = Meter::new(&task.table);
        let all = host.call(ask::Diff { table: table.clone(), from: to - 1, to, job: None }).await?;
        meter.take("all");
        let found = (all.inserted, all.updated, all.deleted);
        ensure!(found == (expected.inserted, expected.updated, expected.deleted), "{found:?}");
        let page = page(&host, &all).await?;
        ensure!(page == first_page, "the first rows are not those of all: {}", first_difference(&first_page, &page));
    }
    let version = env!("CARGO_PKG_VERSION");
    println!(
        "{}",
        json!({ "done": true, "version": version, "kind": "delta", "peak_rss_mb": cost::peak_mb(), "equal": true })
    );
    Ok(())
}

fn open(task: &Task) -> Host {
    let lake = Some(task.table.display().to_string());
    Host::new(HostOptions { lake, missing_lake: sluice_runner::MissingLake::Create, ..HostOptions::default() })
}

async fn latest(task: &Task, table: &TableRef) -> anyhow::Result<u64> {
    Ok(open(task).call(ask::Table { table: table.clone(), version: None }).await?.version)
}

async fn page(host: &Host, view: &DiffView) -> anyhow::Result<Vec<RecordBatch>> {
    let bytes = host.page(PageRequest { result: view.result.id, first_row: 0, rows: FIRST_ROWS }).await?;
    Ok(StreamReader::try_new(bytes.as_slice(), None)?.collect::<Result<_, _>>()?)
}

/// Names the first row and column that differ, for rows of a generator.
fn first_difference(first: &[RecordBatch], all: &[RecordBatch]) -> String {
    let ([first], [all]) = (first, all) else { return format!("{} and {} batches", first.len(), all.len()) };
    if first.schema() != all.schema() || first.num_rows() != all.num_rows() {
        return format!(
            "{} rows of {:?} and {} rows of {:?}",
            first.num_rows(),
            first.schema(),
            all.num_rows(),
            all.schema()
        );
    }
    for row in 0..first.num_rows() {
        for (at, field) in first.schema().fields().iter().enumerate() {
            let (one, other) = (first.column(at).slice(row, 1), all.column(at).slice(row, 1));
            if one.as_ref() != other.as_ref() {
                return format!("row {row}, {}: {one:?} and {other:?}", field.name());
            }
        }
    }
    "by their form only".to_owned()
}

/// Prints what a part cost. The walk over the folder is not part of it.
struct Meter {
    folder: PathBuf,
    files: Files,
    begun: Instant,
    cpu: f64,
}

impl Meter {
    fn new(folder: &Path) -> Self {
        let files = Files::below(folder);
        Self { folder: folder.to_owned(), files, cpu: cost::cpu_seconds(), begun: Instant::now() }
    }

    fn take(&mut self, part: &str) {
        let wall = self.begun.elapsed().as_secs_f64();
        let cpu = cost::cpu_seconds() - self.cpu;
        let written = Files::below(&self.folder).written_since(&self.files);
        println!("{}", json!({ "wall_s": wall, "cpu_s": cpu, "commits": 0, "bytes_written": written, "part": part }));
    }
}
