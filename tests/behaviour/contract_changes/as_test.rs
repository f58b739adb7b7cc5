//! A test of the lake is made of what each entry does to the table; when the entry changes, the test fails.

use super::data::{BACKFILLS, BEFORE, file};
use super::draft::Draft;
use super::themes::{Files, THEMES, theme_of};
use super::{AT_ONCE, Example};
use anyhow::{Context, Result, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures::StreamExt;
use serde_json::json;
use sluice_api::{CheckState, CheckView, JobId, LakeTestReport, Layer, RecordNumber, TableRef, ask};
use sluice_contract::{Contract, Effect};
use sluice_runner::{Host, HostOptions};
use sluice_tests::{TestLake, counted, some_of_each_kind};
use std::fmt::Write as _;
use std::path::Path;

/// Entries in the default tier.
const ENTRIES: u64 = 12;
/// Examples that no test of rows notices, each with the reason. One that is noticed after all has to leave the list.
const UNNOTICED: &[(&str, &str)] = &[
    (r##"apply|mode: copy_on_write"##, "how files are written, and no row"),
    (r##"source|path: landing/moved/"##, "a test names files below the source, wherever that is"),
    (r##"|schedule: every 15m"##, "when the runner looks, and no row"),
];

const TEST: &str = "tests/shop/orders/generated.yaml";

/// The batches that every example is beside which has no records of its own.
fn common_batches(contract: &Contract) -> Vec<Files> {
    let files = |batch| {
        let (path, content) = file(contract, batch, true);
        let mut files = vec![(path, content.into_bytes())];
        if batch == 1 {
            let backfills = BACKFILLS.iter().map(|(path, content)| ((*path).to_owned(), content.as_bytes().to_vec()));
            files.extend(backfills.filter(|(path, _)| contract.backfill_of(path).is_some()));
        }
        files
    };
    (1..=BEFORE + 1).map(files).collect()
}

/// Plays the batches in a lake on disk, and writes what came of each as a test.
async fn generated(draft: &Draft, contract: &Contract, batches: Vec<Files>) -> Result<String> {
    let folder = tempfile::Builder::new().prefix("sluice-generated-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", draft.to_string())?;
    let table = TableRef { layer: Layer::Silver, name: "shop.orders".parse().map_err(anyhow::Error::msg)? };
    let mut text = "now: 2023-11-14T22:13:20Z\nbatches:\n".to_owned();
    let mut known = 0_u64;
    for files in batches {
        writeln!(text, "- files:")?;
        for (path, content) in files {
            lake.write(&path, &content)?;
            let backfill = contract.backfill_of(&path);
            let below = backfill.map_or(&contract.source.as_ref().context("a source")?.path, |of| &of.path);
            let name = path.strip_prefix(below.trim_end_matches('/')).context("a file of the source")?;
            let name = name.trim_start_matches('/');
            let source = backfill.map(|of| format!("source: {}, ", of.name)).unwrap_or_default();
            let content = match String::from_utf8(content) {
                Ok(content) => format!("text: {}", json!(content)),
                Err(no_text) => format!("base64: {}", STANDARD.encode(no_text.as_bytes())),
            };
            writeln!(text, "  - {{{source}file: {}, {content}}}", json!(name))?;
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
        let columns: Vec<&String> = rows.columns.iter().filter(|name| !name.starts_with('_')).collect();
        let own = |name: &&String| !matches!(name.as_str(), "_seq" | "_col_seq");
        let rows = rows.rows.iter().map(|row| {
            let cells = rows.columns.iter().zip(row).filter(|(name, _)| own(name)).map(cell);
            format!("{{{}}}", cells.collect::<Vec<_>>().join(", "))
        });
        writeln!(text, "    silver: [{}]", rows.collect::<Vec<_>>().join(", "))?;
        if contract.changes_contract().is_none() {
            writeln!(text, "    changes: []")?;
        }
        if !columns.is_empty() {
            writeln!(text, "    columns: {}", json!(columns))?;
        }
        let rejects = lake.quarantine("shop.orders").await?;
        let rejects = match rejects.rows.is_empty() {
            true => Vec::new(),
            false => rejects.select(&["batch", "reason", "row"])?.rows,
        };
        let reject = |row: &Vec<Option<String>>| {
            let [Some(batch), Some(reason), Some(record)] = row.as_slice() else { return None };
            let record = RecordNumber::of_row(record.parse().ok()?);
            (batch.parse::<u64>().ok()? > known).then(|| format!("{{reason: {reason}, record: {record}}}"))
        };
        writeln!(text, "    quarantine: [{}]", rejects.iter().filter_map(reject).collect::<Vec<_>>().join(", "))?;
        known = lake.lake().await?.ledger().batches(&table.name).await?.last().map_or(0, |manifest| manifest.batch);
        let checks = lake.host().call(ask::Quality { table: table.name.clone() }).await?.checks;
        let check = |of: &CheckView| {
            let verdict = match of.state() {
                CheckState::Passed => "passed",
                CheckState::Failed => "failed",
                CheckState::Warned => "warned",
                CheckState::NotEvaluated => "not evaluated",
            };
            format!("{}: {verdict}", json!(of.check))
        };
        // A batch that stopped was judged by none.
        if replayed.error.is_none() {
            writeln!(text, "    all_checks: {{{}}}", checks.iter().map(check).collect::<Vec<_>>().join(", "))?;
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
    let mut base = Draft::base();
    let theme = theme_of(&example.name());
    let (mut before, mut after) = (example.beside(&base), example.on(&base));
    if before == after || before.parse().is_err() {
        before = base.clone();
    }
    if let Some(theme) = theme {
        base = example.beside(&base);
        theme.beside.iter().for_each(|line| base.set_path(line));
        before = base.clone();
        base.set(example.entry.section, example.line);
        after = base;
    }
    let contract = before.parse().map_err(|problems| anyhow::anyhow!("{}: {problems:?}", example.name()))?;
    let batches = theme.map_or_else(|| common_batches(&contract), |theme| (theme.batches)());
    let test = Box::pin(generated(&before, &contract, batches)).await.with_context(|| example.name())?;
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

#[test]
fn every_theme_is_of_an_example() {
    let names: Vec<String> = Example::all().iter().map(Example::name).collect();
    for theme in THEMES {
        assert!(names.iter().any(|name| name == theme.example), "{}", theme.example);
    }
    for (name, _) in UNNOTICED {
        assert!(names.iter().any(|of| of == name) && theme_of(name).is_none(), "{name}");
    }
}
