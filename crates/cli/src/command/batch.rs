//! `sluice batch`.

use crate::args::{Batch, BatchCall};
use crate::exit::Exit;
use crate::print::{Output, number, time};
use sluice_api::{ApiError, BatchAction, BatchState, BatchView, ErrorCode, ReplayView, TableName, ask};
use sluice_runner::Host;

/// Shows a batch, or decides on it.
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
    };
    let BatchCall { table, batch, because, author } = call;
    let request = ask::DecideBatch { table: table.clone(), batch, action, because, author };
    let view = host.call(request).await?;
    out.show(&found(view, &table, batch)?, |batch| format!("{}{}", text(&table, batch), next(&table, batch, action)))?;
    Ok(Exit::Done)
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
    for decision in &batch.decisions {
        let by = if decision.by_guard { "a guard of the contract" } else { decision.by.as_str() };
        text.push_str(&format!(
            "{} UTC: {} by {by}: {}\n",
            time(decision.at_ms),
            decision.action.done(),
            decision.because
        ));
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
