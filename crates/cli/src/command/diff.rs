//! `sluice diff`.

use super::rows::{Rows, fetch};
use crate::args::Diff;
use crate::exit::{Exit, reply, unexpected};
use crate::print::{Output, number};
use serde::Serialize;
use sluice_api::{DiffView, Reply, Request};
use sluice_runner::Host;

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    diff: DiffView,
    changes: Rows,
}

/// What changed between two versions.
pub(crate) async fn run(host: &Host, out: &Output, call: Diff) -> anyhow::Result<Exit> {
    let request = Request::Diff { table: call.table, from: call.from, to: call.to };
    let Reply::Diff(diff) = reply(host.handle(request).await)? else { return Err(unexpected()) };
    let changes = fetch(host, &diff.result, u64::from(call.rows)).await?;
    out.show(&Shown { diff, changes }, text)?;
    Ok(Exit::Done)
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
