//! How fast formats are decoded and how fast their files become silver, beside what others need to read the same files.

use super::engine::Pythons;
use super::machine;
use crate::process::{output, program};
use crate::project::Project;
use anyhow::Context;
use serde::Deserialize;
use std::path::Path;

/// Events of each file without `--rows`.
const EVENTS: u64 = 1_000_000;
/// Readers that the files are read with, too.
const READERS: [&str; 2] = ["DuckDB", "Polars"];

#[derive(Deserialize)]
struct Decoded {
    format: String,
    file: String,
    bytes: f64,
    events: f64,
    cpu: f64,
    to_silver_cpu: f64,
}

#[derive(Deserialize)]
struct Read {
    reader: String,
    cpu: Option<f64>,
}

/// Measures every format and writes the page.
pub(super) fn measure(project: &Project, rows: &[u64], pages: &Path) -> anyhow::Result<()> {
    let events = rows.first().copied().unwrap_or(EVENTS);
    let folder = tempfile::Builder::new().prefix("sluice-decode-").tempdir()?;
    let mut call = program(project.program("decode-bench")?);
    call.arg(folder.path()).arg(events.to_string()).env("SLUICE_BIN", project.program("sluice")?);
    let lines = output(&mut call)?;
    let pythons = Pythons::prepare(&[])?;
    let mut page = head(events);
    for line in lines.lines() {
        let of: Decoded = serde_json::from_str(line).with_context(|| format!("not understood: {line}"))?;
        println!("{line}");
        let mut peer = program(pythons.verifier()?);
        peer.arg(project.path("tests/bench/peers/decode_peer.py")).arg(&of.file);
        let said = output(&mut peer)?;
        println!("{}", said.trim());
        let read: Vec<Read> = said.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        let by = |reader: &str| {
            let cpu = read.iter().find(|read| read.reader == reader).and_then(|read| read.cpu);
            cpu.map_or_else(|| "refused".to_owned(), |cpu| million(of.events / cpu.max(0.001)))
        };
        let [duckdb, polars] = READERS.map(by);
        page.push_str(&format!(
            "| `{}` | {:.0} | {:.0} | {} | {duckdb} | {polars} | {} |\n",
            of.format,
            of.bytes / 1e6,
            of.bytes / 1e6 / of.cpu,
            million(of.events / of.cpu),
            million(of.events / of.to_silver_cpu.max(0.01)),
        ));
    }
    page.push_str(&tail());
    page.push_str(&(machine::sentence(&[&machine::commit(project)]) + "\n"));
    let file = pages.join("decode.md");
    std::fs::write(&file, page).with_context(|| format!("cannot write {}", file.display()))
}

fn million(per_second: f64) -> String {
    format!("{:.2}", per_second / 1e6)
}

fn head(events: u64) -> String {
    format!(
        "# Decoding\n\n`cargo xtask bench decode [--rows N]` writes a file of {events} events for each format, two for each of \
         the keys, and measures processor time. *Decoded* is `sluice_cdc::decode_file` alone: records become typed events \
         with their order, values checked against the contract, and the record kept as it was delivered. *DuckDB* and \
         *Polars* read the same file into the columns that its records have, which is less work: no order, no operation, no \
         types of a contract, no copy of the record. *To silver* is a whole process of `sluice replay` with bronze, merge \
         and commits. Millions of events per second of one core, more is better.\n\n\
         | format | MB | decoded MB/s | decoded | DuckDB reads | Polars reads | to silver |\n|---|---|---|---|---|---|---|\n"
    )
}

fn tail() -> String {
    "\nThe rows of Airbyte, Hevo, Qlik and of a change data feed go through the reader of `fivetran_json` and `csv`; Avro \
     and Parquet of Debezium through that of `parquet` and then of their JSON. From landed files to silver beside SQL by \
     hand in DuckDB and beside Spark with Delta: [pipeline.md](pipeline.md).\n\n"
        .to_owned()
}
