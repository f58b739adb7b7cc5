//! `sluice diff`.

use super::rows::{Rows, fetch};
use crate::args::Diff;
use crate::exit::{Exit, reply, unexpected};
use crate::print::{Output, number};
use serde::Serialize;
use sluice_api::{DiffCounts, DiffView, Reply, Request};
use sluice_runner::Host;

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    diff: DiffView,
    changes: Rows,
}

/// What changed between two versions.
pub(crate) async fn run(host: &Host, out: &Output, call: Diff) -> anyhow::Result<Exit> {
    if call.counts || !out.json {
        let counts = host.diff_counts(&call.table, call.from, call.to).await.map_err(|error| error.to_api())?;
        out.show(&counts, counts_text)?;
    }
    if call.counts {
        return Ok(Exit::Done);
    }
    let request = Request::Diff { table: call.table, from: call.from, to: call.to };
    let Reply::Diff(diff) = reply(host.handle(request).await)? else { return Err(unexpected()) };
    let changes = fetch(host, &diff.result, u64::from(call.rows)).await?;
    out.show(&Shown { diff, changes }, text)?;
    Ok(Exit::Done)
}

/// By the log: shown before any data is read.
fn counts_text(counts: &DiffCounts) -> String {
    let rearranging = match counts.rearranging {
        0 => String::new(),
        rearranging => format!(", {} of them only rearranged files", number(rearranging)),
    };
    format!(
        "{} v{} -> v{}: {} rows written, {} removed in {} commits{rearranging}; {} -> {} rows\n",
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
    text.push_str(&shown.changes.to_changes());
    text
}
