//! `sluice query`.

use super::rows::{Rows, fetch};
use crate::args::Query;
use crate::exit::Exit;
use crate::print::{Output, number};
use crate::progress::{JOB, watch};
use sluice_api::{ApiError, ErrorCode, ask};
use sluice_runner::Host;

/// The text of a query that is saved in the lake.
async fn saved(host: &Host, name: &str) -> Result<String, ApiError> {
    let queries = host.call(ask::Queries {}).await?;
    if let Some(query) = queries.iter().find(|query| query.name == name) {
        return Ok(query.sql.clone());
    }
    let names: Vec<&str> = queries.iter().map(|query| query.name.as_str()).collect();
    let next = match names.as_slice() {
        [] => "There is no file in queries/ of the lake".to_owned(),
        names => format!("There are {}", names.join(", ")),
    };
    Err(ApiError::new(ErrorCode::NotFound, format!("There is no query {name} in the lake"), next))
}

/// Runs one SELECT.
pub(crate) async fn run(host: &Host, out: &Output, call: Query) -> anyhow::Result<Exit> {
    let sql = match (call.sql, call.saved) {
        (Some(sql), _) => sql,
        (None, name) => saved(host, &name.unwrap_or_default()).await?,
    };
    let result = watch(host, out, host.call(ask::Query { job: JOB, sql })).await?;
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
