//! Readers of others find the same rows in the recorded shop: delta-rs, Polars, Sail and Spark on every
//! silver and gold table. What single operations leave behind is the test `readers`.

use anyhow::{Result, ensure};
use sluice_api::Layer;
use sluice_tests::{Exported, ShopLake, Stream, python};

#[tokio::test(flavor = "multi_thread")]
async fn readers_of_others_read_the_same_rows_of_the_shop() -> Result<()> {
    let Some(python) = python("second_reader") else { return Ok(()) };
    // Several versions, so that removed files, rewritten files and a checkpoint of the log are there.
    let lake = ShopLake::of(Stream::Main)?;
    for checkpoint in 1..=3 {
        lake.deliver(checkpoint)?;
        lake.replay_by(2).await?;
    }
    let mut exported = Exported::new()?;
    for table in lake.tables(&[Layer::Silver, Layer::Gold]).await? {
        exported.add(&table.to_string(), &lake.store(&table).await?, lake.folder()).await?;
    }
    ensure!(exported.tables() == 10, "7 silver and 3 gold tables");
    exported.read_by(&python, &["deltalake", "polars"])?;
    exported.read_by_sql("second_reader", "sail")?;
    exported.read_by_sql("second_reader", "spark")?;
    Ok(())
}
