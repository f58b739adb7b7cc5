//! `sluice reconcile`.

use super::rows::{Rows, fetch};
use crate::args::{Reconcile, RepairHow};
use crate::diff_side::Typed;
use crate::exit::Exit;
use crate::print::{Output, number};
use crate::progress::{JOB, watch};
use serde::Serialize;
use sluice_api::{
    ApiError, DatabaseUrl, DiffSide, DifferingKey, ErrorCode, Layer, ReconcileOptions, ReconcileWith, Reconciliation,
    RepairBy, SourceRepair, TableName, TableRef, ask,
};
use sluice_runner::Host;

/// Schemes of databases.
const DATABASES: [&str; 4] = ["postgres://", "postgresql://", "mysql://", "mariadb://"];

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    found: Reconciliation,
    rows: Option<Rows>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repair: Option<Repaired>,
}

#[derive(Serialize)]
struct Repaired {
    correction: Option<u64>,
    upserts: u64,
    deletes: u64,
    request: Option<sluice_api::ConnectorRequest>,
    next: String,
}

/// Compares a table with its source, and repairs what differs.
pub(crate) async fn run(host: &Host, out: &Output, call: Reconcile) -> anyhow::Result<Exit> {
    let with = with(&call)?;
    let Reconcile { table, by_hashes, sample, wait, rows, reveal, repair, yes, because, author, .. } = call;
    let options = ReconcileOptions { by_hashes, sample, wait_s: wait };
    let by = match repair {
        Some(RepairHow::Request) => Some(RepairBy::Request),
        Some(RepairHow::Events) if yes => Some(RepairBy::Events),
        Some(RepairHow::Events) | None => None,
    };
    let work = async {
        let (found, mut repaired) = match by {
            None => (host.call(ask::Reconcile { table, with, options, job: JOB }).await?, None),
            Some(by) => {
                let because = because.unwrap_or_default();
                let request = ask::RepairFromSource { job: JOB, table, with, options, by, because, author };
                let SourceRepair { found, correction, upserts, deletes, request, next } = host.call(request).await?;
                (found, Some(Repaired { correction, upserts, deletes, request, next }))
            }
        };
        let is_wanted = repair == Some(RepairHow::Events) && !yes;
        if is_wanted && found.counts.all() > 0 {
            let next =
                "Nothing was written. Add --yes and --because to write corrective events for these rows".to_owned();
            repaired = Some(Repaired { correction: None, upserts: 0, deletes: 0, request: None, next });
        }
        let rows = match &found.result {
            Some(result) => Some(fetch(host, result, u64::from(rows), reveal).await?),
            None => None,
        };
        Ok::<_, anyhow::Error>(Shown { found, rows, repair: repaired })
    };
    let shown = watch(host, out, work).await?;
    out.show(&shown, text)?;
    Ok(if shown.found.is_equal { Exit::Done } else { Exit::Different })
}

fn with(call: &Reconcile) -> Result<ReconcileWith, ApiError> {
    let wrong = |message: String, next: &str| ApiError::new(ErrorCode::Input, message, next);
    let (text, table) = (call.with.trim(), call.source_table.clone());
    let is_file = !DATABASES.iter().any(|scheme| text.starts_with(scheme)) && side(call)?.is_none();
    if call.position.is_some() && (!is_file || text.starts_with("dms:")) {
        return Err(wrong("--position is of the rows of a file".to_owned(), "Leave it out"));
    }
    if call.wait > 0 && (text.starts_with("dms:") || (is_file && call.position.is_none()) || side(call)?.is_some()) {
        return Err(wrong(
            "--wait needs the position of the rows that are compared".to_owned(),
            "Compare with a live database, or name the position of a file with --position",
        ));
    }
    if let Some(path) = text.strip_prefix("dms:") {
        return Ok(ReconcileWith::DmsStatistics { path: path.to_owned(), table });
    }
    if DATABASES.iter().any(|scheme| text.starts_with(scheme)) {
        return Ok(ReconcileWith::Database { url: DatabaseUrl::new(text), table });
    }
    if call.by_hashes || call.sample.is_some() {
        return Err(wrong(
            "--by-hashes and --sample are for a live database".to_owned(),
            "Leave them out: a file or another table is compared as a whole",
        ));
    }
    if let Some(side) = side(call)? {
        return Ok(ReconcileWith::Table(side));
    }
    Ok(ReconcileWith::File { path: text.to_owned(), position: call.position.clone() })
}

/// Another table or lake; `None` for a file.
fn side(call: &Reconcile) -> Result<Option<DiffSide>, ApiError> {
    let text = call.with.trim();
    let wrong = |message: String| ApiError::new(ErrorCode::Input, message, "Write for example table:shop.orders_copy");
    let own = |name: &TableName| TableRef { layer: Layer::Silver, name: name.clone() };
    let named = |text: &str| text.parse::<TableRef>().map_err(|_| wrong(format!("`{text}` is no table")));
    if let Some(table) = text.strip_prefix("table:") {
        let Typed { lake, version } = Typed::default();
        return Ok(Some(DiffSide { table: named(table)?, lake, version }));
    }
    let is_lake = ["production", "sandbox:", "lake:", "release:"].iter().any(|word| text.starts_with(word));
    if !is_lake {
        return Ok(None);
    }
    let Typed { lake, version } = text.parse().map_err(wrong)?;
    let table = call.source_table.as_deref().map(named).transpose()?.unwrap_or_else(|| own(&call.table));
    Ok(Some(DiffSide { table, lake, version }))
}

fn text(shown: &Shown) -> String {
    let Shown { found, rows, repair } = shown;
    let mut text = format!("{}\n{}\n", found.verdict, sides(found));
    if let Some(ranges) = found.hashed {
        text.push_str(&format!(
            "{} ranges of keys, {} differ, rows of {} were read\n",
            number(ranges.ranges),
            number(ranges.differing),
            number(ranges.read)
        ));
    }
    if let Some(share) = found.sampled {
        text.push_str(&format!("{:.2} % of the keys were compared\n", share * 100.0));
    }
    for (column, count) in &found.columns {
        let rows = if *count == 1 { "row differs" } else { "rows differ" };
        text.push_str(&format!("{:>8} {rows} in {column}\n", number(*count)));
    }
    for left in &found.not_compared {
        text.push_str(&format!("not compared: {}, {}\n", left.column, left.because));
    }
    for note in &found.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    if let Some(rows) = rows {
        text.push('\n');
        for (at, key) in found.keys.iter().enumerate().take(rows.len()) {
            text.push_str(&line(key, rows, at));
        }
        let more = found.counts.all() + found.not_arrived + found.newer_in_silver;
        let printed = found.keys.len().min(rows.len()) as u64;
        if more > printed {
            text.push_str(&format!("and {} more; --rows prints up to {}\n", number(more - printed), found.keys.len()));
        }
    }
    if let Some(repair) = repair {
        text.push_str(&repair_text(repair));
    }
    text
}

fn repair_text(repair: &Repaired) -> String {
    let mut text = String::from("\n");
    if let Some(request) = &repair.request {
        text.push_str(&format!("{}\n{}\n", request.about, request.text));
    }
    if let Some(correction) = repair.correction {
        text.push_str(&format!(
            "correction {correction}: {} rows written, {} deleted\n",
            number(repair.upserts),
            number(repair.deletes)
        ));
    }
    text.push_str(&format!("{}\n", repair.next));
    text
}

fn sides(found: &Reconciliation) -> String {
    let at = |position: &Option<String>, otherwise: &str| position.clone().unwrap_or_else(|| otherwise.to_owned());
    let source =
        found.source_rows.map_or_else(|| "rows not counted".to_owned(), |rows| format!("{} rows", number(rows)));
    format!(
        "source: {source}, read at {}\nsilver: {} rows, v{}, up to {}",
        at(&found.position_read, "a position that is not known"),
        number(found.silver_rows),
        found.version,
        at(&found.position_silver, "a position that is not known")
    )
}

/// One row that differs: its key, both sides of every column that differs, and how to explain it.
fn line(key: &DifferingKey, rows: &Rows, at: usize) -> String {
    let cell = |name: &str| {
        let column = rows.columns.iter().position(|column| column == name);
        let cell = column.and_then(|column| rows.rows.get(at)?.get(column)?.clone());
        cell.unwrap_or_else(|| "∅".to_owned()).replace('\n', "⏎")
    };
    let names = key.key.iter().map(|(name, _)| format!("{name}={}", cell(name)));
    let columns = key.columns.iter().map(|column| {
        format!(
            "{column}: {} in the source, {} in silver",
            cell(&format!("old.{column}")),
            cell(&format!("new.{column}"))
        )
    });
    let parts: Vec<String> = names.chain(columns).collect();
    let explain = key.explain.as_ref().map(|line| format!("\n    {line}")).unwrap_or_default();
    format!("{} ({}) {}{explain}\n", key.difference, key.arrival.as_str(), parts.join("  "))
}
