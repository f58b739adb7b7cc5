//! How fast formats are decoded and how fast their files become silver, beside what others need to read the same files.

use super::engine::{Engine, Pythons};
use super::machine;
use crate::process::{output, program};
use crate::project::Project;
use anyhow::Context;
use serde::Deserialize;
use std::path::Path;

/// Events of each file without `--rows`.
const EVENTS: u64 = 1_000_000;
/// Readers that the files are read with, too.
const READERS: [&str; 3] = ["DuckDB", "Polars", "Spark"];

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
    file: String,
    cpu: Option<f64>,
    silver_cpu: Option<f64>,
}

/// Measures every format and writes the page.
pub(super) fn measure(project: &Project, rows: &[u64], pages: &Path) -> anyhow::Result<()> {
    let events = rows.first().copied().unwrap_or(EVENTS);
    let folder = tempfile::Builder::new().prefix("sluice-decode-").tempdir()?;
    let mut call = program(project.program("decode-bench")?);
    call.arg(folder.path()).arg(events.to_string()).env("SLUICE_BIN", project.program("sluice")?);
    let lines = output(&mut call)?;
    let formats: Vec<Decoded> = lines
        .lines()
        .inspect(|line| println!("{line}"))
        .map(|line| serde_json::from_str(line).with_context(|| format!("not understood: {line}")))
        .collect::<Result<_, _>>()?;
    let reads = by_others(project, &formats)?;
    let mut page = head(events);
    for of in &formats {
        let rate = |reader: &str, cpu: fn(&Read) -> Option<f64>| {
            let found = reads.iter().find(|read| read.reader == reader && read.file == of.file);
            found.map(|read| cpu(read).map(|cpu| of.events / cpu.max(0.001)))
        };
        let words = |cpu: fn(&Read) -> Option<f64>| {
            let words = READERS.map(|reader| match rate(reader, cpu) {
                Some(Some(rate)) => million(rate),
                Some(None) => "refused".to_owned(),
                None => "not measured".to_owned(),
            });
            words.join(" | ")
        };
        let fastest =
            READERS.iter().filter_map(|reader| rate(reader, |of| of.silver_cpu).flatten()).fold(0.0, f64::max);
        let to_silver = of.events / of.to_silver_cpu.max(0.01);
        let ratio = if fastest > 0.0 { format!("{:.2}", to_silver / fastest) } else { "no other".to_owned() };
        page.push_str(&format!(
            "| `{}` | {:.0} | {:.0} | {} | {} | {} | {} | {ratio} |\n",
            of.format,
            of.bytes / 1e6,
            of.bytes / 1e6 / of.cpu,
            million(of.events / of.cpu),
            words(|of| of.cpu),
            million(to_silver),
            words(|of| of.silver_cpu),
        ));
    }
    page.push_str(&tail());
    page.push_str(&(machine::sentence(&[&machine::commit(project)]) + "\n"));
    let file = pages.join("decode.md");
    std::fs::write(&file, page).with_context(|| format!("cannot write {}", file.display()))
}

/// What the readers of others need for the same files. Spark is left out where it is not installed.
fn by_others(project: &Project, formats: &[Decoded]) -> anyhow::Result<Vec<Read>> {
    let spark: Vec<Engine> = Engine::named("spark").into_iter().collect();
    let pythons = Pythons::prepare(&spark)?;
    let mut reads = Vec::new();
    let mut add = |python: &Path, script: &str, files: &[&str]| -> anyhow::Result<()> {
        let mut peer = program(python);
        peer.arg(project.path("tests/bench/peers").join(script)).args(files);
        let said = output(&mut peer)?;
        println!("{}", said.trim());
        for line in said.lines() {
            reads.push(serde_json::from_str(line).with_context(|| format!("not understood: {line}"))?);
        }
        Ok(())
    };
    for of in formats {
        add(pythons.verifier()?, "decode_peer.py", &[&of.file])?;
    }
    match pythons.of("spark") {
        Ok(python) => {
            let files: Vec<&str> = formats.iter().map(|of| of.file.as_str()).collect();
            add(python, "decode_spark_peer.py", &files)?;
        }
        Err(error) => println!("Spark is left out: {error:#}"),
    }
    Ok(reads)
}

fn million(per_second: f64) -> String {
    format!("{:.2}", per_second / 1e6)
}

fn head(events: u64) -> String {
    format!(
        "# Decoding\n\n`cargo xtask bench decode [--rows N]` writes a file of {events} events for each format, two for each of \
         the keys, and measures processor time. *Decoded* is `sluice_cdc::decode_file` alone: records become typed events \
         with their order, values checked against the contract, and the record kept as it was delivered. *DuckDB*, \
         *Polars* and *Spark* (warm, with the pass that finds the columns) read the same file into the columns that its records \
         have, which is less work: no order, no operation, no types of a contract, no copy of the record, nothing written. *To \
         silver* is a whole process of `sluice replay` with bronze, merge, checks and commits; of the others the latest row of \
         each key by hand-written SQL or expressions, from the file to one Parquet file: no record kept, no log, no late events, \
         no deletes. Millions of events per second of one core, more is better; *ratio* is Sluice to the fastest of the others \
         there.\n\n\
         | format | MB | decoded MB/s | decoded | DuckDB reads | Polars reads | Spark reads | to silver | DuckDB to silver | \
         Polars to silver | Spark to silver | ratio |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|\n"
    )
}

fn tail() -> String {
    "\nThe rows of Airbyte, Hevo, Qlik and of a change data feed go through the reader of `fivetran_json` and `csv`; Avro \
     and Parquet of Debezium through that of `parquet` and then of their JSON. From landed files to silver beside SQL by \
     hand in DuckDB and beside Spark with Delta: [pipeline.md](pipeline.md).\n\n\
     The goal is twice the events per processor second of the fastest of the others. **It is not reached**: SQL by hand, which keeps no record and no order, is three to ten times \
     ahead; only Spark is behind, for most formats. What was tried, first: \
     positions are written as text at once, JSON of Parquet rows without a text for each value, a large file in \
     parts. Then, in CPU seconds of a replay of 500,000 events before and after: `debezium_json` 2.90 and 2.22, \
     `debezium_flat_json` 1.79 and 1.50, `json` 1.47 and 1.22, `dms_csv` 1.54 and 1.26, `parquet` 1.85 and 1.14, the \
     others 13 to 17 % less. It came from ends of lines, fields and objects found several bytes at a time; values of \
     a record hashed at once; names looked up by a cheaper hash; short decimals and positions of PostgreSQL read \
     without copies; room made for columns at the beginning; columns of bronze filled directly; and of Parquet, texts \
     of a column in one piece and an answer of the decoding process that is used where it lies. Huge pages and memory \
     that is kept longer did not pay ([pipeline.md](pipeline.md)); weaker compression, which would cost storage, and \
     other allocators were not tried.\n\n\
     What is left of a replay of `json`, by samples: four tenths decode, one record after the other into typed cells, \
     a twelfth of all for the hash that tells copies of an event apart; a fifth encodes bronze and silver, an \
     eighth of all for zstd alone; a fifteenth copies records into the columns of bronze; a tenth is the system \
     giving memory; reading, sorting, merge, checks and start are the rest. `debezium_json` also looks for the \
     members of the envelope and of `source`; Parquet becomes JSON, because bronze keeps each row as that. Without \
     bronze `json` would by these shares be at a third of the fastest, so even a decoder that fills columns without \
     cells would not reach the goal alone.\n\n"
        .to_owned()
}
