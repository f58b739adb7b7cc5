//! `sluice quarantine`.

use super::replay::text as replay_text;
use super::rows::{Rows, fetch};
use crate::args::{ChosenRecords, Decision, Quarantine};
use crate::exit::Exit;
use crate::print::{Output, number};
use crate::progress::{JOB, watch};
use anyhow::Context;
use sluice_api::{
    ApiError, ErrorCode, QuarantineChange, QuarantineFilter, QuarantineList, QuarantineReason, ReplaySummary,
    ResultView, TableName, ask,
};
use sluice_runner::Host;
use std::io::Read;
use std::path::Path;

/// Columns of the list; the records themselves are shown one at a time.
const LISTED: [&str; 9] = ["address", "status", "reason", "column", "detail", "reasons", "attempts", "by", "at"];

/// Lists, shows, corrects, replays, ignores or exports records in quarantine.
pub(crate) async fn run(host: &Host, out: &Output, call: Quarantine) -> anyhow::Result<Exit> {
    match call {
        Quarantine::Ls { table, filter, rows } => {
            let list = host.call(ask::Quarantine { table, filter: filter.filter() }).await?;
            let found = match &list.records {
                Some(records) => Some(fetch(host, records, rows, false).await?.select(&LISTED)),
                None => None,
            };
            let json = serde_json::json!({ "counts": list.counts, "records": found });
            let shown = found.as_ref().map(|rows| rows.with("reasons", further_text));
            out.show(&json, |_| list_text(&list, shown.as_ref()))?;
        }
        Quarantine::Show { table, record, reveal } => {
            let filter = QuarantineFilter { record: Some(record), ..QuarantineFilter::default() };
            let records = one(host, &table, filter).await?;
            let rows = fetch(host, &records, 1, reveal).await?;
            let lines = rows.with("reasons", reasons_text);
            out.show(&rows, |_| lines.to_lines())?;
        }
        Quarantine::Edit { table, record, text, set, decision } => {
            let change = match text {
                Some(text) => QuarantineChange::Edit { record, text: read_text(&text)? },
                None => QuarantineChange::Set { record, values: set },
            };
            change_and_show(host, out, &table, change, decision).await?;
        }
        Quarantine::Ignore { table, filter, decision } => {
            let change = QuarantineChange::Ignore { filter: filter.filter() };
            change_and_show(host, out, &table, change, decision).await?;
        }
        Quarantine::Reopen { table, filter, decision } => {
            let change = QuarantineChange::Reopen { filter: filter.filter() };
            change_and_show(host, out, &table, change, decision).await?;
        }
        Quarantine::Replay { table, decision } => {
            let Decision { because, author } = decision;
            let request = ask::ReplayQuarantine { job: JOB, table, because, author };
            let replayed = watch(host, out, host.call(request)).await?;
            let summary = ReplaySummary { tables: vec![replayed], ..ReplaySummary::default() };
            out.show(&summary, replay_text)?;
        }
        Quarantine::Export { table, file, filter, reveal } => {
            let records = one(host, &table, filter.filter()).await?;
            let file = std::path::absolute(&file)?.display().to_string();
            let exported = host.call(ask::ExportResult { result: records.id, file, reveal }).await?;
            out.show(&exported, |exported| format!("{} records in {}\n", number(exported.rows), exported.file))?;
        }
    }
    Ok(Exit::Done)
}

impl ChosenRecords {
    fn filter(self) -> QuarantineFilter {
        let Self { record, status, reason, batch } = self;
        QuarantineFilter { record, status, reason, batch }
    }
}

async fn one(host: &Host, table: &TableName, filter: QuarantineFilter) -> anyhow::Result<ResultView> {
    let list = host.call(ask::Quarantine { table: table.clone(), filter }).await?;
    let missing = || {
        let next = format!("`sluice quarantine ls {table}` lists them");
        ApiError::new(ErrorCode::NotFound, format!("{table} has no such record in quarantine"), next)
    };
    Ok(list.records.ok_or_else(missing)?)
}

async fn change_and_show(
    host: &Host,
    out: &Output,
    table: &TableName,
    change: QuarantineChange,
    decision: Decision,
) -> anyhow::Result<()> {
    let Decision { because, author } = decision;
    let is_edit = matches!(change, QuarantineChange::Edit { .. } | QuarantineChange::Set { .. });
    let list = host.call(ask::ChangeQuarantine { table: table.clone(), change, because, author }).await?;
    out.show(&serde_json::json!({ "counts": list.counts }), |_| {
        let mut text = counts_text(&list);
        if is_edit {
            text.push_str(&format!(
                "the next run takes it to silver: `sluice run`, or `sluice replay --table {table}`\n"
            ));
        }
        text
    })
}

/// The record without the end of the line that an editor adds.
pub(super) fn read_text(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).context("the standard input cannot be read")?;
    } else {
        let read = std::fs::read_to_string(path);
        text = read.map_err(|error| {
            let message = format!("{} cannot be read: {error}", path.display());
            ApiError::new(ErrorCode::Input, message, "Name a file with the corrected record, or `-`")
        })?;
    }
    Ok(text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text)).unwrap_or(&text).to_owned())
}

/// Everything that is wrong with a record, a line for each.
fn reasons_text(text: &str) -> String {
    QuarantineReason::all_of(text).iter().map(|reason| format!("\n  {reason}")).collect()
}

/// What is wrong with a record besides the first reason, which stands beside it.
fn further_text(text: &str) -> String {
    let further = QuarantineReason::all_of(text).into_iter().skip(1);
    let place = |column: Option<String>| column.map_or_else(String::new, |column| format!(" ({column})"));
    further.map(|of| format!("{}{}", of.reason, place(of.column))).collect::<Vec<_>>().join(", ")
}

fn counts_text(list: &QuarantineList) -> String {
    let counts: Vec<String> =
        list.counts.iter().map(|(status, count)| format!("{} {status}", number(*count))).collect();
    match counts.is_empty() {
        true => format!("quarantine of {}: empty\n", list.table),
        false => format!("quarantine of {}: {}\n", list.table, counts.join(", ")),
    }
}

fn list_text(list: &QuarantineList, rows: Option<&Rows>) -> String {
    let mut text = rows.map(Rows::to_text).unwrap_or_default();
    let all = list.records.as_ref().map_or(0, |records| records.rows);
    if let Some(rows) = rows {
        text.push_str(&format!("{} of {} records\n", number(rows.len() as u64), number(all)));
    }
    text + &counts_text(list)
}
