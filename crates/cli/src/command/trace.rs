//! `sluice trace`.

use crate::args::TraceArgs;
use crate::command::explain::outcome;
use crate::exit::Exit;
use crate::print::{Grid, Output};
use sluice_api::RecordNumber;
use sluice_api::{Trace, TracedRecord, ask};
use sluice_runner::Host;

/// Records that are printed.
const RECORDS: usize = 50;

/// What became of a file or record.
pub(crate) async fn run(host: &Host, out: &Output, call: TraceArgs) -> anyhow::Result<Exit> {
    let TraceArgs { place, records, reveal } = call;
    let (file, record) = RecordNumber::split(&place);
    let traces = host.call(ask::Trace { file: file.to_owned(), record, reveal }).await?;
    out.show(&traces, |traces| traces.iter().map(|trace| text(trace, records)).collect::<Vec<_>>().join("\n"))?;
    Ok(Exit::Done)
}

fn text(trace: &Trace, with_records: bool) -> String {
    let record = trace.record.map_or_else(String::new, |record| format!(":{record}"));
    let mut text = format!("{} {}{record}\n{}\n", trace.table, trace.file, trace.verdict);
    if !trace.counts.balances() {
        text.push_str("warning: the records do not add up\n");
    }
    match trace.record {
        Some(_) => text.extend(trace.records.iter().map(of_record)),
        None if !trace.records.is_empty() => text.push_str(&format!("\n{}", not_applied(trace))),
        None => {}
    }
    if !trace.gold.is_empty() {
        let mut grid = Grid::new(&["gold", ">version", ">rows with the key"]);
        for gold in &trace.gold {
            let number = |number: Option<u64>| number.map_or_else(|| "–".to_owned(), |number| number.to_string());
            grid.row([gold.model.to_string(), number(gold.version), number(gold.rows)]);
        }
        text.push_str(&format!("\n{}", grid.to_text()));
    }
    if with_records {
        for record in trace.records.iter().take(RECORDS).filter(|record| !record.record_text.is_empty()) {
            text.push_str(&format!("\nrecord {}: {}\n", record.record, record.record_text));
        }
    }
    text
}

fn of_record(record: &TracedRecord) -> String {
    let key: Vec<String> = record.key.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let mut text = format!("\n{} {}\n", record.operation, key.join(", "));
    if record.cells.is_empty() {
        return text;
    }
    let mut grid = Grid::new(&["column", "read", "now", "of this record"]);
    for cell in &record.cells {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "∅".to_owned()).replace('\n', "⏎");
        let read = if cell.absent { "–".to_owned() } else { shown(&cell.read) };
        grid.row([cell.column.clone(), read, shown(&cell.now), if cell.of_record { "yes" } else { "" }.to_owned()]);
    }
    text.push_str(&grid.to_text());
    text
}

fn not_applied(trace: &Trace) -> String {
    let mut grid = Grid::new(&[">record", "operation", "key", "what became of it", "because of"]);
    for record in trace.records.iter().take(RECORDS) {
        let key: Vec<String> = record.key.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let by = record
            .by
            .as_ref()
            .map_or_else(String::new, |by| format!("{}:{} in batch {}", by.file, by.record, by.batch));
        grid.row([
            record.record.to_string(),
            record.operation.clone(),
            key.join(","),
            record.outcome.as_ref().map_or_else(|| "not in silver yet".to_owned(), outcome),
            by,
        ]);
    }
    grid.to_text()
}
