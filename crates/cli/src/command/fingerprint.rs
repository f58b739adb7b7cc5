//! `sluice fingerprint`.

use crate::args::Fingerprint;
use crate::exit::Exit;
use crate::print::Output;
use serde::Serialize;
use sluice_runner::Host;

#[derive(Serialize)]
struct Shown {
    table: String,
    version: u64,
    fingerprint: String,
}

/// Canonical content hash of a table.
pub(crate) async fn run(host: &Host, out: &Output, call: Fingerprint) -> anyhow::Result<Exit> {
    let (version, fingerprint) = host.fingerprint(&call.table, call.version).await.map_err(|error| error.to_api())?;
    let shown = Shown { table: call.table.to_string(), version, fingerprint };
    out.show(&shown, |shown| format!("{}  {} v{}\n", shown.fingerprint, shown.table, shown.version))?;
    Ok(Exit::Done)
}
