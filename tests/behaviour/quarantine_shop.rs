//! One of a hundred orders of the recorded shop is poison: silver is the source less these keys until they are corrected,
//! and then the source.

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use serde_json::Value;
use sluice_api::{
    QuarantineChange, QuarantineFilter, QuarantineReason, QuarantineStatus, ReplayLimits, TableName, ask,
};
use sluice_tests::{Stream, TestLake, package_path};
use std::collections::BTreeMap;
use std::io::Read;
use tempfile::TempDir;

const TABLE: &str = "shop.orders";
const COLUMNS: [&str; 6] = ["id", "status", "priority", "total", "remark", "placed_at"];

fn is_poisoned(id: i64) -> bool {
    id.rem_euclid(100) == 7
}

/// The orders up to the first checkpoint, file by file, as lines.
fn recorded() -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for file in Stream::Main.files()? {
        if file.checkpoint == 1 && file.to.contains("shop.public.orders/") {
            let mut text = String::new();
            GzDecoder::new(file.bytes()?.as_slice()).read_to_string(&mut text)?;
            files.push((file.to.trim_end_matches(".gz").to_owned(), text));
        }
    }
    Ok(files)
}

/// A record with a value that cannot be read, or one that fails a check; the former value stays in it.
fn poison(line: &str) -> Result<String> {
    let record: Value = serde_json::from_str(line)?;
    let after = &record["after"];
    let Some(id) = after["id"].as_i64().filter(|id| is_poisoned(*id)) else { return Ok(line.to_owned()) };
    let (before, after) = line.split_once("\"after\":").context("an upsert has after")?;
    let replaced = |name: &str| {
        let value = record["after"][name].to_string();
        let bare = value.trim_matches('"');
        after.replacen(&format!("\"{name}\":{value}"), &format!("\"{name}\":\"~{bare}\""), 1)
    };
    let after = if id % 200 == 7 { replaced("status") } else { replaced("priority") };
    Ok(format!("{before}\"after\":{after}"))
}

fn lake(files: &[(String, String)]) -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-poison-").tempdir()?;
    let lake = TestLake::at(folder.path());
    let contract = std::fs::read_to_string(package_path("../fixtures/shop/contracts/orders.yaml"))?;
    let quarantines = contract.replace("'returned')\"\n", "'returned')\"\n  on_fail: quarantine\n");
    ensure!(quarantines != contract, "the contract has the check");
    lake.write("contracts/shop/orders.yaml", quarantines)?;
    for (path, text) in files {
        lake.write(path, text)?;
    }
    Ok((folder, lake))
}

async fn replayed(lake: &TestLake, full_refresh: bool) -> Result<u64> {
    let done = lake.replay_within(ReplayLimits { full_refresh, ..ReplayLimits::default() }).await?;
    ensure!(done.first_error().is_none(), "{:?}", done.first_error());
    ensure!(done.tables.iter().all(|table| table.counters.balances()), "{done:?}");
    Ok(done.tables.iter().map(|table| table.counters.quarantined).sum())
}

/// Address, raw text and reasons of every record in quarantine, and how many stand how.
async fn list(lake: &TestLake) -> Result<(Vec<[String; 3]>, BTreeMap<QuarantineStatus, u64>)> {
    let table: TableName = TABLE.parse().map_err(anyhow::Error::msg)?;
    let list = lake.host().call(ask::Quarantine { table, filter: QuarantineFilter::default() }).await?;
    let result = list.records.context("there are some")?;
    let rows = lake.result(&result).await?.select(&["address", "raw", "reasons"])?.rows;
    let cells = |row: Vec<Option<String>>| [0, 1, 2].map(|at| row[at].clone().unwrap_or_default());
    Ok((rows.into_iter().map(cells).collect(), list.counts.into_iter().collect()))
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_in_the_shop_stays_out_and_comes_back_corrected() -> Result<()> {
    let files = recorded()?;
    let mut poisoned = Vec::new();
    for (path, text) in &files {
        let lines = text.lines().map(|line| poison(line).map(|line| line + "\n"));
        poisoned.push((path.clone(), lines.collect::<Result<String>>()?));
    }
    let (_clean_folder, clean) = lake(&files)?;
    replayed(&clean, false).await?;
    let source = clean.silver_rows(TABLE, &COLUMNS).await?;
    let (_folder, lake) = lake(&poisoned)?;
    let quarantined = replayed(&lake, false).await?;
    let is_poison = |row: &&String| row.split(' ').next().and_then(|id| id.parse().ok()).is_some_and(is_poisoned);
    let less: Vec<String> = source.iter().filter(|row| !is_poison(row)).cloned().collect();
    ensure!(less.len() < source.len() && lake.silver_rows(TABLE, &COLUMNS).await? == less, "less the poisoned keys");

    // Each is explained, and the files add up.
    let (records, counts) = list(&lake).await?;
    ensure!(records.len() as u64 == quarantined && quarantined > 30, "{} of {quarantined}", records.len());
    ensure!(counts == BTreeMap::from([(QuarantineStatus::Open, quarantined)]), "{counts:?}");
    for [address, raw, reasons] in &records {
        let (reason, column) =
            if raw.contains("\"status\":\"~") { ("CHECK_FAILED", "status") } else { ("TYPE_MISMATCH", "priority") };
        let reasons = QuarantineReason::all_of(reasons);
        let [only] = reasons.as_slice() else { anyhow::bail!("{address}: {reasons:?}") };
        ensure!(only.reason == reason && only.column.as_deref() == Some(column), "{address}: {only}");
    }
    let mut traced = 0;
    for (path, _) in &poisoned {
        let traces = lake.host().call(ask::Trace { file: path.clone(), record: None, reveal: false }).await?;
        ensure!(traces.iter().all(|trace| trace.counts.balances()), "{path}: {traces:?}");
        traced += traces.iter().map(|trace| trace.counts.quarantined).sum::<u64>();
    }
    ensure!(traced == quarantined, "{traced} of {quarantined}");

    // Corrected by their values, and equal; twice, still equal; of bronze alone, still equal.
    for [address, raw, _] in records {
        let record: Value = serde_json::from_str(&raw)?;
        let of = |name: &str| record["after"][name].as_str().and_then(|text| text.strip_prefix('~')).map(str::to_owned);
        let value = match (of("status"), of("priority")) {
            (Some(status), _) => ("after.status".to_owned(), format!("\"{status}\"")),
            (None, priority) => ("after.priority".to_owned(), priority.context("one of both is poison")?),
        };
        let change = QuarantineChange::Set { record: address, values: vec![value] };
        let (because, author) = ("the export had a tilde".to_owned(), Some("Ann".to_owned()));
        lake.host()
            .call(ask::ChangeQuarantine { table: TABLE.parse().map_err(anyhow::Error::msg)?, change, because, author })
            .await?;
    }
    for (round, full_refresh) in [("corrected", false), ("again", false), ("rebuilt", true)] {
        replayed(&lake, full_refresh).await?;
        ensure!(lake.silver_rows(TABLE, &COLUMNS).await? == source, "{round}");
        let (_, counts) = list(&lake).await?;
        ensure!(counts == BTreeMap::from([(QuarantineStatus::Edited, quarantined)]), "{round}: {counts:?}");
    }
    Ok(())
}
