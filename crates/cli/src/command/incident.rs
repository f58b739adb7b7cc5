//! `sluice incident`.

use super::test::{TestPlace, place_of_test, put_test};
use crate::args::{Incident, IncidentAction};
use crate::exit::Exit;
use crate::print::{Output, number};
use sluice_api::{ApiError, ErrorCode, IncidentFile, OpenedIncident, ask};
use sluice_runner::Host;

/// Writes the file of an incident, or makes a lake of one.
pub(crate) async fn run(host: &Host, out: &Output, call: Incident) -> anyhow::Result<Exit> {
    if let Some(IncidentAction::Open { file, into }) = call.action {
        let (file, into) = (file.display().to_string(), into.display().to_string());
        let opened = host.call(ask::OpenIncident { file, into }).await?;
        out.show(&opened, opened_text)?;
        return Ok(Exit::Done);
    }
    let (Some(table), Some(batch)) = (call.table, call.batch) else {
        return Err(ApiError::new(ErrorCode::Input, "No batch is named", "Name a table and --batch N").into());
    };
    let test = call.save_test.as_deref().map(place_of_test);
    let (name, save) = match &test {
        Some(TestPlace::Draft(name)) => (Some(name.clone()), true),
        Some(TestPlace::File(file)) => (Some(file.name.clone()), false),
        None => (None, false),
    };
    let file = call.out.map(|file| file.display().to_string());
    let written = host.call(ask::WriteIncident { table, batch, file, test: name, save }).await?;
    if let (Some(TestPlace::File(file)), Some(saved)) = (&test, &written.test) {
        put_test(file, saved)?;
    }
    out.show(&written, |written| written_text(written, test.as_ref()))?;
    Ok(Exit::Done)
}

fn written_text(written: &IncidentFile, test: Option<&TestPlace>) -> String {
    let IncidentFile { file, test: saved, records, keys, left_out, replaced } = written;
    let mut text = format!(
        "{} records of {} keys, {} personal values replaced\n",
        number(*records),
        number(*keys),
        number(*replaced)
    );
    if *left_out > 0 {
        text.push_str(&format!("{} more records are too many and left out\n", number(*left_out)));
    }
    if let Some(file) = file {
        text.push_str(&format!("Written to {file}\n`sluice incident open {file} --into DIR` makes a lake of it\n"));
    }
    if let Some(saved) = saved {
        text.push_str(&super::test::saved_text(saved, test));
    }
    text
}

fn opened_text(opened: &OpenedIncident) -> String {
    let OpenedIncident { lake, table, batches, stopped, silver_rows, quarantined } = opened;
    let mut text = format!("A lake of the incident is in {lake}\n");
    for (of, is) in batches {
        text.push_str(&format!("batch {of} is batch {is} here\n"));
    }
    let (rows, quarantined) = (number(*silver_rows), number(*quarantined));
    text.push_str(&format!("silver.{table} has {rows} rows, {quarantined} records are in quarantine\n"));
    if let Some(stopped) = stopped {
        text.push_str(&format!("the last batch stopped: {stopped}\n"));
    }
    text
}
