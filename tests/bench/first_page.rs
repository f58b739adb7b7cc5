//! Times the first page of every table of a lake, asked for as the window does; prints JSON.
//! Called by `cargo xtask bench`.

use anyhow::Context;
use serde_json::{Value, json};
use sluice_api::{PageRequest, TableRef, ask};
use sluice_runner::{Host, HostOptions};
use std::time::Instant;

/// A screen of rows and some more.
const ROWS: u32 = 300;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let lake = std::env::args().nth(1).context("usage: first-page LAKE")?;
    let host = Host::new(HostOptions { lake: Some(lake), ..HostOptions::default() });
    let view = host.call(ask::OpenLake { url: None, create: false }).await?;
    let mut pages = Vec::new();
    for summary in view.tables.iter().filter(|summary| summary.rows.is_some()) {
        pages.push(first_page(&host, &summary.table).await?);
    }
    println!("{}", Value::from(pages));
    Ok(())
}

async fn first_page(host: &Host, table: &TableRef) -> anyhow::Result<Value> {
    let begun = Instant::now();
    let result = host.call(ask::TableRows { table: table.clone(), version: None }).await?;
    let page = host.page(PageRequest { result: result.id, first_row: 0, rows: ROWS }).await?;
    let ms = begun.elapsed().as_secs_f64() * 1000.0;
    Ok(json!({ "table": table.to_string(), "ms": ms, "rows": result.rows, "bytes": page.len() }))
}
