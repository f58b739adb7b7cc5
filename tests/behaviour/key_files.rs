//! Keys that a sink writes into files of their own: records that say their row in their key alone are read with it.

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sluice_api::{
    JobId, Layer, QuarantineFilter, QuarantineStatus, ReplayLimits, TableName, TableRef, TableReplay, ask,
};
use sluice_runner::{DecoderOptions, ReplayOptions};
use sluice_tests::{Rows, Sluice, TestLake};
use std::io::Write as _;
use tempfile::TempDir;

const DEVICES: &str = "iot.device";
const ORDERS: &str = "shop.orders";

fn lake() -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-keys-").tempdir()?;
    let lake = TestLake::at(folder.path());
    Ok((folder, lake))
}

fn contract(table: &str, apply: &str) -> String {
    let (dataset, name) = table.split_once('.').unwrap_or_default();
    let columns = match table {
        DEVICES => "- {name: id, type: string, primary_key: true, renamed_from: [_id]}\n- {name: name, type: string}\n",
        _ => "- {name: id, type: bigint, primary_key: true}\n- {name: name, type: string}\n",
    };
    format!(
        "dataset: {dataset}.{name}\nsource: {{path: landing/{name}/, format: debezium_json}}\n\
         apply: {{quarantine_limit: 1{apply}}}\nschema:\n{columns}- {{name: total, type: bigint}}\n"
    )
}

fn id(number: u64) -> String {
    format!("64f0c0ffee{number:014x}")
}

fn lines(records: impl IntoIterator<Item = Value>) -> String {
    records.into_iter().map(|record| format!("{record}\n")).collect()
}

/// A record of the MongoDB connector at a place of its log.
fn device(op: &str, document: Option<Value>, patch: Option<Value>, ord: u64) -> Value {
    json!({
        "op": op, "before": null, "after": document.map(|document| document.to_string()),
        "updateDescription": patch.map(|patch| json!({"updatedFields": patch.to_string(), "removedFields": null})),
        "source": {"connector": "mongodb", "db": "iot", "collection": "device", "ts_ms": 1_762_000_000_000_u64, "ord": ord}
    })
}

fn document(number: u64) -> Value {
    json!({"_id": {"$oid": id(number)}, "name": format!("d{number}"), "total": number})
}

fn device_key(number: u64) -> Value {
    json!({"id": json!({"$oid": id(number)}).to_string()})
}

fn order(op: &str, after: Option<&Value>, lsn: u64) -> Value {
    let source = json!({"connector": "postgresql", "schema": "public", "table": "orders", "lsn": lsn,
                        "sequence": format!("[null,\"{lsn}\"]")});
    json!({"op": op, "before": null, "after": after, "source": source})
}

/// With the schema of Kafka Connect around it.
fn order_key(number: u64) -> Value {
    let schema = json!({"type": "struct", "optional": false, "fields": [{"type": "int64", "field": "id"}]});
    json!({"schema": schema, "payload": {"id": number}})
}

/// Inserts of ten devices, then patches and deletes that name their row in their key alone, a tombstone among them.
fn write_devices(lake: &TestLake) -> Result<()> {
    let created = (1..=10).map(|number| device("c", Some(document(number)), None, number));
    lake.write("landing/device/device+0+0000000000.json", lines(created))?;
    lake.write("landing/device/device+0+0000000000.keys.json", lines((1..=10).map(device_key)))?;
    let (changes, keys) = device_changes();
    lake.write("landing/device/device+0+0000000010.json", changes)?;
    lake.write("landing/device/device+0+0000000010.keys.json", keys)
}

fn device_changes() -> (String, String) {
    let changes = [
        device("u", None, Some(json!({"total": 100})), 11),
        device("d", None, None, 12),
        Value::Null,
        device("u", Some(json!({"_id": {"$oid": id(3)}, "name": "three", "total": 3})), None, 13),
        device("d", None, None, 14),
    ];
    (lines(changes), lines([1, 2, 2, 3, 4].map(device_key)))
}

const DEVICES_LEFT: [&str; 8] = ["d1 100", "d10 10", "d5 5", "d6 6", "d7 7", "d8 8", "d9 9", "three 3"];

async fn devices(lake: &TestLake) -> Result<Vec<String>> {
    let rows = lake.silver_rows(DEVICES, &["id", "name", "total"]).await?;
    let mut names: Vec<String> = rows.into_iter().filter_map(|row| Some(row.split_once(' ')?.1.to_owned())).collect();
    names.sort();
    Ok(names)
}

/// Inserts of ten orders, then deletes without the row before.
fn write_orders(lake: &TestLake) -> Result<()> {
    let row = |number: u64| json!({"id": number, "name": format!("o{number}"), "total": number});
    let created = (1..=10).map(|number| order("c", Some(&row(number)), 100 + number));
    lake.write("landing/orders/orders+0+0000000000.json", lines(created))?;
    lake.write("landing/orders/orders+0+0000000000.keys.json", lines((1..=10).map(order_key)))?;
    let changes = [order("d", None, 201), Value::Null, order("u", Some(&row(4)), 202), order("d", None, 203)];
    lake.write("landing/orders/orders+0+0000000010.json", lines(changes))?;
    lake.write("landing/orders/orders+0+0000000010.keys.json", lines([2, 2, 4, 7].map(order_key)))
}

const ORDERS_LEFT: [&str; 8] = ["1 o1", "10 o10", "3 o3", "4 o4", "5 o5", "6 o6", "8 o8", "9 o9"];

async fn replayed(lake: &TestLake, limits: ReplayLimits) -> Result<TableReplay> {
    let replay = lake.replay_within(limits).await?.tables.pop().context("one table is replayed")?;
    ensure!(replay.error.is_none() && replay.counters.balances(), "{replay:?}");
    Ok(replay)
}

async fn rebuilt(lake: &TestLake) -> Result<TableReplay> {
    replayed(lake, ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await
}

async fn quarantined(lake: &TestLake, table: &str) -> Result<Rows> {
    lake.quarantine(table).await?.select(&["row", "reason", "detail", "raw"])
}

async fn counts(lake: &TestLake, table: &str) -> Result<Vec<(QuarantineStatus, u64)>> {
    let table: TableName = table.parse().map_err(anyhow::Error::msg)?;
    Ok(lake.host().call(ask::Quarantine { table, filter: QuarantineFilter::default() }).await?.counts)
}

async fn replay_quarantine(lake: &TestLake, table: &str) -> Result<TableReplay> {
    let table: TableName = table.parse().map_err(anyhow::Error::msg)?;
    let (because, author) = ("the keys came".to_owned(), Some("Ann".to_owned()));
    let replayed = lake.host().call(ask::ReplayQuarantine { job: JobId(7), table, because, author }).await?;
    ensure!(replayed.error.is_none(), "{replayed:?}");
    Ok(replayed)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_with_key_files_is_onboarded_and_replayed_without_a_contract() -> Result<()> {
    let (folder, lake) = lake()?;
    write_devices(&lake)?;
    write_orders(&lake)?;
    let sluice = Sluice::on_folder(folder.path());
    for (table, records) in [("device", "4 records"), ("orders", "2 records")] {
        let proposed = sluice.ok(&["onboard", &format!("landing/{table}"), "--save", "--details"])?;
        ensure!(proposed.contains("have it from the files of keys"), "{proposed}");
        let count = if table == "device" { "3 records" } else { records };
        ensure!(proposed.contains(count) && !proposed.contains("No delete in the sample"), "{proposed}");
    }
    sluice.ok(&["replay"])?;
    let silver = async || -> Result<_> {
        let devices = lake.silver_rows("landing.device", &["name", "total"]).await?;
        Ok((devices, lake.silver_rows("landing.orders", &["id", "name"]).await?))
    };
    let expected = (DEVICES_LEFT.map(str::to_owned).to_vec(), ORDERS_LEFT.map(str::to_owned).to_vec());
    let found = silver().await?;
    ensure!(found == expected, "{found:?}");
    for table in ["landing.device", "landing.orders"] {
        ensure!(lake.quarantine(table).await?.rows.is_empty(), "{table}");
        let fingerprint = || Ok::<_, anyhow::Error>(sluice.json(&["fingerprint", table])?["fingerprint"].to_string());
        let before = fingerprint()?;
        sluice.ok(&["replay", "--table", table, "--full-refresh"])?;
        ensure!(fingerprint()? == before, "{table} is another one when it is rebuilt");
        let doctor = sluice.json(&["doctor", table])?;
        ensure!(doctor[0]["findings"].as_array().is_some_and(Vec::is_empty), "{doctor}");
        // What was read with a key is read again from bronze, as it was when it came.
        let again = sluice.json(&["replay", "--table", table, "--batch", "1"])?;
        let counters = &again["tables"][0]["counters"];
        ensure!(counters["quarantined"] == 0 && counters["deleted"] == 0 && counters["rows_in"] != 0, "{again}");
        ensure!(fingerprint()? == before, "{table} is another one when its batch is read again");
    }
    let found = silver().await?;
    ensure!(found == expected, "{found:?}");
    let explained = sluice.ok(&["explain", "landing.orders", "--key", "id=7"])?;
    ensure!(explained.contains("orders+0+0000000010.json") && explained.contains("a delete"), "{explained}");
    let traced = sluice.ok(&["trace", "landing/orders/orders+0+0000000010.json:4", "--records"])?;
    ensure!(traced.contains("delete") && traced.contains("\"key\""), "{traced}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bronze_has_the_key_only_where_a_record_needs_it() -> Result<()> {
    let (_folder, lake) = lake()?;
    lake.write("contracts/iot/device.yaml", contract(DEVICES, ""))?;
    write_devices(&lake)?;
    replayed(&lake, ReplayLimits::default()).await?;
    let table = TableRef { layer: Layer::Bronze, name: DEVICES.parse().map_err(anyhow::Error::msg)? };
    let bronze = lake.rows(&table).await?.select(&["_file", "_row", "record"])?;
    let with_key: Vec<&str> = bronze
        .rows
        .iter()
        .filter(|row| row[2].as_deref().is_some_and(|record| record.starts_with("{\"key\":")))
        .filter_map(|row| row[1].as_deref())
        .collect();
    ensure!(bronze.rows.len() == 14 && with_key.len() == 3, "{with_key:?}");
    let delivered =
        device("u", Some(json!({"_id": {"$oid": id(3)}, "name": "three", "total": 3})), None, 13).to_string();
    ensure!(bronze.rows.iter().any(|row| row[2].as_ref() == Some(&delivered)), "the others are as they came");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_read_whatever_they_are_compressed_with_and_in_parts() -> Result<()> {
    let (changes, keys) = device_changes();
    let packed = |text: &str| -> Result<Vec<u8>> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(text.as_bytes())?;
        Ok(gzip.finish()?)
    };
    let created: Vec<Value> = (1..=10).map(|number| device("c", Some(document(number)), None, number)).collect();
    let (all, all_keys) = (lines(created) + &changes, lines((1..=10).map(device_key)) + &keys);
    for (number, (value_name, values, key_name, keys)) in [
        ("device+0+0000000000.json.gz", packed(&all)?, "device+0+0000000000.keys.json.gz", packed(&all_keys)?),
        ("device+0+0000000000.json", all.clone().into_bytes(), "device+0+0000000000.keys.json.gz", packed(&all_keys)?),
        (
            "device+0+0000000000.json",
            all.clone().into_bytes(),
            "device+0+0000000000.keys.json",
            all_keys.clone().into(),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        for part_bytes in [64 << 20, 300] {
            let (_folder, lake) = lake()?;
            lake.write("contracts/iot/device.yaml", contract(DEVICES, ""))?;
            lake.write(&format!("landing/device/{value_name}"), &values)?;
            lake.write(&format!("landing/device/{key_name}"), &keys)?;
            let decoder = DecoderOptions { part_bytes, ..DecoderOptions::default() };
            let done = lake.replay_with(ReplayOptions { decoder, ..ReplayOptions::default() }).await?;
            ensure!(done.first_error().is_none(), "{done:?}");
            let found = devices(&lake).await?;
            ensure!(found == DEVICES_LEFT, "{number} in parts of {part_bytes}: {found:?}");
            ensure!(lake.quarantine(DEVICES).await?.rows.is_empty(), "{number}");
            rebuilt(&lake).await?;
            let found = devices(&lake).await?;
            ensure!(found == DEVICES_LEFT, "{number} in parts of {part_bytes}, rebuilt: {found:?}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_that_is_not_there_is_named_and_its_keys_are_taken_when_it_comes() -> Result<()> {
    let (folder, lake) = lake()?;
    lake.write("contracts/iot/device.yaml", contract(DEVICES, ""))?;
    write_devices(&lake)?;
    let keys = folder.path().join("landing/device/device+0+0000000010.keys.json");
    let content = std::fs::read(&keys)?;
    std::fs::remove_file(&keys)?;
    replayed(&lake, ReplayLimits::default()).await?;
    let found = quarantined(&lake, DEVICES).await?;
    ensure!(found.rows.len() == 3, "{found:?}");
    for row in &found.rows {
        let (number, detail) = (row[0].clone().unwrap_or_default(), row[2].clone().unwrap_or_default());
        let line = number.parse::<u64>()? + 1;
        let named = format!("line {line} of landing/device/device+0+0000000010.keys.json");
        ensure!(row[1].as_deref() == Some("MISSING_KEY") && detail.contains(&named), "{row:?}");
        ensure!(!row[3].as_deref().unwrap_or_default().contains("\"key\""), "{row:?}");
    }
    // The quarantine knows no key yet, and says so again.
    replay_quarantine(&lake, DEVICES).await?;
    ensure!(counts(&lake, DEVICES).await? == [(QuarantineStatus::Open, 3)]);
    std::fs::write(&keys, content)?;
    // Reading the batch again does not take what bronze does not have.
    let sluice = Sluice::on_folder(folder.path());
    sluice.ok(&["replay", "--table", DEVICES, "--batch", "1"])?;
    ensure!(devices(&lake).await?.len() == 10, "{:?}", devices(&lake).await?);
    replay_quarantine(&lake, DEVICES).await?;
    ensure!(devices(&lake).await? == DEVICES_LEFT, "{:?}", devices(&lake).await?);
    ensure!(counts(&lake, DEVICES).await? == [(QuarantineStatus::Edited, 3)], "{:?}", counts(&lake, DEVICES).await?);
    let before = lake.fingerprints().await?;
    replay_quarantine(&lake, DEVICES).await?;
    replayed(&lake, ReplayLimits::default()).await?;
    ensure!(lake.fingerprints().await? == before, "a second time changes nothing");
    rebuilt(&lake).await?;
    ensure!(devices(&lake).await? == DEVICES_LEFT, "rebuilt: {:?}", devices(&lake).await?);
    let doctor = sluice.json(&["doctor", DEVICES])?;
    ensure!(doctor[0]["findings"].as_array().is_some_and(Vec::is_empty), "{doctor}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_whose_keys_are_still_to_come_waits_for_them() -> Result<()> {
    for part_bytes in [64 << 20, 100] {
        let (folder, lake) = lake()?;
        lake.write(
            "contracts/iot/device.yaml",
            contract(DEVICES, "").replace("quarantine_limit: 1", "quarantine_limit: 0.1"),
        )?;
        write_devices(&lake)?;
        let keys = folder.path().join("landing/device/device+0+0000000010.keys.json");
        let content = std::fs::read(&keys)?;
        std::fs::remove_file(&keys)?;
        let decoder = DecoderOptions { part_bytes, ..DecoderOptions::default() };
        let limits = ReplayLimits { max_files: Some(1), ..ReplayLimits::default() };
        let options = ReplayOptions { decoder, limits, ..ReplayOptions::default() };
        for _ in 0..2 {
            let stopped = lake.replay_with(options.clone()).await?;
            let error = stopped.tables[0].error.as_ref().context("the table stops")?;
            ensure!(error.message.contains("device+0+0000000010.keys.json is not there"), "{error:?}");
            ensure!(devices(&lake).await?.len() == 10 && lake.quarantine(DEVICES).await?.rows.is_empty());
        }
        std::fs::write(&keys, content)?;
        let done = lake.replay_with(options).await?;
        ensure!(done.first_error().is_none(), "{done:?}");
        ensure!(devices(&lake).await? == DEVICES_LEFT, "{:?}", devices(&lake).await?);
        ensure!(lake.quarantine(DEVICES).await?.rows.is_empty());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn values_and_keys_that_are_delivered_again_together_are_read() -> Result<()> {
    let (folder, lake) = lake()?;
    lake.write("contracts/iot/device.yaml", contract(DEVICES, ""))?;
    write_devices(&lake)?;
    let keys = folder.path().join("landing/device/device+0+0000000010.keys.json");
    std::fs::remove_file(&keys)?;
    replayed(&lake, ReplayLimits::default()).await?;
    let (changes, keys) = device_changes();
    lake.write("landing/device/again/device+0+0000000010.json", changes)?;
    lake.write("landing/device/again/device+0+0000000010.keys.json", keys)?;
    replayed(&lake, ReplayLimits::default()).await?;
    ensure!(devices(&lake).await?.len() == 8, "{:?}", devices(&lake).await?);
    rebuilt(&lake).await?;
    ensure!(devices(&lake).await?.len() == 8, "{:?}", devices(&lake).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_file_that_has_not_a_key_for_each_record_is_not_used() -> Result<()> {
    let (changes, keys) = device_changes();
    let without_last: String = keys.split_inclusive('\n').take(4).collect();
    let with_one_more = format!("{keys}{}\n", device_key(9));
    for (keys, says) in [
        (without_last, "device+0+0000000010.keys.json ends with line 4 and its file has 5 records"),
        (with_one_more, "device+0+0000000010.keys.json has a line 6 and its file has 5 records"),
    ] {
        for part_bytes in [64 << 20, 100] {
            let (_folder, lake) = lake()?;
            lake.write("contracts/iot/device.yaml", contract(DEVICES, ""))?;
            write_devices(&lake)?;
            lake.write("landing/device/device+0+0000000010.json", &changes)?;
            lake.write("landing/device/device+0+0000000010.keys.json", &keys)?;
            let decoder = DecoderOptions { part_bytes, ..DecoderOptions::default() };
            let limits = ReplayLimits { max_files: Some(1), ..ReplayLimits::default() };
            let done = lake.replay_with(ReplayOptions { decoder, limits, ..ReplayOptions::default() }).await?;
            ensure!(done.first_error().is_none(), "{done:?}");
            let found = quarantined(&lake, DEVICES).await?;
            ensure!(found.rows.len() == 3, "{says}: {found:?}");
            let all_say = found.rows.iter().all(|row| row[2].as_deref().is_some_and(|detail| detail.contains(says)));
            ensure!(all_say && devices(&lake).await?.len() == 10, "{says}, {part_bytes}: {found:?}");
            // Nothing is taken from it later either.
            replay_quarantine(&lake, DEVICES).await?;
            ensure!(devices(&lake).await?.len() == 10, "{says}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_names_and_a_damaged_key_file_are_named() -> Result<()> {
    let row = |number: u64| json!({"id": number, "name": "o", "total": 1});
    let changes = lines([order("c", Some(&row(1)), 101), order("d", None, 102)]);
    let mut cut = GzEncoder::new(Vec::new(), Compression::default());
    cut.write_all(lines([order_key(1), order_key(1)]).as_bytes())?;
    let mut cut = cut.finish()?;
    cut.truncate(cut.len() - 9);
    for (name, keys, says) in [
        (
            "orders+0+0000000000.keys.json",
            b"1\n1\n".to_vec(),
            "line 2 of landing/orders/orders+0+0000000000.keys.json is no key",
        ),
        ("orders+0+0000000000.keys.json.gz", cut, "orders+0+0000000000.keys.json.gz is damaged"),
        ("orders+0+0000000000.keys.avro", b"Obj\x01no".to_vec(), "orders+0+0000000000.keys.avro cannot be read"),
    ] {
        let (_folder, lake) = lake()?;
        lake.write("contracts/shop/orders.yaml", contract(ORDERS, ""))?;
        lake.write("landing/orders/orders+0+0000000000.json", &changes)?;
        lake.write(&format!("landing/orders/{name}"), &keys)?;
        replayed(&lake, ReplayLimits::default()).await?;
        let found = quarantined(&lake, ORDERS).await?;
        ensure!(found.rows.len() == 1, "{says}: {found:?}");
        ensure!(found.rows[0][2].as_deref().is_some_and(|detail| detail.contains(says)), "{says}: {found:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_that_is_read_by_a_later_contract_has_its_key_in_bronze() -> Result<()> {
    let (folder, lake) = lake()?;
    let with_place = contract(DEVICES, "") + "- {name: place, type: json}\n";
    lake.write("contracts/iot/device.yaml", with_place)?;
    let changes = [
        device("c", Some(document(1)), None, 1),
        device("u", None, Some(json!({"place.city": "Bonn", "total": 7})), 2),
    ];
    lake.write("landing/device/device+0+0000000000.json", lines(changes))?;
    lake.write("landing/device/device+0+0000000000.keys.json", lines([1, 1].map(device_key)))?;
    replayed(&lake, ReplayLimits::default()).await?;
    let found = quarantined(&lake, DEVICES).await?;
    ensure!(found.rows.len() == 1 && found.rows[0][1].as_deref() == Some("BAD_ENVELOPE"), "{found:?}");
    std::fs::remove_dir_all(folder.path().join("landing"))?;
    lake.write("contracts/iot/device.yaml", contract(DEVICES, ""))?;
    rebuilt(&lake).await?;
    ensure!(devices(&lake).await? == ["d1 7"], "{:?}", devices(&lake).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_with_history_ends_the_versions_of_what_a_key_deletes() -> Result<()> {
    let (_folder, lake) = lake()?;
    lake.write("contracts/shop/orders.yaml", contract(ORDERS, ""))?;
    write_orders(&lake)?;
    replayed(&lake, ReplayLimits::default()).await?;
    let left = lake.silver_rows(ORDERS, &["id", "name"]).await?;
    ensure!(left == ORDERS_LEFT, "{left:?}");
    // With history the versions of the deleted rows end.
    lake.write("contracts/shop/orders.yaml", contract(ORDERS, ", scd: 2"))?;
    replayed(&lake, ReplayLimits::default()).await?;
    let versions = lake.silver_rows(ORDERS, &["id", "__END_AT"]).await?;
    let ended = versions.iter().filter(|row| !row.ends_with(' ')).count();
    ensure!(versions.len() == 10 && ended == 2, "{versions:?}");
    Ok(())
}
