//! `sluice fingerprint`.

use crate::args::Fingerprint;
use crate::exit::Exit;
use crate::print::Output;
use serde::Serialize;
use sluice_api::ask;
use sluice_runner::Host;

#[derive(Serialize)]
struct Shown {
    table: String,
    version: u64,
    fingerprint: String,
}

/// Canonical content hash of a table.
pub(crate) async fn run(host: &Host, out: &Output, call: Fingerprint) -> anyhow::Result<Exit> {
    let done = host.call(ask::Fingerprint { table: call.table, version: call.version }).await?;
    let shown = Shown { table: done.table.to_string(), version: done.version, fingerprint: done.fingerprint };
    out.show(&shown, |shown| format!("{}  {} v{}\n", shown.fingerprint, shown.table, shown.version))?;
    Ok(Exit::Done)
}
