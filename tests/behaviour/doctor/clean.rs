//! Recorded streams in which nothing is wrong, with and without a contract.

use super::stream::{Stream, codes, examined};
use anyhow::{Result, ensure};
use sluice_api::ask;
use sluice_tests::{ShopLake, Sluice, Stream as Recording, TestLake, package_path};

/// Every table of the recorded shop. Values in it look like placeholders, nulls and times of another unit, and are none.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_found_in_the_recorded_shop() -> Result<()> {
    for (recording, tables) in [
        (Recording::Main, &["shop.carts", "shop.events", "shop.payments"][..]),
        (Recording::Flat, &["shop_flat.customers"]),
        (Recording::DmsCsv, &["shop_dms_csv.orders"]),
        (Recording::DmsParquet, &["shop_dms.orders"]),
    ] {
        let shop = ShopLake::of(recording)?;
        for checkpoint in 1..=3 {
            shop.deliver(checkpoint)?;
        }
        for table in tables {
            let report = examined(&shop, table).await?;
            ensure!(report.findings.is_empty() && report.records > 1_000, "{table}: {:#?}", report.findings);
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_found_in_a_recording_of_mariadb_that_is_not_onboarded() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let lake = TestLake::at(folder.path());
    let from = package_path("../fixtures/mariadb/topics/store.store.stock/partition=0");
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name().display().to_string();
        lake.write(&format!("landing/store.store.stock/partition=0/{name}"), std::fs::read(entry.path())?)?;
    }
    let report = examined(&lake, "landing/store.store.stock").await?;
    ensure!(report.findings.is_empty() && !report.onboarded && report.records == 1_188, "{report:#?}");
    ensure!(report.not_run.contains_key(&24) && report.verdict.contains("found nothing"), "{report:#?}");
    Ok(())
}

/// The same recording with a contract, in silver, beside the rows of the database.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_found_in_a_table_of_mariadb_beside_its_source() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let lake = TestLake::at(folder.path());
    // The column of unsigned numbers comes as signed ones, as the recording says; the dump has them as they are.
    let contract = crate::mariadb_replay::CONTRACT.replace("- {name: big, type: bigint}\n", "");
    lake.write("contracts/store/stock.yaml", contract)?;
    let from = package_path("../fixtures/mariadb/topics/store.store.stock/partition=0");
    let mut files: Vec<_> = std::fs::read_dir(from)?.collect::<Result<_, _>>()?;
    files.sort_by_key(std::fs::DirEntry::file_name);
    // Files come one after the other, so that there are several batches.
    for file in files {
        let name = format!("landing/store.store.stock/partition=0/{}", file.file_name().display());
        lake.write(&name, std::fs::read(file.path())?)?;
        ensure!(lake.replay().await?.first_error().is_none());
    }
    let rows = std::fs::read_to_string(package_path("../fixtures/mariadb/oracle/checkpoint-3.jsonl"))?;
    let mut dump = String::new();
    for line in rows.lines() {
        let mut row: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line)?;
        row.remove("big");
        dump.push_str(&format!("{}\n", serde_json::Value::from(row)));
    }
    let dumps = tempfile::tempdir()?;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, dump.as_bytes())?;
    std::fs::write(dumps.path().join("stock.jsonl.gz"), packed.finish()?)?;
    let with = Some(dumps.path().display().to_string());
    let request = ask::Doctor { source: "store.stock".to_owned(), batch: None, with };
    let report = lake.host().call(request).await?.remove(0);
    ensure!(report.findings.is_empty() && report.onboarded && report.records == 1_188, "{report:#?}");
    // The connector numbers no events of a transaction, and a table of the latest rows has no versions.
    ensure!(report.not_run.keys().copied().collect::<Vec<_>>() == [18, 23], "{:?}", report.not_run);
    Ok(())
}

/// The command: its exit code, its words, a batch by itself, and no personal data.
#[tokio::test(flavor = "multi_thread")]
async fn the_command_says_what_was_found_and_keeps_personal_data_to_itself() -> Result<()> {
    let mut stream = Stream::new()?;
    let at = stream.last_update()?;
    stream.edit(at, |record| {
        record["after"]["note"] = "anna.canary@post.example".into();
        record["after"]["priority"] = "high".into();
    });
    stream.contract = stream.contract.replace("- name: remark\n", "- name: remark\n  pii: true\n");
    let (folder, lake) = stream.lake()?;
    let sluice = Sluice::on_folder(folder.path());
    let output = sluice.call(&["doctor", "shop.orders", "--records"])?;
    ensure!(output.code == 6, "{output:?}");
    for words in
        ["warning TYPE_MISMATCH, 1:", "do: ", "docs/guides/doctor.md#type_mismatch", "RECONCILE) could not run"]
    {
        ensure!(output.out.contains(words), "{words}: {}", output.out);
    }
    ensure!(!output.out.contains("canary") && output.out.contains("\"priority\":\"high\""), "{}", output.out);
    lake.replay_by(2).await?;
    let batch = |number: &str| sluice.call(&["--json", "doctor", "shop.orders", "--batch", number]);
    let with_it = (at.0 / 2 + 1).to_string();
    ensure!(batch(&with_it)?.code == 6 && batch("1")?.code == 0, "only the batch with the record has a finding");
    let output = batch("99")?;
    ensure!(output.code == 2 && output.err.contains("has no batch 99"), "{output:?}");
    let output = sluice.call(&["doctor", "nowhere/at/all"])?;
    ensure!(output.code == 2 && output.err.contains("no table"), "{output:?}");
    // The files are gone, bronze has their records.
    for (name, _) in &stream.files {
        std::fs::remove_file(folder.path().join(super::stream::LANDING).join(name))?;
    }
    let report = examined(&lake, "shop.orders").await?;
    ensure!(codes(&report) == ["TYPE_MISMATCH"] && report.not_run.contains_key(&9), "{report:#?}");
    Ok(())
}
