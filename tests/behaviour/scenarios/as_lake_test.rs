//! A scenario as a test of a lake: the same contract, files and results, run by `sluice test`.

use super::document::{Batch, CHECKS, Document, LEDGER, QUARANTINE, SILVER, STOPPED, Step};
use super::table::Table;
use anyhow::{Context, Result, ensure};
use serde_json::json;
use sluice_api::{JobId, LakeTestReport, RecordNumber, ask};
use sluice_contract::Contract;
use sluice_runner::{Host, HostOptions};
use std::fmt::Write as _;
use std::path::Path;

/// Writes the scenario as a draft with one test into a folder.
fn write(document: &Document, folder: &Path) -> Result<()> {
    let mut steps = document.steps.iter().peekable();
    let Some(Step::Contract(first)) = steps.next() else { anyhow::bail!("a scenario begins with a contract") };
    let contract = parsed(first)?;
    let place = |kind: &str| folder.join(kind).join(&contract.name.dataset);
    let tests = place("tests").join(&contract.name.table);
    std::fs::create_dir_all(place("contracts"))?;
    std::fs::create_dir_all(&tests)?;
    std::fs::write(place("contracts").join(format!("{}.yaml", contract.name.table)), first)?;
    std::fs::write(tests.join("scenario.yaml"), text(document, &contract)?)?;
    Ok(())
}

fn parsed(text: &str) -> Result<Contract> {
    Contract::parse(text, "the contract of the scenario").map_err(|problems| anyhow::anyhow!("{problems:?}"))
}

/// The test: every batch with what the scenario says of it, and silver after the last.
fn text(document: &Document, contract: &Contract) -> Result<String> {
    let mut text = "now: 2023-11-14T22:13:20Z\nbatches:\n".to_owned();
    let batches = document.steps.iter().filter(|step| matches!(step, Step::Batch(_))).count();
    let (mut number, mut of_table) = (0, 0);
    let mut waiting: Vec<&str> = Vec::new();
    for step in document.steps.iter().skip(1) {
        let batch = match step {
            Step::Contract(contract) => {
                waiting.push(contract);
                continue;
            }
            Step::Batch(batch) => batch,
        };
        number += 1;
        // Of several contracts all but the last are batches of their own, which bring nothing.
        let last = waiting.pop();
        for contract in waiting.drain(..) {
            writeln!(text, "- contract: {}", json!(contract))?;
        }
        let is_own = batch.table.as_ref().is_none_or(|table| *table == contract.name.to_string());
        of_table += u64::from(is_own && !batch.content.is_empty());
        writeln!(text, "-")?;
        if let Some(contract) = last {
            writeln!(text, "  contract: {}", json!(contract))?;
        }
        file(&mut text, batch, number)?;
        writeln!(text, "  expect:")?;
        let brings = (is_own && !batch.content.is_empty()).then_some(of_table);
        expect(&mut text, document, number, brings)?;
        if number == batches {
            silver(&mut text, document)?;
        }
    }
    Ok(text)
}

fn file(text: &mut String, batch: &Batch, number: usize) -> Result<()> {
    let Batch { table, name, ending, content } = batch;
    if content.is_empty() {
        return Ok(());
    }
    if let Some(table) = table {
        writeln!(text, "  table: {table}")?;
    }
    let name = name.clone().unwrap_or_else(|| format!("batch-{number}"));
    writeln!(text, "  file: {}\n  text: {}", json!(format!("{name}.{ending}")), json!(content))?;
    Ok(())
}

/// What the scenario says of a batch; `brings`: its number among those of the table, if it is one.
fn expect(text: &mut String, document: &Document, number: usize, brings: Option<u64>) -> Result<()> {
    let (of, number) = (|heading| document.expected.get(heading), number.to_string());
    let rows = |table: Option<&Table>| -> Vec<Vec<String>> {
        let rows = table.into_iter().flat_map(|table| &table.rows);
        rows.filter(|row| row.first() == Some(&number)).cloned().collect()
    };
    let ledger = of(LEDGER).context("a scenario has a ledger")?;
    if let Some(row) = rows(Some(ledger)).first() {
        let counters = ledger.columns.iter().zip(row).skip(1).map(|(name, value)| format!("{name}: {value}"));
        writeln!(text, "    counters: {{{}}}", counters.collect::<Vec<_>>().join(", "))?;
    }
    if let Some(because) = rows(of(STOPPED)).first().and_then(|row| row.get(1)) {
        writeln!(text, "    stopped: {}", json!(because))?;
    }
    let rejects = of(QUARANTINE).into_iter().flat_map(|table| &table.rows);
    let rejects = rejects.filter(|row| brings.is_some_and(|batch| row.first() == Some(&batch.to_string())));
    let reject = |row: &Vec<String>| -> Option<String> {
        let [_, reason, column, record] = row.as_slice() else { return None };
        let column = if column == "∅" { String::new() } else { format!(", column: {}", json!(column)) };
        let record = RecordNumber::of_row(record.parse().ok()?);
        Some(format!("{{reason: {reason}{column}, record: {record}}}"))
    };
    let rejects: Option<Vec<String>> = rejects.map(reject).collect();
    writeln!(text, "    quarantine: [{}]", rejects.context("a row of Quarantine")?.join(", "))?;
    let checks = rows(of(CHECKS));
    if !checks.is_empty() {
        writeln!(text, "    checks:")?;
    }
    for row in checks {
        let [_, check, verdict, _] = row.as_slice() else { anyhow::bail!("a row of Checks") };
        let verdict = if verdict == "failed, a warning" { "warned" } else { verdict };
        writeln!(text, "      {}: {verdict}", json!(check))?;
    }
    Ok(())
}

fn silver(text: &mut String, document: &Document) -> Result<()> {
    let table = document.expected.get(SILVER).context("a scenario has silver")?;
    let cell = |(name, value): (&String, &String)| {
        let value = match value.as_str() {
            "∅" => "null".to_owned(),
            "\"\"" => "\"\"".to_owned(),
            // Null has no letter of its own inside of a list.
            list if list.starts_with('[') => json!(list.replace('∅', "")).to_string(),
            text => json!(text.replace('⏎', "\n")).to_string(),
        };
        format!("{}: {value}", json!(name))
    };
    let row =
        |row: &Vec<String>| format!("{{{}}}", table.columns.iter().zip(row).map(cell).collect::<Vec<_>>().join(", "));
    writeln!(text, "    silver: [{}]", table.rows.iter().map(row).collect::<Vec<_>>().join(", "))?;
    Ok(())
}

async fn report(folder: &Path) -> Result<LakeTestReport> {
    let folder = Some(folder.display().to_string());
    Ok(Host::new(HostOptions::default()).call(ask::RunLakeTests { names: Vec::new(), folder, job: JobId(1) }).await?)
}

/// The scenario holds as a test of a lake, and the test fails when it states another thing.
pub(crate) async fn passes(document: &Document) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-as-test-").tempdir()?;
    write(document, folder.path())?;
    let found = report(folder.path()).await?;
    let [test] = found.tests.as_slice() else { anyhow::bail!("{} tests", found.tests.len()) };
    let shown = || format!("as a test of a lake: {:#?} {:#?}", test.problems, test.failures);
    ensure!(!found.has_failures(), "{}\n{}", shown(), std::fs::read_to_string(folder.path().join(&test.path))?);
    ensure!(test.compared > 0, "nothing was compared");
    Ok(())
}
