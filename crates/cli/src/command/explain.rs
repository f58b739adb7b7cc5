//! `sluice explain`.

use super::test::{TestPlace, place_of_test, put_test, saved_text};
use crate::args::Explain;
use crate::exit::Exit;
use crate::print::{Grid, Output};
use crate::progress::{JOB, watch};
use sluice_api::{EventOutcome, ExplainedEvent, ExplainedRow, Explanation, SilverAgrees, TableRef, ask};
use sluice_runner::Host;

/// Why a row has its values.
pub(crate) async fn run(host: &Host, out: &Output, call: Explain) -> anyhow::Result<Exit> {
    let Explain { table, key, as_of, records, save_test, reveal } = call;
    if let Some(place) = save_test.as_deref().map(place_of_test) {
        return save(host, out, (table, key, as_of), &place).await;
    }
    let work = host.call(ask::Explain { table, key, version: as_of, reveal, job: JOB });
    let explanation = watch(host, out, work).await?;
    let exit = match explanation.silver {
        SilverAgrees::Differs { .. } => Exit::Different,
        SilverAgrees::Same | SilverAgrees::NotCompared { .. } => Exit::Done,
    };
    out.show(&explanation, |explanation| text(explanation, records))?;
    Ok(exit)
}

/// Writes a test of the events.
async fn save(
    host: &Host,
    out: &Output,
    (table, key, version): (TableRef, Vec<(String, String)>, Option<u64>),
    place: &TestPlace,
) -> anyhow::Result<Exit> {
    let (name, save) = match place {
        TestPlace::Draft(name) => (Some(name.clone()), true),
        TestPlace::File(file) => (Some(file.name.clone()), false),
    };
    let saved = host.call(ask::ExplainTest { table, key, version, name, save }).await?;
    if let TestPlace::File(file) = place {
        put_test(file, &saved)?;
    }
    out.show(&saved, |saved| saved_text(saved, Some(place)))?;
    Ok(Exit::Done)
}

fn text(explanation: &Explanation, with_records: bool) -> String {
    let mut text = format!("{}\n", explanation.verdict);
    if !explanation.events.is_empty() {
        let mut grid =
            Grid::new(&[">event", ">batch", "file", ">record", "operation", "position", "outcome", "columns"]);
        for event in &explanation.events {
            grid.row([
                event.number.to_string(),
                event.batch.to_string(),
                event.file.clone(),
                event.record.to_string(),
                event.operation.clone(),
                event.position.clone(),
                outcome(&event.outcome),
                event.columns.join(", "),
            ]);
        }
        text.push_str(&format!("\n{}", grid.to_text()));
    }
    for row in &explanation.rows {
        text.push_str(&format!("\n{}", cells(row).to_text()));
    }
    if with_records {
        for ExplainedEvent { number, record_text, .. } in &explanation.events {
            text.push_str(&format!("\nevent {number}: {record_text}\n"));
        }
    }
    text
}

fn cells(row: &ExplainedRow) -> Grid {
    let mut grid = Grid::new(&["column", "value", ">event"]);
    for cell in row.cells.iter().filter(|cell| !cell.column.starts_with('_') || cell.event.is_some()) {
        let value = cell.value.clone().unwrap_or_else(|| "∅".to_owned()).replace('\n', "⏎");
        grid.row([cell.column.clone(), value, cell.event.map_or_else(|| "–".to_owned(), |event| event.to_string())]);
    }
    grid
}

pub(crate) fn outcome(outcome: &EventOutcome) -> String {
    match outcome {
        EventOutcome::Applied => "applied".to_owned(),
        EventOutcome::Partly { by } => format!("partly, others of {by}"),
        EventOutcome::Older { by } => format!("older than {by}"),
        EventOutcome::Duplicate { of } => format!("duplicate of {of}"),
        EventOutcome::Tie { with } => format!("tie, {with} won"),
        EventOutcome::BeforeDelete { by } => format!("before delete {by}"),
        EventOutcome::NothingToDelete => "nothing to delete".to_owned(),
        EventOutcome::NoNewVersion => "no new version".to_owned(),
        EventOutcome::LeftOut => "left out by keep".to_owned(),
        EventOutcome::BeforeStart => "before the table begins".to_owned(),
        EventOutcome::Dropped { decision: Some(decision) } => format!("{} by {}", decision.action.done(), decision.by),
        EventOutcome::Dropped { decision: None } => "dropped before, delivered again".to_owned(),
        EventOutcome::Quarantined { reason, column, further, .. } => {
            let place = |column: &Option<String>| column.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
            let more: String = further.iter().map(|of| format!(", {}{}", of.reason, place(&of.column))).collect();
            format!("quarantine: {reason}{}{more}", place(column))
        }
    }
}
