//! `sluice history`.

use super::rows::{Rows, fetch};
use crate::args::History;
use crate::exit::Exit;
use crate::print::Output;
use serde::Serialize;
use sluice_api::{RowHistory, ask};
use sluice_runner::Host;

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    history: RowHistory,
    entries: Rows,
}

/// All versions of one row.
pub(crate) async fn run(host: &Host, out: &Output, call: History) -> anyhow::Result<Exit> {
    let history = host.call(ask::RowHistory { table: call.table, key: call.key }).await?;
    let entries = fetch(host, &history.result, call.rows, call.reveal).await?;
    out.show(&Shown { history, entries }, |shown| {
        let history = &shown.history;
        if history.result.rows == 0 {
            return format!("{} v{} to v{}: no such row\n", history.table, history.oldest, history.latest);
        }
        shown.entries.to_text()
    })?;
    Ok(Exit::Done)
}
