//! Sources that nobody prepared for: a clear answer, in bounded time, and no other table pays for it.

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use sluice_api::{Layer, TableRef, ask};
use sluice_tests::TestLake;
use std::io::Write;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const GOOD: &str = "dataset: \"shop.good\"\nsource: {path: \"landing/good/\", format: json}\n\
apply: {sequence: [at]}\nschema:\n- {name: id, type: bigint, primary_key: true}\n- {name: at, type: bigint}\n";

fn contract(format: &str) -> String {
    let apply = if format == "debezium_json" { "quarantine_limit: 0.05" } else { "sequence: [at]" };
    format!(
        "dataset: \"shop.odd\"\nsource: {{path: \"landing/odd/\", format: {format}}}\napply: {{{apply}}}\nschema:\n\
         - {{name: id, type: bigint, primary_key: true}}\n- {{name: at, type: bigint}}\n"
    )
}

fn lake(format: &str) -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-unprepared-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/good.yaml", GOOD)?;
    lake.write("contracts/shop/odd.yaml", contract(format))?;
    lake.write("landing/good/1.json", "{\"id\":1,\"at\":1}\n")?;
    Ok((folder, lake))
}

/// What the odd table says, once the good one has its row.
async fn outcome(lake: &TestLake) -> Result<(Option<String>, u64)> {
    let replayed = lake.replay().await?;
    let table = |name: &str| {
        let found = replayed.tables.iter().find(|table| table.table.table == name);
        found.with_context(|| format!("{name} is replayed"))
    };
    ensure!(table("good")?.error.is_none(), "{:?}", table("good")?.error);
    let good = TableRef { layer: Layer::Silver, name: "shop.good".parse().map_err(anyhow::Error::msg)? };
    ensure!(lake.rows(&good).await?.rows.len() == 1, "the other table has its row");
    let odd = table("odd")?;
    Ok((odd.error.as_ref().map(|error| error.message.clone()), odd.counters.rows_in))
}

fn noise(count: usize) -> Vec<u8> {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..count).map(|_| next()).collect()
}

fn half_of_gzip() -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    for id in 0..5_000 {
        writeln!(encoder, "{{\"id\":{id},\"at\":{}}}", id * 7_919 % 1_000)?;
    }
    let whole = encoder.finish()?;
    Ok(whole.get(..whole.len() / 2).context("half of it")?.to_vec())
}

#[tokio::test]
async fn what_is_no_data_is_said_at_onboarding_and_kept_out_of_silver() -> Result<()> {
    let html = "<!DOCTYPE html>\n<html><body>502 Bad Gateway, try again, later</body></html>\n";
    let odd: [(&str, Vec<u8>); 5] = [
        ("random", noise(100_000)),
        ("page.json", html.into()),
        ("page", html.into()),
        ("picture", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), noise(5_000)].concat()),
        ("half.json.gz", half_of_gzip()?),
    ];
    for (name, content) in odd {
        let (_folder, lake) = lake("json")?;
        lake.write(&format!("landing/odd/{name}"), content)?;
        let began = Instant::now();
        let draft = lake
            .host()
            .call(ask::InferContract {
                path: "landing/odd".to_owned(),
                name: None,
                table: None,
                answers: Default::default(),
            })
            .await;
        match (name, draft) {
            ("half.json.gz", draft) => {
                let draft = draft?;
                let damaged = draft.evidence.iter().find(|evidence| evidence.text == "Files are whole");
                ensure!(damaged.is_some_and(|evidence| !evidence.ok), "{:?}", draft.evidence);
            }
            (_, Ok(draft)) => anyhow::bail!("{name} is onboarded as {}", draft.format),
            (_, Err(error)) => ensure!(error.message.contains("landing/odd") && !error.next.is_empty(), "{error:?}"),
        }
        let (error, rows) = outcome(&lake).await?;
        ensure!(began.elapsed() < Duration::from_secs(20), "{name} took {:?}", began.elapsed());
        let quarantine = lake.quarantine("shop.odd").await?.select(&["reason"])?.rows;
        ensure!(!quarantine.is_empty(), "{name}: it is in quarantine: {error:?}");
        if name == "half.json.gz" {
            ensure!(rows > 100, "what came before the cut is taken: {rows}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_empty_folder_and_one_without_data_are_named() -> Result<()> {
    let (_folder, lake) = lake("json")?;
    std::fs::create_dir_all(lake.folder().join("landing/odd"))?;
    for notes in [None, Some("landing/odd/README.md")] {
        if let Some(notes) = notes {
            lake.write(notes, "nothing here yet")?;
        }
        let ask =
            ask::InferContract { path: "landing/odd".to_owned(), name: None, table: None, answers: Default::default() };
        let error = lake.host().call(ask).await.err().context("there is nothing to onboard")?;
        ensure!(error.message.contains("landing/odd") && error.next.contains(".avro"), "{error:?}");
        ensure!(outcome(&lake).await? == (None, 0), "there is nothing to do");
    }
    Ok(())
}

#[tokio::test]
async fn two_tables_in_one_topic_stop_that_table_alone() -> Result<()> {
    let (_folder, lake) = lake("debezium_json")?;
    let event = |table: &str, id: u32| {
        format!(
            "{{\"op\":\"c\",\"after\":{{\"id\":{id},\"at\":1}},\"source\":{{\"lsn\":{id},\"schema\":\"public\",\"table\":\"{table}\"}}}}\n"
        )
    };
    lake.write("landing/odd/1.json", [event("orders", 1), event("people", 2)].concat())?;
    let (error, _) = outcome(&lake).await?;
    let error = error.context("the table stops")?;
    ensure!(error.contains("orders") && error.contains("people"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_line_without_an_end_is_one_record_in_quarantine() -> Result<()> {
    let (_folder, lake) = lake("json")?;
    let mut long = b"{\"id\":1,\"at\":1,\"note\":\"".to_vec();
    long.resize(40 << 20, b'x');
    long.extend_from_slice(b"\"}\n");
    lake.write("landing/odd/1.json", &long)?;
    let lines: String = (2..2_000).map(|id| format!("{{\"id\":{id},\"at\":1}}\n")).collect();
    lake.write("landing/odd/2.json", lines)?;
    ensure!(outcome(&lake).await? == (None, 1_999), "the others are taken");
    let quarantine = lake.quarantine("shop.odd").await?.select(&["reason"])?.rows;
    ensure!(quarantine == [vec![Some("ROW_TOO_LARGE".to_owned())]], "{quarantine:?}");
    Ok(())
}

#[tokio::test]
async fn thousands_of_small_files_are_one_batch_after_the_other() -> Result<()> {
    let (_folder, lake) = lake("json")?;
    for id in 0..2_500 {
        lake.write(&format!("landing/odd/{id:05}.json"), format!("{{\"id\":{id},\"at\":1}}\n"))?;
    }
    let began = Instant::now();
    ensure!(outcome(&lake).await? == (None, 2_500));
    ensure!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    Ok(())
}
