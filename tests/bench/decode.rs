//! How fast each format is decoded, and how fast its file becomes silver. Called by `cargo xtask bench decode`:
//! `decode-bench FOLDER EVENTS` writes a file of each format into the folder, measures, and prints a JSON line for each;
//! the readers of others are measured on the same files.

mod decode_records;

use anyhow::{Context, Result, ensure};
use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray};
use bytes::Bytes;
use decode_records::MADE;
use parquet::arrow::ArrowWriter;
use sluice_cdc::decode_file;
use sluice_change::SourceFile;
use sluice_contract::Contract;
use sluice_tests::Sluice;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// As in `sluice`.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Rows of Parquet, which are the same for its formats of plain rows.
const PARQUET: &str = "dataset: \"bench.events\"\nsource: {path: \"landing/events/\", format: parquet}\n\
apply: {sequence: [at]}\nschema:\n- {name: id, type: bigint, primary_key: true}\n- {name: word, type: string}\n\
- {name: total, type: \"decimal(12,2)\"}\n- {name: flag, type: boolean}\n- {name: at, type: bigint}\n";
/// Linux counts processor time for programs in hundredths of a second.
const TICKS_PER_SECOND: f64 = 100.0;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [folder, events] = words.as_slice() else { anyhow::bail!("decode-bench FOLDER EVENTS") };
    let (folder, events) = (Path::new(folder), events.parse()?);
    for made in MADE {
        let content = Bytes::from(made.content(events));
        measure(folder, made.format, made.file, &made.contract(), &content, events)?;
    }
    measure(folder, "parquet", "rows.parquet", PARQUET, &rows_of_parquet(events)?, events)
}

fn measure(folder: &Path, format: &str, name: &str, contract: &str, content: &Bytes, events: u64) -> Result<()> {
    let lake = folder.join(format);
    let landing = lake.join("landing/events");
    std::fs::create_dir_all(&landing)?;
    std::fs::create_dir_all(lake.join("contracts/bench"))?;
    std::fs::write(lake.join("contracts/bench/events.yaml"), contract)?;
    let file = landing.join(name);
    std::fs::write(&file, content)?;
    let parsed = Contract::parse(contract, "events.yaml").map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    let parsed = Arc::new(parsed);
    let source = SourceFile { path: name.to_owned(), size: content.len() as u64, ..SourceFile::default() };
    let before = cpu_seconds("self")?;
    let begun = Instant::now();
    let decoded = decode_file(&parsed, source, content.clone())?;
    let wall = begun.elapsed().as_secs_f64();
    let cpu = (cpu_seconds("self")? - before).max(1.0 / TICKS_PER_SECOND);
    let rejected = decoded.rejects.first().map(|reject| format!("{} {}", reject.reason, reject.detail));
    ensure!(
        decoded.changes.len() as u64 == events,
        "{format}: {} events of {events}, {rejected:?}",
        decoded.changes.len()
    );
    drop(decoded);
    let before = children_seconds()?;
    Sluice::on_folder(&lake).ok(&["replay"]).with_context(|| format!("{format}: replay"))?;
    let to_silver = children_seconds()? - before;
    let line = serde_json::json!({
        "format": format, "file": file, "bytes": content.len(), "events": events, "wall": wall, "cpu": cpu,
        "to_silver_cpu": to_silver,
    });
    println!("{line}");
    Ok(())
}

fn rows_of_parquet(events: u64) -> Result<Bytes> {
    let numbers = || 0..i64::try_from(events).unwrap_or(i64::MAX);
    let half = i64::try_from(events / 2).unwrap_or(1).max(1);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(numbers().map(|number| number % half).collect::<Int64Array>())),
        ("word", Arc::new(numbers().map(|n| Some(format!("word {}", n * 7919 % 10_007))).collect::<StringArray>())),
        ("total", Arc::new(numbers().map(|n| Some(format!("{}.25", n % 10_000))).collect::<StringArray>())),
        ("flag", Arc::new(numbers().map(|number| Some(number % 3 == 0)).collect::<BooleanArray>())),
        ("at", Arc::new(numbers().map(|number| number + 1).collect::<Int64Array>())),
    ];
    let batch = RecordBatch::try_from_iter(columns)?;
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(bytes.into())
}

/// Processor time of this process, threads that ended included.
fn cpu_seconds(process: &str) -> Result<f64> {
    Ok(ticks(process, 11)? + ticks(process, 12)?)
}

/// Processor time of programs that this one started and that ended, with all that they started.
fn children_seconds() -> Result<f64> {
    Ok(ticks("self", 13)? + ticks("self", 14)?)
}

/// A field of `/proc/…/stat`, counted behind the name of the program.
fn ticks(process: &str, field: usize) -> Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, fields) = text.rsplit_once(')').context("no name in stat")?;
    let field = fields.split_whitespace().nth(field).context("a field of stat is missing")?;
    Ok(field.parse::<f64>()? / TICKS_PER_SECOND)
}
