//! History of the recorded customers: every state that the stream passed through is there, and what
//! holds at a checkpoint is what the source database has.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_api::{Layer, ReplaySummary, TableRef, ask};
use sluice_contract::TableName;
use sluice_tests::{Rows, ShopLake, Stream, oracle};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

const TABLE: &str = "contracts/shop/customers.yaml";
/// Columns whose text in the record is their text in silver.
const COLUMNS: [&str; 3] = ["email", "nickname", "country"];

/// A version: key, start (log position), end, values.
type Version = (i64, u64, Option<u64>, Vec<Option<String>>);

/// A shop whose customers keep their history by log position. `track` are further rules.
fn lake(track: &str) -> Result<ShopLake> {
    let lake = ShopLake::of(Stream::Main)?;
    let path = lake.folder().join(TABLE);
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let rules = format!("apply:\n  scd: 2\n  sequence: [source.lsn]\n{track}");
    std::fs::write(&path, text.replace("apply:\n", &rules))?;
    Ok(lake)
}

fn completes(summary: &ReplaySummary) -> Result<()> {
    let table = summary.tables.iter().find(|table| table.table.table == "customers").context("customers")?;
    ensure!(table.error.is_none(), "{:?}", table.error);
    ensure!(table.counters.balances(), "{:?}", table.counters);
    Ok(())
}

async fn rows(lake: &ShopLake) -> Result<Rows> {
    lake.rows(&TableRef {
        layer: Layer::Silver,
        name: "shop.customers".parse::<TableName>().map_err(anyhow::Error::msg)?,
    })
    .await
}

async fn versions(lake: &ShopLake) -> Result<Vec<Version>> {
    let names = [["id", "__START_AT", "__END_AT"].as_slice(), &COLUMNS].concat();
    let mut versions = Vec::new();
    for row in rows(lake).await?.select(&names)?.rows {
        let number = |at: usize| row[at].as_ref().map(|text| text.parse::<u64>()).transpose();
        let id = row[0].as_ref().context("a key")?.parse()?;
        versions.push((id, number(1)?.context("a start")?, number(2)?, row[3..].to_vec()));
    }
    versions.sort();
    Ok(versions)
}

/// The records of the recording up to a checkpoint, by log position, snapshot rows first: nothing but
/// JSON, so that decoding has a second opinion too.
fn recorded(checkpoint: u64) -> Result<BTreeMap<(u64, bool, String), Value>> {
    let mut records = BTreeMap::new();
    for file in Stream::Main.files()? {
        if file.checkpoint > checkpoint || !file.to.contains("shop.public.customers") {
            continue;
        }
        let mut text = String::new();
        let bytes = file.bytes()?;
        if bytes.starts_with(&[0x1f, 0x8b]) {
            flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_string(&mut text)?;
        } else {
            text = String::from_utf8(bytes)?;
        }
        for line in text.lines().filter(|line| !line.is_empty() && *line != "null") {
            let record: Value = serde_json::from_str(line)?;
            let envelope = if record.get("payload").is_some() { record["payload"].clone() } else { record };
            let Some(lsn) = envelope["source"]["lsn"].as_u64() else { continue };
            let change = envelope["op"] != "r";
            records.insert((lsn, change, envelope.to_string()), envelope);
        }
    }
    Ok(records)
}

/// Every state that the records pass through, with a map.
fn states(checkpoint: u64) -> Result<Vec<Version>> {
    let records: Vec<((u64, bool, String), Value)> = recorded(checkpoint)?.into_iter().collect();
    let mut now: BTreeMap<i64, Vec<Option<String>>> = BTreeMap::new();
    let mut open: BTreeMap<i64, (u64, Vec<Option<String>>)> = BTreeMap::new();
    let mut versions = Vec::new();
    for same in records.chunk_by(|a, b| a.0.0 == b.0.0) {
        let lsn = same[0].0.0;
        let mut touched = BTreeSet::new();
        for (_, envelope) in same {
            let delete = envelope["op"] == "d";
            let row = if delete { &envelope["before"] } else { &envelope["after"] };
            let id = row["id"].as_i64().context("a key")?;
            touched.insert(id);
            if delete {
                now.remove(&id);
            } else {
                let text = |name: &&str| row[*name].as_str().map(str::to_owned);
                now.insert(id, COLUMNS.iter().map(text).collect());
            }
        }
        for id in touched {
            let (before, after) = (open.get(&id).cloned(), now.get(&id).cloned());
            if before.as_ref().map(|(_, values)| values) == after.as_ref() {
                continue;
            }
            versions.extend(before.map(|(start, values)| (id, start, Some(lsn), values)));
            open.remove(&id);
            open.extend(after.map(|values| (id, (lsn, values))));
        }
    }
    versions.extend(open.into_iter().map(|(id, (start, values))| (id, start, None, values)));
    versions.sort();
    Ok(versions)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_customers_has_every_state_and_ends_as_the_source() -> Result<()> {
    let lake = lake(&format!("  track_history: [{}]\n", COLUMNS.join(", ")))?;
    for checkpoint in [1, 2, 3] {
        lake.deliver(checkpoint)?;
        completes(&lake.replay_by(3).await?)?;
        let compared = lake.compare(&oracle(checkpoint)).await?;
        let customers = compared.iter().find(|table| table.table.table == "customers").context("customers")?;
        ensure!(customers.is_equal(), "checkpoint {checkpoint}: {customers:?}");
        ensure!(customers.source_rows > 0 && customers.columns > 10, "{customers:?}");
        let (found, expected) = (versions(&lake).await?, states(checkpoint)?);
        ensure!(expected.len() as u64 > customers.source_rows, "the recording has changes");
        ensure!(found.len() == expected.len(), "{} versions, not {}", found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            ensure!(found == expected, "checkpoint {checkpoint}: version of key {} at {}", expected.0, expected.1);
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_does_not_depend_on_how_the_files_arrive() -> Result<()> {
    let name = "silver.shop.customers";
    let at_once = lake("")?;
    for checkpoint in 1..=3 {
        at_once.deliver(checkpoint)?;
    }
    completes(&at_once.replay().await?)?;
    let hash_of = async |lake: &ShopLake| -> Result<String> {
        let hashes = lake.fingerprints().await?;
        Ok(hashes.get(name).with_context(|| format!("{name} in {:?}", hashes.keys()))?.clone())
    };
    let expected = hash_of(&at_once).await?;

    let backwards = lake("")?;
    let mut files = Stream::Main.files()?;
    files.retain(|file| file.checkpoint <= 3 && file.to.contains("shop.public.customers"));
    files.reverse();
    for part in files.chunks(3) {
        for file in part {
            backwards.deliver_file(file)?;
        }
        backwards.replay_by(2).await?;
    }
    completes(&backwards.replay().await?)?;
    let (forward, back) = (versions(&at_once).await?, versions(&backwards).await?);
    ensure!(forward.len() == back.len(), "{} versions, backwards {}", forward.len(), back.len());
    for (forward, back) in forward.iter().zip(&back) {
        ensure!(forward == back, "backwards it is another history, first at key {} from {}", forward.0, forward.1);
    }
    ensure!(hash_of(&backwards).await? == expected, "backwards it is another history");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_of_histories_tells_closed_versions_from_new_ones() -> Result<()> {
    let lake = lake("")?;
    lake.deliver(1)?;
    completes(&lake.replay().await?)?;
    let table: TableRef = "silver.shop.customers".parse().map_err(|error| anyhow::anyhow!("{error}"))?;
    let version = |lake: ShopLake| async {
        let version = lake.versions().await?.get("silver.shop.customers").copied().context("customers")?;
        Ok::<_, anyhow::Error>((lake, version))
    };
    let before = versions(&lake).await?;
    let (lake, from) = version(lake).await?;
    lake.deliver(2)?;
    completes(&lake.replay().await?)?;
    let after = versions(&lake).await?;
    let (lake, to) = version(lake).await?;

    let starts = |rows: &[Version]| rows.iter().map(|row| (row.0, row.1)).collect::<BTreeSet<_>>();
    let came = starts(&after).difference(&starts(&before)).count() as u64;
    let ends: BTreeMap<_, _> = before.iter().map(|row| ((row.0, row.1), row.2)).collect();
    let closed = after.iter().filter(|row| ends.get(&(row.0, row.1)).is_some_and(|end| *end != row.2)).count() as u64;
    ensure!(came > 0 && closed > 0, "the second checkpoint changes customers");
    let host = lake.host();
    for diff in [
        host.call(ask::Diff { table: table.clone(), from, to, job: None }).await?,
        host.call(ask::DiffFirst { table: table.clone(), from, to, rows: 100_000 }).await?,
    ] {
        let end = diff.columns.iter().find(|column| column.name == "__END_AT").context("the end takes part")?;
        ensure!((diff.inserted, end.changed) == (came, closed), "{came} and {closed}, but {diff:?}");
        ensure!(diff.updated >= closed && diff.of.is_none(), "{diff:?}");
    }
    Ok(())
}
