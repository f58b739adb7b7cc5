//! Applies the batches of a benchmark to silver tables of Sluice, in process, and prints what each cost.
//! Called by `cargo xtask bench` with the same task that its peers get: `apply-bench TASK.json`.

mod cost;
mod plan;
mod silver;
mod task;

use cost::Files;
use futures::{StreamExt, TryStreamExt};
use plan::Plan;
use serde::Deserialize;
use serde_json::json;
use silver::Fed;
use std::path::{Path, PathBuf};
use std::time::Instant;
use task::{called_with, read_json, runtime};

/// As in `sluice`: batches come and go on many threads; the system's allocator keeps twice the memory for them.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Files of the base that go into one commit: 4,000,000 rows, so that a base of any size fits into memory.
const BASE_FILES_PER_COMMIT: usize = 8;
/// Tables that are worked on at once; while one waits for the disk, others compute.
const TABLES_AT_ONCE: usize = 16;

#[derive(Deserialize)]
struct Task {
    phase: String,
    work: String,
    data: PathBuf,
    /// Folder of the lake.
    table: PathBuf,
    batches: usize,
    tables: usize,
    threads: usize,
    fsync: bool,
}

fn main() -> anyhow::Result<()> {
    let task: Task = called_with()?;
    runtime(task.threads)?.block_on(run(&task))
}

async fn run(task: &Task) -> anyhow::Result<()> {
    let plan: Plan = read_json(&task.data.join(Plan::FILE))?;
    let names: Vec<String> = (0..task.tables).map(|number| format!("t{number:04}")).collect();
    let lake = silver::open_lake(&task.table, task.fsync).await?;
    let mut tables = Vec::new();
    for name in &names {
        let contract = silver::contract(&lake, &plan, name, task.work == "scd2").await?;
        tables.push(Fed::open(&lake, contract).await?);
    }
    let mut meter = Meter::new(&task.table);
    if task.phase == "load" {
        let files = paths(task, plan.base.iter());
        let parts: Vec<&[PathBuf]> = files.chunks(BASE_FILES_PER_COMMIT).collect();
        for part in parts {
            apply(&mut tables, part).await?;
        }
        meter.take(task.tables * files.len().div_ceil(BASE_FILES_PER_COMMIT));
    } else if task.work == "replay" {
        let files = paths(task, plan.changes.iter().map(|change| &change.file));
        apply(&mut tables, &files).await?;
        meter.take(1);
    } else {
        for change in plan.changes.iter().take(task.batches) {
            meter.start();
            apply(&mut tables, &paths(task, std::iter::once(&change.file))).await?;
            meter.take(task.tables);
        }
    }
    let folders: Vec<PathBuf> = names.iter().map(|name| silver::folder_of(&task.table, name)).collect();
    let version = env!("CARGO_PKG_VERSION");
    println!(
        "{}",
        json!({ "done": true, "version": version, "kind": "delta", "peak_rss_mb": cost::peak_mb(), "tables": folders })
    );
    Ok(())
}

fn paths<'a>(task: &Task, names: impl Iterator<Item = &'a String>) -> Vec<PathBuf> {
    names.map(|name| task.data.join(name)).collect()
}

/// The same files into every table.
async fn apply(tables: &mut [Fed], files: &[PathBuf]) -> anyhow::Result<()> {
    if let [table] = tables {
        return table.apply(files).await;
    }
    let work = tables.iter_mut().map(|table| table.apply(files));
    futures::stream::iter(work).buffer_unordered(TABLES_AT_ONCE).try_collect().await
}

/// Prints what a batch cost. The walk over the folder is not part of it.
struct Meter {
    folder: PathBuf,
    files: Files,
    begun: Instant,
    cpu: f64,
}

impl Meter {
    fn new(folder: &Path) -> Self {
        cost::forget_peak();
        Self { folder: folder.to_owned(), files: Files::below(folder), begun: Instant::now(), cpu: cost::cpu_seconds() }
    }

    fn start(&mut self) {
        self.cpu = cost::cpu_seconds();
        self.begun = Instant::now();
    }

    fn take(&mut self, commits: usize) {
        let wall = self.begun.elapsed().as_secs_f64();
        let cpu = cost::cpu_seconds() - self.cpu;
        let files = Files::below(&self.folder);
        let written = files.written_since(&self.files);
        self.files = files;
        println!("{}", json!({ "wall_s": wall, "cpu_s": cpu, "commits": commits, "bytes_written": written }));
        self.start();
    }
}
