//! Sandboxes: how soon one of a large table is there, what a replay in it costs beside production's, how soon a rebuild tried
//! in one is live, and a comparison of many tables of which few changed. Each is a process of its own, as a person starts it.

use super::bench_lake::BenchLake;
use super::machine;
use super::measure;
use super::report::Report;
use crate::process::output;
use crate::project::Project;
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Rows of the large table without `--rows`; 100 M take ten minutes and 12 GB to make.
const ROWS: u64 = 4_000_000;
/// Rows of a change file.
const FILE_ROWS: u64 = 250_000;
/// Rows of the batch that both sides take, an eighth of them new.
const BATCH_ROWS: u64 = 200_000;
/// Tables that are compared, their rows, and how many of them a change reaches.
const TABLES: u64 = 200;
const TABLE_ROWS: u64 = 1_000;
const CHANGED: u64 = 7;

/// Measures in a fresh folder, and says so on a page.
pub(super) fn measure(project: &Project, rows: &[u64], pages: &Path) -> anyhow::Result<Report> {
    let rows = rows.first().copied().unwrap_or(ROWS);
    let folder = tempfile::Builder::new().prefix("sluice-bench-").tempdir()?;
    let mut report = Report::default();
    let large = large_table(project, folder.path(), rows, &mut report)?;
    adoption(&large, &mut report)?;
    std::fs::remove_dir_all(&large.folder).context("cannot remove the large table")?;
    many_tables(project, folder.path(), &mut report)?;
    let page = page(project, rows, &report);
    let file = pages.join("sandbox.md");
    std::fs::write(&file, page).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(report)
}

fn large_table<'p>(
    project: &'p Project,
    folder: &Path,
    rows: u64,
    report: &mut Report,
) -> anyhow::Result<BenchLake<'p>> {
    let lake = BenchLake::new(project, folder, "large")?;
    lake.write_contract(&lake.folder, "orders", "decimal(12,2)")?;
    for (number, first) in (0..rows).step_by(usize::try_from(FILE_ROWS)?).enumerate() {
        lake.deliver("orders", number as u64 + 1, 'c', first..rows.min(first + FILE_ROWS))?;
    }
    let made = measure::run(&mut lake.sluice(&["replay", "--json"])?)?;
    report.tell("making the table", made.wall_seconds, "s");
    let cloned = measure::run(&mut lake.new_sandbox()?)?;
    report.judge("a sandbox of it", cloned.wall_seconds, "s", 1.0);
    let step = usize::try_from((rows / (BATCH_ROWS - BATCH_ROWS / 8)).max(1))?;
    let updated = (0..rows).step_by(step).take(usize::try_from(BATCH_ROWS - BATCH_ROWS / 8)?);
    lake.deliver("orders", 900_000, 'u', updated.chain(rows..rows + BATCH_ROWS / 8))?;
    // First in the sandbox: what the system has read by then, production finds in memory.
    let tried = measure::run(&mut lake.in_sandbox(&["replay", "--json"])?)?;
    let real = measure::run(&mut lake.sluice(&["replay", "--json"])?)?;
    report.tell("a batch in production, processor time", real.cpu_seconds, "s");
    report.tell("the same in the sandbox", tried.cpu_seconds, "s");
    report.judge("the sandbox's cost beside production's", tried.cpu_seconds / real.cpu_seconds, "x", 1.2);
    Ok(lake)
}

/// A contract that makes every row anew is tried in a sandbox under the lake and published: its files are taken over.
fn adoption(lake: &BenchLake<'_>, report: &mut Report) -> anyhow::Result<()> {
    const NAME: &str = "wider";
    measure::run(&mut lake.sluice(&["publish", "-m", "as it is"])?)?;
    let made = output(lake.sluice(&["sandbox", "new", NAME, "--under-lake", "--json"])?.stdout(Stdio::piped()))?;
    let place = serde_json::from_str::<serde_json::Value>(&made)?["place"].as_str().map(PathBuf::from);
    let place = place.context("`sluice sandbox new` names no place")?;
    lake.write_contract(&place, "orders", "decimal(14,4)")?;
    let rebuilt = measure::run(&mut lake.sluice(&["--sandbox", NAME, "replay", "--json"])?)?;
    report.tell("a rebuild of the table in a sandbox under the lake", rebuilt.wall_seconds, "s");
    report.tell("the same, processor time", rebuilt.cpu_seconds, "s");
    report.tell("the same, peak memory", rebuilt.peak_mb, "MB");
    let fingerprint = |words: &[&str]| -> anyhow::Result<serde_json::Value> {
        let said = output(lake.sluice(words)?.stdout(Stdio::piped()))?;
        Ok(serde_json::from_str::<serde_json::Value>(&said)?["fingerprint"].clone())
    };
    let tried = fingerprint(&["--sandbox", NAME, "fingerprint", "bench.orders", "--json"])?;
    let published = measure::run(&mut lake.sluice(&["--sandbox", NAME, "publish", "-m", "wider"])?)?;
    report.judge("the rebuild is live after its publish", published.wall_seconds, "s", 10.0);
    let live = fingerprint(&["fingerprint", "bench.orders", "--json"])?;
    anyhow::ensure!(tried.is_string() && live == tried, "production has {live}, the sandbox {tried}");
    Ok(())
}

fn many_tables(project: &Project, folder: &Path, report: &mut Report) -> anyhow::Result<()> {
    let lake = BenchLake::new(project, folder, "many")?;
    for table in 0..TABLES {
        let name = format!("t{table:03}");
        lake.write_contract(&lake.folder, &name, "decimal(12,2)")?;
        lake.deliver(&name, 1, 'c', 0..TABLE_ROWS)?;
    }
    measure::run(&mut lake.sluice(&["replay", "--json"])?)?;
    measure::run(&mut lake.new_sandbox()?)?;
    for table in 0..CHANGED {
        lake.write_contract(&lake.sandbox, &format!("t{table:03}"), "decimal(14,4)")?;
    }
    measure::run(&mut lake.in_sandbox(&["replay", "--json"])?)?;
    let mut compare = lake.in_sandbox(&["diff", "--impacted"])?;
    let compared = measure::run(&mut compare)?;
    report.judge("200 tables compared of which 7 changed", compared.wall_seconds, "s", 60.0);
    let said = output(lake.in_sandbox(&["diff", "--impacted"])?.stdout(Stdio::piped()))?;
    let equal = format!("{} tables are equal", TABLES - CHANGED);
    anyhow::ensure!(said.contains(&equal), "the comparison does not say `{equal}`: {said}");
    Ok(())
}

fn page(project: &Project, rows: u64, report: &Report) -> String {
    let commit = machine::commit(project);
    format!(
        "# Sandboxes\n\n`cargo xtask bench sandbox [--rows N]` makes a table of {rows} rows with a key and three columns from \
         change files, and measures processes of `sluice` as a person starts them. What a sandbox costs does not grow with \
         the rows: it writes the log of its tables, which names the lake's files. What was rebuilt in a sandbox is \
         published without being computed again: its files become the table's.\n\n{}\n{}\n",
        report.to_markdown(),
        machine::sentence(&[&commit])
    )
}
