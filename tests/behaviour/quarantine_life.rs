//! Records in quarantine are listed, corrected, replayed, ignored and exported; silver stays a function of all of them.

use anyhow::{Context, Result, ensure};
use sluice_api::{
    JobId, QuarantineChange, QuarantineFilter, QuarantineList, QuarantineStatus, ReplayLimits, TableName, ask,
};
use sluice_tests::{Sluice, TestLake};
use std::collections::BTreeMap;
use tempfile::TempDir;

const TABLE: &str = "shop.orders";
const KEYS: u64 = 200;
/// Keys of which every event is poison: one of a hundred.
const POISONED: [u64; 2] = [7, 77];

fn contract(apply: &str, total: &str) -> String {
    format!(
        "dataset: \"{TABLE}\"\nsource: {{path: \"landing/orders/\", format: debezium_json}}\n{apply}schema:\n\
         - {{name: id, type: bigint, primary_key: true}}\n- {{name: total, type: {total}}}\n\
         - {{name: mail, type: string, pii: true}}\n"
    )
}

fn event(op: &str, id: u64, total: &str, position: u64) -> String {
    let row = format!("{{\"id\":{id},\"total\":{total},\"mail\":\"anna{id}@post.example\"}}");
    let side = if op == "d" { "before" } else { "after" };
    format!("{{\"op\":\"{op}\",\"{side}\":{row},\"source\":{{\"lsn\":{position}}}}}")
}

/// The stream: an insert and an update of every key, a delete of every tenth. `total`: of a key at a position.
fn stream(total: impl Fn(u64, u64) -> String) -> Vec<String> {
    let mut lines = Vec::new();
    for (round, op) in [(0, "c"), (1, "u"), (2, "d")] {
        for id in 1..=KEYS {
            let position = round * 1_000 + id;
            if round < 2 || id % 10 == 0 {
                lines.push(event(op, id, &total(id, position), position));
            }
        }
    }
    lines
}

fn right(id: u64, position: u64) -> String {
    (id * 3 + position).to_string()
}

fn poison(id: u64, position: u64) -> String {
    if POISONED.contains(&id) { "\"unknown\"".to_owned() } else { right(id, position) }
}

fn lake(apply: &str, lines: &[String]) -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-quarantine-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", contract(apply, "bigint"))?;
    for (number, piece) in (1..).zip(lines.chunks(lines.len().div_ceil(5))) {
        lake.write(&format!("landing/orders/{number}.json"), piece.join("\n") + "\n")?;
    }
    Ok((folder, lake))
}

fn name() -> Result<TableName> {
    TABLE.parse().map_err(anyhow::Error::msg)
}

async fn rows(lake: &TestLake) -> Result<Vec<String>> {
    lake.silver_rows(TABLE, &["id", "total"]).await
}

async fn list(lake: &TestLake) -> Result<QuarantineList> {
    Ok(lake.host().call(ask::Quarantine { table: name()?, filter: QuarantineFilter::default() }).await?)
}

async fn counts(lake: &TestLake) -> Result<BTreeMap<QuarantineStatus, u64>> {
    Ok(list(lake).await?.counts.into_iter().collect())
}

async fn change(lake: &TestLake, change: QuarantineChange) -> Result<()> {
    let (because, author) = ("the export had no total".to_owned(), Some("Ann".to_owned()));
    lake.host().call(ask::ChangeQuarantine { table: name()?, change, because, author }).await?;
    Ok(())
}

async fn replayed(lake: &TestLake) -> Result<()> {
    let done = lake.replay_by(1).await?;
    ensure!(done.first_error().is_none() && done.tables[0].counters.balances(), "{done:?}");
    Ok(())
}

async fn full_refresh(lake: &TestLake) -> Result<()> {
    let done = lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
    ensure!(done.first_error().is_none(), "{done:?}");
    Ok(())
}

/// Address and text of every record in quarantine, from the table as others read it.
async fn records(lake: &TestLake) -> Result<Vec<(String, String)>> {
    let found = lake.quarantine(TABLE).await?.select(&["batch", "file", "row", "raw"])?.rows;
    let record = |row: Vec<Option<String>>| {
        let cell = |at: usize| row[at].clone().unwrap_or_default();
        let number: u64 = cell(2).parse()?;
        Ok((format!("{}:{}:{}", cell(0), cell(1), number + 1), cell(3)))
    };
    found.into_iter().map(record).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_is_corrected_and_silver_is_as_the_source() -> Result<()> {
    for apply in ["", "apply: {scd: 2, sequence: [source.lsn]}\n"] {
        let (_clean_folder, clean) = lake(apply, &stream(right))?;
        replayed(&clean).await?;
        let source = rows(&clean).await?;
        let (_folder, lake) = lake(apply, &stream(poison))?;
        replayed(&lake).await?;
        let less: Vec<String> = source
            .iter()
            .filter(|row| !POISONED.iter().any(|id| row.starts_with(&format!("{id} "))))
            .cloned()
            .collect();
        ensure!(rows(&lake).await? == less && less.len() < source.len(), "{apply}: the source less the poisoned keys");
        ensure!(counts(&lake).await? == BTreeMap::from([(QuarantineStatus::Open, 4)]), "{:?}", counts(&lake).await?);

        let bronze = lake.versions().await?["bronze.shop.orders"];
        for (address, raw) in records(&lake).await? {
            let parsed: serde_json::Value = serde_json::from_str(&raw)?;
            let id = parsed["after"]["id"].as_u64().context("an id")?;
            let position = parsed["source"]["lsn"].as_u64().context("a position")?;
            let text = raw.replace("\"unknown\"", &right(id, position));
            change(&lake, QuarantineChange::Edit { record: address, text }).await?;
        }
        ensure!(counts(&lake).await? == BTreeMap::from([(QuarantineStatus::Waiting, 4)]));
        ensure!(rows(&lake).await? == less, "nothing is done before the next run");
        replayed(&lake).await?;
        ensure!(rows(&lake).await? == source, "{apply}: corrected");
        ensure!(counts(&lake).await? == BTreeMap::from([(QuarantineStatus::Edited, 4)]), "{:?}", counts(&lake).await?);
        ensure!(lake.versions().await?["bronze.shop.orders"] > bronze, "a corrected record is an event of its own");

        // Twice, and of bronze alone.
        let version = lake.versions().await?;
        replayed(&lake).await?;
        ensure!(lake.versions().await? == version, "{apply}: nothing is left to do");
        full_refresh(&lake).await?;
        ensure!(rows(&lake).await? == source, "{apply}: rebuilt");
    }
    Ok(())
}

/// A correction never wins against what the source delivers of the same position, whichever comes first; of two corrections
/// the later one wins.
#[tokio::test(flavor = "multi_thread")]
async fn a_redelivery_wins_against_a_correction() -> Result<()> {
    for redelivered_first in [false, true] {
        let (_folder, lake) =
            lake("apply: {quarantine_limit: 1}\n", &[event("c", 1, "1", 1), event("c", 2, "\"x\"", 2)])?;
        replayed(&lake).await?;
        let (address, _) = records(&lake).await?.pop().context("it is in quarantine")?;
        let edit = |text: &str| QuarantineChange::Edit { record: address.clone(), text: event("c", 2, text, 2) };
        let redeliver = || lake.write("landing/orders/again.json", event("c", 2, "99", 2) + "\n");
        if redelivered_first {
            redeliver()?;
            replayed(&lake).await?;
        }
        change(&lake, edit("10")).await?;
        replayed(&lake).await?;
        change(&lake, edit("20")).await?;
        replayed(&lake).await?;
        if !redelivered_first {
            ensure!(rows(&lake).await? == ["1 1", "2 20"], "the later correction: {:?}", rows(&lake).await?);
            redeliver()?;
            replayed(&lake).await?;
        }
        ensure!(rows(&lake).await? == ["1 1", "2 99"], "{redelivered_first}: {:?}", rows(&lake).await?);
        full_refresh(&lake).await?;
        ensure!(rows(&lake).await? == ["1 1", "2 99"], "rebuilt");
        // An update of the source that is newer than the record wins, too.
        lake.write("landing/orders/newer.json", event("u", 2, "7", 5) + "\n")?;
        replayed(&lake).await?;
        ensure!(rows(&lake).await? == ["1 1", "2 7"]);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_contract_brings_them_to_silver_and_a_replay_changes_nothing_more() -> Result<()> {
    let (_folder, lake) = lake("", &stream(poison))?;
    replayed(&lake).await?;
    lake.write("contracts/shop/orders.yaml", contract("", "string"))?;
    // What only the draft fixes is not in silver yet, and a replay of the quarantine says what is to be done first.
    let replay = |job| ask::ReplayQuarantine {
        job: JobId(job),
        table: TABLE.parse().unwrap_or_else(|_| unreachable!()),
        because: "the type was wrong".to_owned(),
        author: Some("Ann".to_owned()),
    };
    let refused = lake.host().call(replay(50)).await.err().context("silver is of another contract")?;
    ensure!(refused.to_string().contains("sluice replay"), "{refused}");
    replayed(&lake).await?;
    ensure!(counts(&lake).await? == BTreeMap::from([(QuarantineStatus::Readable, 4)]));
    let all = rows(&lake).await?;
    ensure!(all.iter().any(|row| row == "7 unknown"), "{all:?}");
    for job in [51, 52] {
        lake.host().call(replay(job)).await?;
        ensure!(rows(&lake).await? == all, "it may be repeated");
    }
    full_refresh(&lake).await?;
    ensure!(rows(&lake).await? == all);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_still_wrong_is_not_kept_and_what_is_ignored_stays_listed() -> Result<()> {
    let (folder, lake) = lake("", &stream(poison))?;
    replayed(&lake).await?;
    let (address, raw) = records(&lake).await?.pop().context("a record")?;
    let wrong = QuarantineChange::Edit { record: address.clone(), text: raw };
    let refused = change(&lake, wrong).await.err().context("it would be there again")?.to_string();
    ensure!(refused.contains("TYPE_MISMATCH") && !refused.contains("unknown"), "{refused}");
    ensure!(!folder.path().join("_sluice/corrections").exists());
    let some = || QuarantineFilter { record: Some(address.clone()), ..QuarantineFilter::default() };
    change(&lake, QuarantineChange::Ignore { filter: some() }).await?;
    let ignored = BTreeMap::from([(QuarantineStatus::Open, 3), (QuarantineStatus::Ignored, 1)]);
    ensure!(counts(&lake).await? == ignored, "{:?}", counts(&lake).await?);
    let all = QuarantineChange::Ignore { filter: QuarantineFilter::default() };
    ensure!(change(&lake, all).await.is_err(), "never all by an oversight");
    change(&lake, QuarantineChange::Reopen { filter: some() }).await?;
    ensure!(counts(&lake).await? == BTreeMap::from([(QuarantineStatus::Open, 4)]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_lists_corrects_and_exports_all_of_them() -> Result<()> {
    let (folder, lake) = lake("", &stream(poison))?;
    replayed(&lake).await?;
    let sluice = Sluice::on_folder(folder.path()).env("SLUICE_AUTHOR", "mira");
    let listed = sluice.ok(&["quarantine", "ls", TABLE])?;
    ensure!(listed.contains("quarantine of shop.orders: 4 open") && listed.contains("TYPE_MISMATCH"), "{listed}");
    let (address, raw) = records(&lake).await?.swap_remove(0);
    let shown = sluice.ok(&["quarantine", "show", TABLE, &address])?;
    ensure!(shown.contains("status: open") && !shown.contains("@post.example"), "{shown}");
    lake.write("fixed.json", raw.replace("\"unknown\"", "5") + "\n")?;
    let file = folder.path().join("fixed.json").display().to_string();
    let because = ["--because", "the shop sent it by mail"];
    let edited = sluice.ok(&[&["quarantine", "edit", TABLE, &address, "--text", &file], &because[..]].concat())?;
    ensure!(edited.contains("3 open, 1 waiting"), "{edited}");
    sluice.ok(&["replay"])?;
    let shown = sluice.ok(&["quarantine", "show", TABLE, &address])?;
    let knows = ["status: edited", "attempts: 1", "because: the shop sent it by mail", "by: mira"];
    ensure!(knows.iter().all(|of| shown.contains(of)), "{shown}");
    let export = folder.path().join("quarantine.csv").display().to_string();
    let exported = sluice.ok(&["quarantine", "export", TABLE, &export])?;
    ensure!(exported.starts_with("4 records in "), "{exported}");
    let text = std::fs::read_to_string(&export)?;
    ensure!(text.lines().count() == 5 && !text.contains("@post.example"), "{text}");
    Ok(())
}
