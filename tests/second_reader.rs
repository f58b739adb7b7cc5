//! Readers of others find the same rows: Python `deltalake` (delta-rs with DataFusion) and Polars, on
//! every silver and gold table.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use sluice_api::Layer;
use sluice_tests::{ShopLake, Stream, plain_rows, python};
use std::path::Path;
use std::process::Command;

/// What Sluice itself reads, as one JSON document per table.
async fn export(lake: &ShopLake, folder: &Path) -> Result<u64> {
    let mut tables = 0;
    for table in lake.tables(&[Layer::Silver, Layer::Gold]).await? {
        let store = lake.store(&table).await?;
        let Some(snapshot) = store.snapshot(None).await? else { continue };
        let columns: Vec<Value> = snapshot.schema.fields().iter().map(|field| json!(field.name())).collect();
        let rows = plain_rows(&store.read_files(&snapshot, &snapshot.files, None).await?)?;
        let document = json!({
            "name": table.to_string(),
            "path": lake.folder().join(store.folder()),
            "version": snapshot.version,
            "columns": columns,
            "rows": rows,
        });
        std::fs::write(folder.join(format!("{tables:03}.json")), document.to_string())?;
        tables += 1;
    }
    Ok(tables)
}

#[tokio::test(flavor = "multi_thread")]
async fn deltalake_and_polars_read_the_same_rows() -> Result<()> {
    let Some(python) = python("second_reader") else { return Ok(()) };
    // Several versions, so that removed files, rewritten files and a checkpoint of the log are there.
    let lake = ShopLake::of(Stream::Main)?;
    for checkpoint in 1..=3 {
        lake.deliver(checkpoint)?;
        lake.replay_by(2).await?;
    }
    let exported = tempfile::tempdir()?;
    ensure!(export(&lake, exported.path()).await? == 10, "7 silver and 3 gold tables");

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/read_tables.py");
    let output = Command::new(python).arg(script).arg(exported.path()).output()?;

    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{out}");
    ensure!(output.status.success(), "{out}{err}");
    ensure!(out.lines().filter(|line| line.ends_with("equal")).count() == 20, "10 tables by 2 readers: {out}");
    Ok(())
}
