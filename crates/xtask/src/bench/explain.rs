//! Why a row has its values, asked of a table of very many events: without an index of its records, while one is made, and
//! with it. Each question is a process of its own, as a person starts it.

use super::bench_lake::BenchLake;
use super::machine;
use super::measure;
use super::report::Report;
use crate::process::output;
use crate::project::Project;
use anyhow::Context;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

/// Events without `--rows`; 100 M take five minutes and 20 GB to make.
const EVENTS: u64 = 4_000_000;
/// Events of a key.
const OF_KEY: u64 = 4;
/// Events of a change file.
const FILE_EVENTS: u64 = 250_000;
/// Rows that are asked for.
const QUESTIONS: u64 = 100;

/// Measures in a fresh folder, and says so on a page.
pub(super) fn measure(project: &Project, rows: &[u64], pages: &Path) -> anyhow::Result<()> {
    let events = rows.first().copied().unwrap_or(EVENTS);
    let folder = tempfile::Builder::new().prefix("sluice-bench-").tempdir()?;
    let lake = BenchLake::new(project, folder.path(), "large")?;
    lake.write_contract(&lake.folder, "orders", "decimal(12,2)")?;
    let keys = (events / OF_KEY).max(1);
    for number in 0..events.div_ceil(FILE_EVENTS) {
        let first = number * FILE_EVENTS;
        let op = if first < keys { 'c' } else { 'u' };
        let ids = (first..events.min(first + FILE_EVENTS)).map(|event| event % keys);
        lake.deliver("orders", number + 1, op, ids)?;
    }
    let mut report = Report::default();
    let made = measure::run(&mut lake.sluice(&["replay", "--json"])?)?;
    report.tell("making the table", made.wall_seconds, "s");
    std::fs::remove_dir_all(lake.folder.join("landing")).context("cannot remove the change files")?;
    let first = measure::run(&mut lake.sluice(&["explain", "bench.orders", "--key", "id=0"])?)?;
    report.tell("the first question, which makes the index", first.wall_seconds, "s");
    report.tell("the same, peak memory", first.peak_mb, "MB");
    let mut seconds = Vec::new();
    for question in 0..QUESTIONS {
        // Anywhere among the keys, the same in every run.
        let id = question.wrapping_mul(0x9e37_79b9_7f4a_7c15) % keys;
        let key = format!("id={id}");
        let mut call = lake.sluice(&["explain", "bench.orders", "--key", &key, "--json"])?;
        let begun = Instant::now();
        let said = output(call.stdout(Stdio::piped()))?;
        seconds.push(begun.elapsed().as_secs_f64());
        let said: serde_json::Value = serde_json::from_str(&said)?;
        let found = said["events"].as_array().map_or(0, Vec::len) as u64;
        let expected = events / keys;
        anyhow::ensure!(found >= expected, "{key} has {found} events instead of {expected}: {}", said["verdict"]);
        anyhow::ensure!(said["silver"]["silver"] == "same", "{key}: silver is {}", said["silver"]);
    }
    seconds.sort_by(f64::total_cmp);
    let at = |percent: usize| seconds[(seconds.len() * percent / 100).min(seconds.len() - 1)];
    report.tell("a question with the index, half of them within", at(50), "s");
    report.judge("a question with the index, 95 of 100 within", at(95), "s", 1.0);
    report.tell("the longest", at(100), "s");
    report.print();
    let page = format!(
        "# Explain\n\n`cargo xtask bench explain [--rows N]`: a table of {events} events of {keys} keys, each with {OF_KEY} \
         events in as many parts of the past. Measured are processes of `sluice explain` for {QUESTIONS} keys, from their \
         start to their end, among a table's own files on a local disk; every answer has all events of its key and is \
         compared with silver.\n\n{}\nThe index of the records is made once, by the first question on a table of more than \
         100,000 records without one; it is in the local cache, and a new batch adds a file to it.\n\n{}\n",
        report.to_markdown(),
        machine::sentence(&[&machine::commit(project)])
    );
    let file = pages.join("explain.md");
    std::fs::write(&file, page).with_context(|| format!("cannot write {}", file.display()))
}
