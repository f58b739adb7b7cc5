//! Torn and wrong input: every piece ends in quarantine or as a named error with file and place, and
//! everything else goes on.

use anyhow::{Context, Result, ensure};
use sluice_tests::{ShopFile, ShopLake, Sluice, Stream, oracle};
use std::io::Write;

/// A file that is broken, and how it has to end.
struct Torn {
    table: &'static str,
    path: String,
    content: Vec<u8>,
    reason: &'static str,
    whole_file: bool,
    offset: Option<u64>,
}

fn landing(table: &str, name: &str) -> String {
    format!("landing/topics/shop.public.{table}/partition=0/{name}")
}

/// The last file of a table at checkpoint 1.
fn last_file(table: &str) -> Result<ShopFile> {
    let topic = format!("shop.public.{table}/");
    let mut files = Stream::Main.files()?.into_iter();
    files.rfind(|file| file.checkpoint == 1 && file.to.contains(&topic)).context("a table has files")
}

fn gzip(text: &str) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes())?;
    Ok(encoder.finish()?)
}

fn torn() -> Result<Vec<Torn>> {
    let orders = last_file("orders")?;
    let cut = orders.bytes()?;
    let half_line = "{\"before\":null,\"after\":{\"id\":7,\"emai";
    let unknown = "{\"before\":null,\"after\":{\"sku\":\"X\"},\"source\":{\"lsn\":1},\"op\":\"z\"}\n";
    let no_key = "{\"before\":null,\"after\":{\"id\":null,\"order_id\":1},\"source\":{\"lsn\":1},\"op\":\"c\"}\n";
    Ok(vec![
        // The last file of the table, cut in the middle: what is before the cut is taken.
        Torn {
            table: "shop.orders",
            path: orders.to,
            content: cut[..cut.len() / 2].to_vec(),
            reason: "TRUNCATED_FILE",
            whole_file: true,
            offset: None,
        },
        Torn {
            table: "shop.customers",
            path: landing("customers", "shop.public.customers+0+0000009000.json"),
            content: half_line.into(),
            reason: "BAD_ENVELOPE",
            whole_file: false,
            offset: Some(0),
        },
        Torn {
            table: "shop.products",
            path: landing("products", "shop.public.products+0+0000009000.json.gz"),
            content: gzip(&format!("null\n{unknown}"))?,
            reason: "UNKNOWN_OPERATION",
            whole_file: false,
            offset: Some(5),
        },
        Torn {
            table: "shop.payments",
            path: landing("payments", "shop.public.payments+0+0000009000.json"),
            content: no_key.into(),
            reason: "MISSING_KEY",
            whole_file: false,
            offset: Some(0),
        },
        // Parquet under the name of JSON.
        Torn {
            table: "shop.events",
            path: landing("events", "shop.public.events+0+0000009000.json"),
            content: b"PAR1\x00\x00\x15\x04PAR1".to_vec(),
            reason: "UNREADABLE_FILE",
            whole_file: true,
            offset: Some(0),
        },
        // Gzip under the name of text, cut: recognized by its first bytes.
        Torn {
            table: "shop.carts",
            path: landing("carts", "shop.public.carts+0+0000009000.json"),
            content: gzip(unknown)?[..12].to_vec(),
            reason: "TRUNCATED_FILE",
            whole_file: true,
            offset: Some(0),
        },
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn torn_files_end_in_quarantine_and_everything_else_goes_on() -> Result<()> {
    let lake = ShopLake::delivered_up_to(1)?;
    let torn = torn()?;
    for file in &torn {
        lake.write(&file.path, &file.content)?;
    }
    lake.write(&landing("order_items", "shop.public.order_items+0+0000019000.json"), "")?;
    lake.write(&landing("order_items", "notes.txt"), "not a change file")?;

    let said = Sluice::on_folder(lake.folder()).call(&["replay", "--json"])?;

    ensure!(said.code == 0, "ended with {}: {}{}", said.code, said.out, said.err);
    for file in &torn {
        let table = file.table;
        let rows = lake.quarantine(table).await?.select(&["reason", "file", "whole_file", "offset", "detail"])?;
        let found = rows.rows.iter().filter(|row| row[0].as_deref() == Some(file.reason)).collect::<Vec<_>>();
        // Of a cut file the record at the cut is there too, by itself.
        let more = usize::from(file.whole_file && file.offset.is_none());
        ensure!(found.len() == 1 && rows.rows.len() <= 1 + more, "{table}: {rows:?}");
        let cells: Vec<&str> = found[0].iter().map(|cell| cell.as_deref().unwrap_or_default()).collect();
        let whole_file = file.whole_file.to_string();
        ensure!(cells[..3] == [file.reason, file.path.as_str(), whole_file.as_str()], "{table}: {cells:?}");
        let offset: u64 = cells[3].parse()?;
        ensure!(file.offset.map_or(offset > 0, |wanted| wanted == offset), "{table}: at {offset}");
        ensure!(!cells[4].is_empty(), "{table}: no detail");
    }
    ensure!(lake.quarantine("shop.order_items").await?.rows.is_empty(), "an empty file is nothing to complain about");
    for table in lake.compare(&oracle(1)).await? {
        let only_cut = table.table.table == "orders";
        ensure!(table.is_equal() != only_cut, "{table:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_parquet_file_is_named_and_the_rest_of_the_table_is_there() -> Result<()> {
    let lake = ShopLake::of(Stream::DmsParquet)?;
    lake.deliver(1)?;
    let files = Stream::DmsParquet.files()?;
    let of_checkpoint_2 = |file: &&ShopFile| file.checkpoint == 2 && file.to.contains("/products/");
    let cut = files.iter().find(of_checkpoint_2).context("products has files of checkpoint 2")?;
    let bytes = cut.bytes()?;
    lake.write(&cut.to, &bytes[..bytes.len() / 2])?;

    let said = Sluice::on_folder(lake.folder()).call(&["replay"])?;

    ensure!(said.code == 0, "ended with {}: {}{}", said.code, said.out, said.err);
    ensure!(said.out.contains("1 TRUNCATED_FILE in quarantine"), "{}", said.out);
    let rows = lake.quarantine("shop_dms.products").await?.select(&["reason", "file"])?;
    let expected = [Some("TRUNCATED_FILE".to_owned()), Some(cut.to.clone())];
    ensure!(rows.rows == [expected], "{rows:?}");
    for table in lake.compare(&oracle(1)).await? {
        ensure!(table.is_equal(), "{table:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_can_be_done_the_table_stops_and_the_others_complete() -> Result<()> {
    let lake = ShopLake::delivered_up_to(1)?;
    for file in Stream::Main.files()?.iter().filter(|file| file.checkpoint == 1 && file.to.contains(".events/")) {
        lake.write(&file.to, "neither gzip nor a record\n")?;
    }

    let said = Sluice::on_folder(lake.folder()).call(&["replay"])?;

    ensure!(said.code == 3, "ended with {}: {}{}", said.code, said.out, said.err);
    ensure!(said.out.contains("shop.events: stopped: batch 1 of shop.events was not published"), "{}", said.out);
    ensure!(said.out.contains("3 BAD_ENVELOPE in quarantine") || said.out.contains("100.0 %"), "{}", said.out);
    for table in lake.compare(&oracle(1)).await? {
        ensure!(table.is_equal() != (table.table.table == "events"), "{table:?}");
    }
    Ok(())
}
