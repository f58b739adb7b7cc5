//! `sluice doctor`.

use crate::args::Doctor;
use crate::exit::Exit;
use crate::print::{Grid, Output, number};
use sluice_api::{DoctorReport, Finding, FindingCode, LakeCheckState, ask};
use sluice_runner::Host;

/// Examples of a finding that are printed.
const EXAMPLES: usize = 5;

/// What is wrong with change feeds.
pub(crate) async fn run(host: &Host, out: &Output, call: Doctor) -> anyhow::Result<Exit> {
    let Doctor { source, batch, with, records } = call;
    let Some(source) = source else { return of_lake(host, out).await };
    let with = with.map(|folder| folder.display().to_string());
    let reports = host.call(ask::Doctor { source, batch, with }).await?;
    let is_well = reports.iter().all(|report| report.findings.is_empty());
    out.show(&reports, |reports| reports.iter().map(|report| text(report, records)).collect::<Vec<_>>().join("\n"))?;
    Ok(if is_well { Exit::Done } else { Exit::CheckFailed })
}

/// What is wrong with the lake itself.
async fn of_lake(host: &Host, out: &Output) -> anyhow::Result<Exit> {
    let report = host.call(ask::LakeDoctor {}).await?;
    let is_well =
        report.checks.iter().all(|check| !matches!(check.state, LakeCheckState::Failed | LakeCheckState::Warned));
    out.show(&report, |report| {
        let mut text = format!("{}\n", report.lake);
        let mut grid = Grid::new(&["check", "state", "what was found"]);
        for check in &report.checks {
            let state = match check.state {
                LakeCheckState::Passed => "passed",
                LakeCheckState::Unknown => "unknown",
                LakeCheckState::Warned => "warned",
                LakeCheckState::Failed => "failed",
            };
            grid.row([check.code.as_str().to_owned(), state.to_owned(), check.sentence.clone()]);
        }
        text.push_str(&grid.to_text());
        for check in report.checks.iter().filter(|check| !check.advice.is_empty()) {
            text.push_str(&format!("{}: {}\n", check.code.as_str(), check.advice));
        }
        text
    })?;
    Ok(if is_well { Exit::Done } else { Exit::CheckFailed })
}

fn text(report: &DoctorReport, with_records: bool) -> String {
    let mut text = format!("{}\n", report.verdict);
    let of = match report.batches {
        Some((first, last)) => format!("batches {first} to {last}"),
        None if report.onboarded => "no batch yet".to_owned(),
        None => "no contract yet".to_owned(),
    };
    let (records, files) = (number(report.records), number(report.files));
    text.push_str(&format!("{}: {records} records in {files} files, {of}", report.source));
    if report.files_waiting > 0 {
        text.push_str(&format!("; {} files wait, not read", number(report.files_waiting)));
    }
    text.push('\n');
    for finding in &report.findings {
        text.push_str(&format!("\n{}", of_finding(finding, with_records)));
    }
    text.push_str(&format!("\n{} found nothing\n", checks(&report.passed)));
    for (check, because) in &report.not_run {
        text.push_str(&format!("check {check} ({}) could not run: {because}\n", names(*check)));
    }
    text
}

fn of_finding(finding: &Finding, with_records: bool) -> String {
    let Finding { code, severity, sentence, count, by_batch, examples, advice, help } = finding;
    let mut text = format!("{} {}, {}: {sentence}\n", severity.as_str(), code.as_str(), number(*count));
    if let (Some(first), true) = (by_batch.keys().next(), by_batch.len() > 1) {
        text.push_str(&format!("  since {first}, in {} batches or files\n", by_batch.len()));
    }
    let mut grid = Grid::new(&[">batch", "file", ">record", "what"]);
    for example in examples.iter().take(EXAMPLES) {
        grid.row([
            example.batch.map_or_else(|| "–".to_owned(), |batch| batch.to_string()),
            example.file.clone(),
            example.record.map_or_else(|| "–".to_owned(), |record| record.to_string()),
            example.detail.clone(),
        ]);
    }
    text.extend(grid.to_text().lines().map(|line| format!("  {line}\n")));
    if with_records {
        let records = examples.iter().take(EXAMPLES).filter(|example| !example.record_text.is_empty());
        text.extend(records.map(|example| format!("  {}\n", example.record_text)));
    }
    text.push_str(&format!("  do: {advice}\n  help: {help}\n"));
    text
}

fn checks(passed: &[u8]) -> String {
    let numbers: Vec<String> = passed.iter().map(u8::to_string).collect();
    match numbers.len() {
        0 => "no check".to_owned(),
        1 => format!("1 check ({})", numbers.join(", ")),
        count => format!("{count} checks ({})", numbers.join(", ")),
    }
}

fn names(check: u8) -> String {
    let of_check = FindingCode::ALL.iter().filter(|code| code.check() == check);
    of_check.map(|code| code.as_str()).collect::<Vec<_>>().join(", ")
}
