//! `sluice diff`.

use super::rows::{Rows, fetch};
use crate::args::Diff;
use crate::exit::Exit;
use crate::print::{Output, number};
use crate::progress::{JOB, watch};
use serde::Serialize;
use sluice_api::{DiffCounts, DiffView, ask};
use sluice_runner::Host;

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    diff: DiffView,
    changes: Rows,
}

/// What changed between two versions: how much by the log, the first rows, then what needs all of them.
pub(crate) async fn run(host: &Host, out: &Output, call: Diff) -> anyhow::Result<Exit> {
    let Diff { table, from, to, rows, reveal, counts, first } = call;
    if counts || !out.json {
        let request = ask::DiffCounts { table: table.clone(), from, to };
        out.show(&host.call(request).await?, counts_text)?;
    }
    if counts {
        return Ok(Exit::Done);
    }
    let mut shown = 0;
    if first || !out.json {
        let request = ask::DiffFirst { table: table.clone(), from, to, rows: rows.max(1) };
        let beginning = with_rows(host, host.call(request).await?, rows, reveal).await?;
        shown = beginning.changes.len();
        let all = beginning.diff.of.is_none();
        out.show(&beginning, if all { text } else { first_text })?;
        if all || first {
            return Ok(Exit::Done);
        }
    }
    let work = async {
        let diff = host.call(ask::Diff { table, from, to, job: Some(JOB) }).await?;
        with_rows(host, diff, rows, reveal).await
    };
    let whole = watch(host, out, work).await?;
    out.show(&whole, if shown > 0 { totals } else { text })?;
    Ok(Exit::Done)
}

async fn with_rows(host: &Host, diff: DiffView, rows: u32, reveal: bool) -> anyhow::Result<Shown> {
    let changes = fetch(host, &diff.result, u64::from(rows), reveal).await?;
    Ok(Shown { diff, changes })
}

/// By the log: shown before any data is read.
fn counts_text(counts: &DiffCounts) -> String {
    let rearranging = match counts.rearranging {
        0 => String::new(),
        rearranging => format!(", {} of them only rearranged files", number(rearranging)),
    };
    let kinds = counts.kinds.map_or_else(String::new, |kinds| {
        let [inserted, updated, deleted] = [kinds.inserted, kinds.updated, kinds.deleted].map(number);
        format!("; by the commit {inserted} inserted, {updated} updated, {deleted} deleted")
    });
    format!(
        "{} v{} -> v{}: {} rows written, {} removed in {} commits{rearranging}; {} -> {} rows{kinds}\n",
        counts.table,
        counts.from,
        counts.to,
        number(counts.added),
        number(counts.removed),
        number(counts.commits),
        number(counts.rows_before),
        number(counts.rows_after),
    )
}

fn text(shown: &Shown) -> String {
    totals(shown) + &shown.changes.to_changes()
}

/// The rows alone, before the totals are known.
fn first_text(shown: &Shown) -> String {
    format!("the first {} changed rows:\n{}", number(shown.changes.len() as u64), shown.changes.to_changes())
}

fn totals(shown: &Shown) -> String {
    let diff = &shown.diff;
    let mut text = format!(
        "{} v{} -> v{}: + {} inserted, ~ {} updated, - {} deleted, = {} unchanged\n",
        diff.table,
        diff.from,
        diff.to,
        number(diff.inserted),
        number(diff.updated),
        number(diff.deleted),
        number(diff.unchanged)
    );
    for change in &diff.schema {
        let (before, after) = (change.before.as_deref().unwrap_or("-"), change.after.as_deref().unwrap_or("-"));
        text.push_str(&format!("schema: {} {before} -> {after}\n", change.column));
    }
    for column in diff.columns.iter().filter(|column| column.changed > 0) {
        text.push_str(&format!("{:>8} cells of {}\n", number(column.changed), column.name));
    }
    text
}
