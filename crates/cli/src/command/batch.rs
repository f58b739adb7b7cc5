//! `sluice batch`.

use super::quarantine::read_text;
use super::rows::fetch;
use crate::args::{Batch, BatchCall, ChosenOfBatch, Decision, OfBatch};
use crate::exit::Exit;
use crate::print::{Output, number, time};
use sluice_api::{
    ApiError, BatchAction, BatchState, BatchView, ErrorCode, RecordChange, RecordFilter, RecordList, ReplayView,
    TableName, ask,
};
use sluice_runner::Host;

/// Decided records of a batch that are shown beside it.
const RECORDS_SHOWN: usize = 10;
/// Columns of the list of records.
const LISTED: [&str; 6] = ["address", "state", "operation", "key", "position", "by"];
/// The same with what the records say.
const LISTED_WITH_TEXT: [&str; 7] = ["address", "state", "operation", "key", "by", "shown", "shown_instead"];

/// Shows a batch or its records, or decides on them.
pub(crate) async fn run(host: &Host, out: &Output, call: Batch) -> anyhow::Result<Exit> {
    let (action, call) = match call {
        Batch::Show { table, batch } => {
            let view = host.call(ask::Replay { table: table.clone(), max_files: None }).await?;
            out.show(&found(view, &table, batch)?, |batch| text(&table, batch))?;
            return Ok(Exit::Done);
        }
        Batch::Hold(call) => (BatchAction::Hold, call),
        Batch::Skip(call) => (BatchAction::Skip, call),
        Batch::Release(call) => (BatchAction::Release, call),
        Batch::Records { table, batch, filter, text, rows } => {
            let filter = filter.filter();
            let is_filtered = !filter.is_empty();
            let list = host.call(ask::BatchRecords { table, batch, filter }).await?;
            let columns: &[&str] = if text { &LISTED_WITH_TEXT } else { &LISTED };
            let found = match &list.records {
                Some(records) => Some(fetch(host, records, rows, false).await?.select(columns)),
                None => None,
            };
            let json = serde_json::json!({
                "counts": list.counts, "found": list.found, "why_not": list.why_not, "records": found
            });
            out.show(&json, |_| {
                let shown = found.as_ref().map_or_else(String::new, super::rows::Rows::to_text);
                shown + &counts_text(&list) + &meant_text(&list, is_filtered, rows)
            })?;
            return Ok(Exit::Done);
        }
        Batch::Drop { of, filter, decision } => {
            return decide_records(host, out, of, RecordChange::Drop { filter: filter.filter() }, decision).await;
        }
        Batch::Undo { of, filter, decision } => {
            return decide_records(host, out, of, RecordChange::Undo { filter: filter.filter() }, decision).await;
        }
        Batch::Edit { of, filter, set, text, decision } => {
            let filter = filter.filter();
            let change = match (text, filter.records.as_slice()) {
                (None, _) => RecordChange::Set { filter, values: set },
                (Some(text), [record]) => RecordChange::Edit { record: record.clone(), text: read_text(&text)? },
                (Some(_), _) => {
                    let next = "Name it with --record FILE:NUMBER; --set changes values of several";
                    return Err(ApiError::new(ErrorCode::Input, "A whole text is that of one record", next).into());
                }
            };
            return decide_records(host, out, of, change, decision).await;
        }
    };
    let BatchCall { table, batch, because, author } = call;
    let request = ask::DecideBatch { table: table.clone(), batch, action, because, author };
    let view = host.call(request).await?;
    out.show(&found(view, &table, batch)?, |batch| format!("{}{}", text(&table, batch), next(&table, batch, action)))?;
    Ok(Exit::Done)
}

impl ChosenOfBatch {
    fn filter(self) -> RecordFilter {
        let Self { record, key, state } = self;
        RecordFilter { records: record, key, state }
    }
}

async fn decide_records(
    host: &Host,
    out: &Output,
    OfBatch { table, batch }: OfBatch,
    change: RecordChange,
    Decision { because, author }: Decision,
) -> anyhow::Result<Exit> {
    let list = host.call(ask::DecideRecords { table: table.clone(), batch, change, because, author }).await?;
    out.show(&serde_json::json!({ "counts": list.counts }), |_| {
        format!(
            "{}the next run makes silver so: `sluice replay --table {table}`, then `sluice diff {table}`\n",
            counts_text(&list)
        )
    })?;
    Ok(Exit::Done)
}

fn counts_text(list: &RecordList) -> String {
    let counts: Vec<String> = list.counts.iter().map(|(state, count)| format!("{} {state}", number(*count))).collect();
    let mut text = format!("records of batch {} of {}: {}\n", list.batch, list.table, counts.join(", "));
    if let Some(why) = &list.why_not {
        text.push_str(&format!("{why}\n"));
    }
    text
}

/// How many records a filter means, and whether all of them are shown.
fn meant_text(list: &RecordList, is_filtered: bool, shown: u64) -> String {
    let mut text = String::new();
    if is_filtered {
        text.push_str(&format!("of these are meant: {}\n", number(list.found)));
    }
    if list.found > shown {
        text.push_str(&format!("the first {} are shown, --rows shows more\n", number(shown)));
    }
    text
}

fn found(view: ReplayView, table: &TableName, batch: u64) -> Result<BatchView, ApiError> {
    let found = view.batches.into_iter().find(|view| view.batch == batch && view.state != BatchState::Planned);
    found.ok_or_else(|| {
        let next = format!("`sluice batches {table}` lists the batches");
        ApiError::new(ErrorCode::NotFound, format!("{table} has no batch {batch}"), next)
    })
}

fn text(table: &TableName, batch: &BatchView) -> String {
    let state = match (batch.state, batch.is_skipped) {
        (BatchState::Committed, true) => "skipped, silver is made without it",
        (_, true) => "skipped, silver will be made without it",
        (BatchState::Committed, false) => "in silver",
        (BatchState::Running, false) => "being replayed",
        (BatchState::Planned, false) => "planned",
        (BatchState::Pending, false) if batch.is_held() => "held",
        (BatchState::Pending, false) => "not in silver",
    };
    let mut text = format!("batch {} of {table}: {state}\n", batch.batch);
    if let Some(refusal) = &batch.refusal {
        text.push_str(&format!("{}\n", refusal.reason));
        if !refusal.keys.is_empty() {
            text.push_str(&format!("the first deletes: {}\n", refusal.keys.join("; ")));
        }
    }
    if let Some(held) = batch.waits_for {
        text.push_str(&format!("it waits for batch {held}\n"));
    }
    let (files, bytes) = (number(batch.files.len() as u64), number(batch.bytes));
    text.push_str(&format!("{files} files, {bytes} bytes, "));
    text.push_str(
        &batch
            .bronze_rows
            .map_or_else(|| "not in bronze yet\n".to_owned(), |rows| format!("{} records in bronze\n", number(rows))),
    );
    if let Some(counters) = &batch.counters {
        let verb = if batch.state == BatchState::Committed { "did" } else { "would do" };
        text.push_str(&format!(
            "{verb}: {} inserted, {} updated, {} deleted, {} superseded, {} in quarantine; rows {} → {}\n",
            number(counters.inserted),
            number(counters.updated),
            number(counters.deleted),
            number(counters.superseded),
            number(counters.quarantined),
            number(counters.silver_before),
            number(counters.silver_after),
        ));
    }
    for of in batch.records.iter().take(RECORDS_SHOWN) {
        let decision = &of.decision;
        text.push_str(&format!(
            "{}: record {} of {} {} by {}: {}\n",
            time(decision.at_ms),
            of.record,
            of.file,
            decision.action.done(),
            decision.by,
            decision.because
        ));
    }
    if batch.records.len() > RECORDS_SHOWN {
        let more = number((batch.records.len() - RECORDS_SHOWN) as u64);
        text.push_str(&format!("and {more} more: `sluice batch records {table} {}`\n", batch.batch));
    }
    for decision in &batch.decisions {
        let by = if decision.by_guard { "a guard of the contract" } else { decision.by.as_str() };
        text.push_str(&format!("{}: {} by {by}: {}\n", time(decision.at_ms), decision.action.done(), decision.because));
    }
    text
}

fn next(table: &TableName, batch: &BatchView, action: BatchAction) -> String {
    let what = match (action, batch.state) {
        (BatchAction::Hold, _) => "the batches of this table wait for it from now on",
        (BatchAction::Skip, BatchState::Committed) => "the next run makes silver anew without it",
        (BatchAction::Skip, _) => "the next run passes it over",
        (BatchAction::Release, _) => "the next run takes it to silver",
    };
    format!("{what}: `sluice run`, or `sluice replay --table {table}`\n")
}
