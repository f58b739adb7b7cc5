//! `sluice bisect`.

use crate::args::Bisect;
use crate::exit::Exit;
use crate::print::{Grid, Output, time};
use crate::progress::{JOB, watch};
use sluice_api::{ApiError, BisectQuestion, BisectStep, Bisection, ErrorCode, ask};
use sluice_runner::Host;

/// Since when something is so.
pub(crate) async fn run(host: &Host, out: &Output, call: Bisect) -> anyhow::Result<Exit> {
    let (table, reveal) = (call.table.clone(), call.reveal);
    let question = question(call)?;
    let work = host.call(ask::Bisect { table, question, reveal, job: JOB });
    let bisection = watch(host, out, work).await?;
    let exit = if bisection.found.is_some() { Exit::Done } else { Exit::Different };
    out.show(&bisection, text)?;
    Ok(exit)
}

fn question(call: Bisect) -> Result<BisectQuestion, ApiError> {
    let Bisect { key, column, value, null, gone, check, sql, .. } = call;
    if let Some(check) = check {
        return Ok(BisectQuestion::Check { check });
    }
    if let Some(sql) = sql {
        return Ok(BisectQuestion::Sql { sql });
    }
    let Some(column) = column else { return Ok(BisectQuestion::Row { key, is_there: !gone }) };
    if value.is_none() && !null {
        let next = "Add --value with the value as the table shows it, or --null";
        return Err(ApiError::new(ErrorCode::Input, format!("No value of {column} was given"), next));
    }
    Ok(BisectQuestion::Value { key, column, value })
}

fn text(bisection: &Bisection) -> String {
    let mut text = format!("Since when {}\n{}\n", bisection.question, bisection.verdict);
    if !bisection.steps.is_empty() {
        let mut grid = Grid::new(&[">version", ">batch", "committed", "so", "shows"]);
        for BisectStep { version, at_ms, batch, holds, shown } in &bisection.steps {
            grid.row([
                format!("v{version}"),
                batch.map_or_else(|| "–".to_owned(), |batch| batch.to_string()),
                time(*at_ms),
                if *holds { "yes" } else { "no" }.to_owned(),
                shown.clone().unwrap_or_else(|| "–".to_owned()),
            ]);
        }
        text.push_str(&format!("\n{}", grid.to_text()));
    }
    text.push_str(&format!("\n{} of {} versions were read\n", bisection.steps.len(), bisection.versions));
    let found = bisection.found.iter();
    for event in found.clone().filter_map(|found| found.event.as_ref()) {
        text.push_str(&format!("\nrecord {} of {}\n{}\n", event.record, event.file, event.record_text));
    }
    if found.clone().all(|found| found.event.is_none()) {
        for file in found.flat_map(|found| &found.files) {
            text.push_str(&format!("{file}\n"));
        }
    }
    text
}
