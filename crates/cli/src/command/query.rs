//! `sluice query`.

use super::rows::{Rows, fetch};
use crate::args::Query;
use crate::exit::{Exit, reply, unexpected};
use crate::print::{Output, number};
use sluice_api::{JobId, Reply, Request};
use sluice_runner::Host;

/// Runs one SELECT.
pub(crate) async fn run(host: &Host, out: &Output, call: Query) -> anyhow::Result<Exit> {
    let request = Request::Query { job: JobId(1), sql: call.sql };
    let Reply::Result(result) = reply(host.handle(request).await)? else { return Err(unexpected()) };
    let rows = fetch(host, &result, call.rows).await?;
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
