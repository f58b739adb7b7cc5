//! `sluice diff`.

use super::rows::{Rows, fetch};
use crate::args::Diff;
use crate::exit::{Exit, reply, unexpected};
use crate::print::{Output, number};
use crate::progress::watch_id;
use serde::Serialize;
use sluice_api::{DiffCounts, DiffView, JobId, Reply, Request};
use sluice_runner::Host;

/// There is one job in a call.
const JOB: u64 = 1;

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    diff: DiffView,
    changes: Rows,
}

/// What changed between two versions: how much by the log, the first rows, then what needs all of them.
pub(crate) async fn run(host: &Host, out: &Output, call: Diff) -> anyhow::Result<Exit> {
    if call.counts || !out.json {
        let counts = host.diff_counts(&call.table, call.from, call.to).await.map_err(|error| error.to_api())?;
        out.show(&counts, counts_text)?;
    }
    if call.counts {
        return Ok(Exit::Done);
    }
    let mut shown = 0;
    if call.first || !out.json {
        let (table, rows) = (call.table.clone(), call.rows.max(1));
        let request = Request::DiffFirst { table, from: call.from, to: call.to, rows };
        let first = ask(host, request, call.rows).await?;
        shown = first.changes.len();
        let all = first.diff.of.is_none();
        out.show(&first, if all { text } else { first_text })?;
        if all || call.first {
            return Ok(Exit::Done);
        }
    }
    let job = JobId(JOB);
    let request = Request::Diff { job: Some(job), table: call.table, from: call.from, to: call.to };
    let work = ask(host, request, call.rows);
    let whole = watch_id(host.jobs(), job, out.json, work).await?;
    out.show(&whole, if shown > 0 { totals } else { text })?;
    Ok(Exit::Done)
}

async fn ask(host: &Host, request: Request, rows: u32) -> anyhow::Result<Shown> {
    let Reply::Diff(diff) = reply(host.handle(request).await)? else { return Err(unexpected()) };
    let changes = fetch(host, &diff.result, u64::from(rows)).await?;
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
