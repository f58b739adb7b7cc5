//! A test of the lake is made of what each entry does to the table; when the entry changes, the test fails.

use super::data::{BACKFILLS, BEFORE, file};
use super::draft::Draft;
use super::{AT_ONCE, Example};
use anyhow::{Context, Result, ensure};
use futures::StreamExt;
use serde_json::json;
use sluice_api::{CheckState, JobId, LakeTestReport, Layer, TableRef, ask};
use sluice_contract::Effect;
use sluice_runner::{Host, HostOptions};
use sluice_tests::{TestLake, counted, some_of_each_kind};
use std::fmt::Write as _;
use std::path::Path;

/// Entries in the default tier.
const ENTRIES: u64 = 12;
/// Examples that a test made of these records does not notice, each with the reason. One that is noticed after all has to
/// leave the list.
const UNNOTICED: &[(&str, &str)] = &[
    (r##"apply.from_snapshot|files: "{version}/*.csv""##, "it is the pattern of the files already"),
    (r##"apply.from_snapshot|max_deleted_share: 0.9"##, "no batch is one that it is about"),
    (r##"apply|changes_table: true"##, "another table comes"),
    (r##"apply|mode: copy_on_write"##, "how files are written, and no row"),
    (r##"apply|on_missing_base: hold"##, "no batch is one that it is about"),
    (r##"apply|quarantine_limit: 0.5"##, "no batch is one that it is about"),
    (r##"apply|tie_policy: first"##, "no batch is one that it is about"),
    (r##"apply|tombstone_retention: 30d"##, "no batch is one that it is about"),
    (r##"apply|track_history: [status]"##, "no batch is one that it is about"),
    (r##"apply|track_history_except: [note]"##, "no batch is one that it is about"),
    (r##"guards|empty_load: allow"##, "no batch is one that it is about"),
    (r##"guards|max_deleted_rows: 50"##, "no batch is one that it is about"),
    (r##"guards|max_deleted_share: 0.5"##, "no batch is one that it is about"),
    (r##"guards|truncate: allow"##, "no batch is one that it is about"),
    (r##"quality|check: "row_count >= 0""##, "a check that comes is not one that the test states"),
    (r##"quality|severity: warn"##, "the check passes"),
    (r##"schema|amount.type: "decimal(12,2)""##, "every value is the same in the wider type"),
    (r##"schema|note.constraints: ["null_percentage <= 1"]"##, "a check that comes is not one that the test states"),
    (r##"schema|note.removed: true"##, "new records have the value still"),
    (r##"schema|note.renamed_from: remark"##, "the records have nothing that it reads otherwise"),
    (
        r##"source|backfill: [{name: old, path: landing/old, format: csv}]"##,
        "a test that was made before it has no such file",
    ),
    (
        r##"source|backfill: [{name: old, path: landing/older, format: csv, csv_columns: [id, status, amount, note]}]"##,
        "a test that was made before it has no such file",
    ),
    (r##"source|binary: hex"##, "the records have nothing that it reads otherwise"),
    (r##"source|csv_escape: "\\""##, "the records have nothing that it reads otherwise"),
    (
        r##"source|csv_layouts: [[id, status, amount, note, transact_seq], [id, status, transact_seq]]"##,
        "the records have nothing that it reads otherwise",
    ),
    (r##"source|csv_quote: "'""##, "the records have nothing that it reads otherwise"),
    (r##"source|decimal_comma: true"##, "the records have nothing that it reads otherwise"),
    (r##"source|encoding: windows-1252"##, "the records have nothing that it reads otherwise"),
    (r##"source|evolution: add_new_columns"##, "a column that comes is not one that the test states"),
    (r##"source|from_version: 12"##, "the records have nothing that it reads otherwise"),
    (r##"source|name: eu"##, "a name for people"),
    (r##"source|path: landing/moved/"##, "a test names files below the source, wherever that is"),
    (r##"source|restarts: {2: position}"##, "no batch is one that it is about"),
    (r##"source|sheet: Orders"##, "the records have nothing that it reads otherwise"),
    (r##"source|time_zone: Europe/Berlin"##, "the records have nothing that it reads otherwise"),
    (r##"source|time_zone: UTC"##, "the records have nothing that it reads otherwise"),
    (r##"|schedule: every 15m"##, "when the runner looks, and no row"),
];

const TEST: &str = "tests/shop/orders/generated.yaml";

/// Plays the batches in a lake on disk, and writes what came of each as a test.
async fn generated(draft: &Draft) -> Result<String> {
    let contract = draft.parse().map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    let folder = tempfile::Builder::new().prefix("sluice-generated-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", draft.to_string())?;
    let table = TableRef { layer: Layer::Silver, name: "shop.orders".parse().map_err(anyhow::Error::msg)? };
    let mut text = "now: 2023-11-14T22:13:20Z\nbatches:\n".to_owned();
    let mut known = 0_u64;
    for batch in 1..=BEFORE + 1 {
        let mut files = vec![file(&contract, batch, true)];
        if batch == 1 {
            let backfills = BACKFILLS.iter().map(|(path, content)| ((*path).to_owned(), (*content).to_owned()));
            files.extend(backfills.filter(|(path, _)| contract.backfill_of(path).is_some()));
        }
        writeln!(text, "- files:")?;
        for (path, content) in files {
            lake.write(&path, &content)?;
            let backfill = contract.backfill_of(&path);
            let below = backfill.map_or(&contract.source.as_ref().context("a source")?.path, |of| &of.path);
            let name = path.strip_prefix(below.trim_end_matches('/')).context("a file of the source")?;
            let name = name.trim_start_matches('/');
            let source = backfill.map(|of| format!("source: {}, ", of.name)).unwrap_or_default();
            writeln!(text, "  - {{{source}file: {}, text: {}}}", json!(name), json!(content))?;
        }
        let replayed = lake.replay().await?.tables.pop().context("one table is replayed")?;
        writeln!(text, "  expect:")?;
        if let Some(error) = &replayed.error {
            writeln!(text, "    stopped: {}", json!(error.message))?;
        }
        let counters = serde_json::to_value(replayed.counters)?;
        writeln!(text, "    counters: {counters}")?;
        let rows = lake.rows(&table).await?;
        let cell = |(name, value): (&String, &Option<String>)| match value {
            Some(value) => format!("{}: {}", json!(name), json!(value)),
            None => format!("{}: null", json!(name)),
        };
        let own = |name: &&String| !matches!(name.as_str(), "_seq" | "_col_seq");
        let rows = rows.rows.iter().map(|row| {
            let cells = rows.columns.iter().zip(row).filter(|(name, _)| own(name)).map(cell);
            format!("{{{}}}", cells.collect::<Vec<_>>().join(", "))
        });
        writeln!(text, "    silver: [{}]", rows.collect::<Vec<_>>().join(", "))?;
        let rejects = lake.quarantine("shop.orders").await?;
        let rejects = match rejects.rows.is_empty() {
            true => Vec::new(),
            false => rejects.select(&["batch", "reason", "row"])?.rows,
        };
        let reject = |row: &Vec<Option<String>>| {
            let [Some(batch), Some(reason), Some(record)] = row.as_slice() else { return None };
            (batch.parse::<u64>().ok()? > known).then(|| format!("{{reason: {reason}, record: {record}}}"))
        };
        writeln!(text, "    quarantine: [{}]", rejects.iter().filter_map(reject).collect::<Vec<_>>().join(", "))?;
        known = lake.lake().await?.ledger().batches(&table.name).await?.last().map_or(0, |manifest| manifest.batch);
        let checks = lake.host().call(ask::Quality { table: table.name.clone() }).await?.checks;
        if !checks.is_empty() {
            writeln!(text, "    checks:")?;
        }
        for check in checks {
            let verdict = match check.state() {
                CheckState::Passed => "passed",
                CheckState::Failed => "failed",
                CheckState::Warned => "warned",
                CheckState::NotEvaluated => "not evaluated",
            };
            writeln!(text, "      {}: {verdict}", json!(check.check))?;
        }
    }
    Ok(text)
}

async fn run(draft: &Draft, test: &str) -> Result<LakeTestReport> {
    let folder = tempfile::Builder::new().prefix("sluice-generated-").tempdir()?;
    let put = |path: &str, text: &str| -> Result<()> {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        Ok(std::fs::write(path, text)?)
    };
    put("contracts/shop/orders.yaml", &draft.to_string())?;
    put(TEST, test)?;
    let folder = Some(folder.path().display().to_string());
    Ok(Host::new(HostOptions::default()).call(ask::RunLakeTests { names: Vec::new(), folder, job: JobId(1) }).await?)
}

/// Whether the generated test fails when the example is written.
async fn is_noticed(example: &Example) -> Result<bool> {
    let base = Draft::base();
    let (before, after) = (example.beside(&base), example.on(&base));
    let before = if before == after || before.parse().is_err() { base.clone() } else { before };
    let test = Box::pin(generated(&before)).await.with_context(|| example.name())?;
    let as_it_was = Box::pin(run(&before, &test)).await?;
    let shown = || format!("{}\n{before}\n{test}\n{:#?}", example.name(), as_it_was.tests);
    ensure!(!as_it_was.has_failures(), "the test fails without a change: {}", shown());
    Ok(Box::pin(run(&after, &test)).await?.has_failures())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generated_test_fails_when_an_entry_changes() -> Result<()> {
    let is_expected = |example: &Example| example.entry.effect.is_some_and(|effect| effect > Effect::Metadata);
    let examples: Vec<Example> = Example::all().into_iter().filter(is_expected).collect();
    let examples = some_of_each_kind("SLUICE_GENERATED_TESTS", ENTRIES, examples, |_| ());
    counted("generated tests", examples.len());
    let played = examples.iter().map(|example| async move { (example.name(), Box::pin(is_noticed(example)).await) });
    let results: Vec<(String, Result<bool>)> = futures::stream::iter(played).buffer_unordered(AT_ONCE).collect().await;
    let mut wrong = Vec::new();
    for (name, noticed) in results {
        let because = UNNOTICED.iter().find(|(unnoticed, _)| *unnoticed == name).map(|(_, because)| because);
        match (noticed, because) {
            (Ok(true), None) | (Ok(false), Some(_)) => {}
            (Ok(false), None) => wrong.push(format!("{name} is not noticed")),
            (Ok(true), Some(because)) => wrong.push(format!("{name} is noticed, though it should not be: {because}")),
            (Err(error), _) => wrong.push(format!("{name}: {error:#}")),
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
