//! `sluice batches`.

use crate::args::Batches;
use crate::exit::Exit;
use crate::print::{Grid, Output, number};
use sluice_api::{BatchLedger, FileStatus, PlannedBatch, ask};
use sluice_runner::Host;

/// The file ledger, or the plan of the next batch.
pub(crate) async fn run(host: &Host, out: &Output, call: Batches) -> anyhow::Result<Exit> {
    let Batches { table, next, max_files, max_bytes } = call;
    if next {
        out.show(&host.call(ask::NextBatch { table, max_files, max_bytes }).await?, plan_text)?;
    } else {
        out.show(&host.call(ask::BatchLedger { table }).await?, ledger_text)?;
    }
    Ok(Exit::Done)
}

fn ledger_text(ledger: &BatchLedger) -> String {
    let mut grid = Grid::new(&[">batch", "status", ">rows", ">bytes", "modified, UTC", "path", ""]);
    for file in &ledger.files {
        let status = match file.status {
            FileStatus::Claimed => "claimed",
            FileStatus::Bronze => "bronze",
            FileStatus::Silver => "silver",
        };
        grid.row([
            number(file.batch),
            status.to_owned(),
            file.rows.map_or_else(|| "-".to_owned(), number),
            number(file.size),
            file.modified.clone().unwrap_or_default(),
            file.path.clone(),
            match (file.overwritten_in, &file.backfill) {
                (Some(batch), _) => format!("written again, see batch {batch}"),
                (None, Some(name)) => format!("backfill {name}"),
                (None, None) => String::new(),
            },
        ]);
    }
    let bytes: u64 = ledger.files.iter().map(|file| file.size).sum();
    format!("{}{} files, {} bytes\n", grid.to_text(), number(ledger.files.len() as u64), number(bytes))
}

fn plan_text(plan: &PlannedBatch) -> String {
    let mut text = String::new();
    if !plan.pending.is_empty() {
        let pending: Vec<String> = plan.pending.iter().map(u64::to_string).collect();
        text.push_str(&format!("batch {} is not in silver and comes first\n", pending.join(", ")));
    }
    if plan.files.is_empty() {
        text.push_str("no file waits\n");
        return text;
    }
    let mut grid = Grid::new(&[">bytes", "modified, UTC", "path", ""]);
    for file in &plan.files {
        let note = file.overwrites.map(|batch| format!("written again since batch {batch}")).unwrap_or_default();
        grid.row([number(file.size), file.modified.clone().unwrap_or_default(), file.path.clone(), note]);
    }
    text.push_str(&grid.to_text());
    let (files, bytes) = (number(plan.files.len() as u64), number(plan.bytes));
    text.push_str(&format!("batch {} would take {files} files, {bytes} bytes\n", plan.batch));
    if plan.later_files > 0 {
        let (files, bytes) = (number(plan.later_files), number(plan.later_bytes));
        text.push_str(&format!("{files} files, {bytes} bytes would wait for the batches after it\n"));
    }
    text
}
