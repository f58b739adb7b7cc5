//! `sluice query`.

use super::rows::{Rows, fetch};
use crate::args::Query;
use crate::exit::Exit;
use crate::print::{Output, number};
use crate::progress::{JOB, watch};
use sluice_api::ask;
use sluice_runner::Host;

/// Runs one SELECT.
pub(crate) async fn run(host: &Host, out: &Output, call: Query) -> anyhow::Result<Exit> {
    let result = watch(host, out, host.call(ask::Query { job: JOB, sql: call.sql })).await?;
    let rows = fetch(host, &result, call.rows, call.reveal).await?;
    out.show(&rows, |rows: &Rows| {
        let mut text = rows.to_text();
        if rows.rows.len() as u64 == result.rows {
            text.push_str(&format!("{} rows\n", number(result.rows)));
        } else {
            text.push_str(&format!("{} of {} rows, more with --rows\n", number(call.rows), number(result.rows)));
        }
        text
    })?;
    Ok(Exit::Done)
}
