//! A fault of each check, planted: found by exactly that check.

use super::stream::{Stream, behind, codes, examined, id_of, shown};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use sluice_api::Finding;
use sluice_tests::TestLake;

type Plant = fn(&mut Stream) -> Result<()>;

const FAULTS: [(&str, Plant); 27] = [
    ("UNKNOWN_OPERATION", |stream| {
        let at = stream.last_update()?;
        stream.edit(at, |record| record["op"] = "x".into());
        Ok(())
    }),
    ("UNKNOWN_OPERATION", |stream| {
        let at = stream.last_update()?;
        stream.edit(at, |record| record["op"] = Value::Null);
        Ok(())
    }),
    ("OPERATION_SHIFT", |stream| {
        let rows: Vec<Value> = stream.records().filter(|(_, record)| record["op"] == "c").map(|(_, it)| it).collect();
        let mut more = Vec::new();
        for (number, row) in (0..150_u64).zip(rows.iter().cycle()) {
            let mut insert = row.clone();
            insert["after"]["id"] = (9_000_000_000 + number).into();
            behind(&mut insert, number + 1);
            let mut delete = insert.clone();
            (delete["op"], delete["before"], delete["after"]) = ("d".into(), insert["after"].clone(), Value::Null);
            behind(&mut delete, number + 1_001);
            more.push((insert, delete));
        }
        let texts = |of: fn(&(Value, Value)) -> String| more.iter().map(of).collect::<Vec<String>>();
        let start: usize = stream.files.iter().map(|(_, records)| records.len()).sum();
        stream.files.push((format!("shop.public.orders+0+{start:010}.json"), texts(|(insert, _)| insert.to_string())));
        let name = format!("shop.public.orders+0+{:010}.json", start + 150);
        stream.files.push((name, texts(|(_, delete)| delete.to_string())));
        Ok(())
    }),
    ("MISSING_KEY", |stream| {
        let at = stream.last_update()?;
        stream.edit(at, |record| record["after"]["id"] = Value::Null);
        Ok(())
    }),
    ("MISSING_SEQ", |stream| {
        let at = stream.last_update()?;
        stream.edit(at, |record| {
            record["source"]["lsn"] = Value::Null;
            record["source"]["sequence"] = Value::Null;
        });
        Ok(())
    }),
    ("SEQ_CONFLICT", |stream| {
        let at = stream.last_update()?;
        let mut other = stream.get(at);
        other["after"]["priority"] = 7.into();
        stream.files[at.0].1.insert(at.1 + 1, other.to_string());
        Ok(())
    }),
    ("ORDER_GOES_BACK", |stream| {
        // A row's insert and its update change places.
        let insert = stream.next_event()?;
        let mut insert = json!({"before": null, "after": insert_row(stream)?, "source": insert["source"], "op": "c"});
        behind(&mut insert, 2);
        let mut update = insert.clone();
        (update["op"], update["before"]) = ("u".into(), insert["after"].clone());
        update["after"]["priority"] = 9.into();
        behind(&mut update, 3);
        stream.push(&update);
        stream.push(&insert);
        Ok(())
    }),
    ("POSITIONS_RESTART", |stream| {
        let count = stream.files.len();
        for row in 0..stream.files[count - 1].1.len() {
            stream.edit((count - 1, row), |record| record["source"]["name"] = "shop2".into());
        }
        Ok(())
    }),
    ("POSITIONS_RESTART", |stream| {
        // The server was restored: positions begin again, the time goes on.
        let row = insert_row(stream)?;
        for number in 1..=12_u64 {
            let mut insert = json!({"before": null, "after": row, "source": stream.next_event()?["source"], "op": "c"});
            insert["after"]["id"] = (9_000_000_000 + number).into();
            behind(&mut insert, number);
            let position = 1_000 * number;
            insert["source"]["lsn"] = position.into();
            insert["source"]["sequence"] = format!("[\"{position}\",\"{position}\"]").into();
            stream.push(&insert);
        }
        Ok(())
    }),
    ("FILE_GAP", |stream| {
        stream.files.remove(stream.files.len() - 3);
        Ok(())
    }),
    ("DELIVERED_TWICE", |stream| {
        let (_, records) = stream.files.last().cloned().context("a file")?;
        stream.files.push(("shop.public.orders+0+0000009000.copy.json".replace("+0000009000", "-copy"), records));
        Ok(())
    }),
    ("TRUNCATED_FILE", |stream| {
        let (_, records) = stream.files.last_mut().context("a file")?;
        let last = records.last_mut().context("a record")?;
        last.truncate(last.len() / 2);
        Ok(())
    }),
    ("TRUNCATED_FILE", |stream| {
        stream.files.push(("shop.public.orders+0+0000009000.json".to_owned(), Vec::new()));
        Ok(())
    }),
    ("MIXED_COMPRESSION", |stream| {
        let (name, _) = stream.files.last_mut().context("a file")?;
        name.push_str(".gz");
        Ok(())
    }),
    ("TYPE_MISMATCH", |stream| {
        let at = stream.last_update()?;
        stream.edit(at, |record| record["after"]["priority"] = "high".into());
        Ok(())
    }),
    ("TYPE_MISMATCH", |stream| {
        let at = stream.last_update()?;
        stream.edit(at, |record| record["after"]["priority"] = "7".into());
        Ok(())
    }),
    ("FOLDER_UNUSED", |stream| {
        stream.files.iter_mut().for_each(|(name, _)| *name = format!("warehouse=north/{name}"));
        Ok(())
    }),
    ("COLUMNS_DIFFER", |stream| {
        let file = stream.files.len() - 2;
        for row in 0..stream.files[file].1.len() {
            stream.edit((file, row), |record| {
                if let Some(after) = record["after"].as_object_mut() {
                    after.remove("coupon");
                }
            });
        }
        Ok(())
    }),
    ("UNKNOWN_ROW", |stream| {
        let mut insert = stream.next_event()?;
        let at = stream.last_update()?;
        insert["op"] = "c".into();
        insert["before"] = Value::Null;
        insert["after"] = stream.get(at)["after"].clone();
        stream.push(&insert);
        Ok(())
    }),
    ("UNKNOWN_ROW", |stream| {
        let mut update = stream.next_event()?;
        update["op"] = "u".into();
        update["after"] = insert_row(stream)?;
        update["before"] = update["after"].clone();
        stream.push(&update);
        Ok(())
    }),
    ("LATE_AFTER_DELETE", |stream| {
        let row = insert_row(stream)?;
        let of = |op: &str, by: u64| {
            let mut event = json!({"before": null, "after": null, "op": op});
            event["source"] = stream.next_event()?["source"].clone();
            behind(&mut event, by);
            Ok::<Value, anyhow::Error>(event)
        };
        let (mut insert, mut update, mut delete) = (of("c", 1)?, of("u", 2)?, of("d", 3)?);
        insert["after"] = row.clone();
        (update["before"], update["after"], delete["before"]) = (row.clone(), row.clone(), row);
        update["after"]["priority"] = 3.into();
        delete["before"]["priority"] = 3.into();
        stream.push(&insert);
        stream.push(&delete);
        stream.push(&update);
        Ok(())
    }),
    ("LOST_UPDATE", |stream| {
        let at = stream.last_update()?;
        stream.edit(at, |record| record["before"]["priority"] = 12_345.into());
        Ok(())
    }),
    ("BEFORE_MISSING", |stream| {
        let at = stream.last_update()?;
        stream.edit(at, |record| record["before"] = Value::Null);
        Ok(())
    }),
    ("KEY_CHANGED", |stream| {
        let at = stream.last_update()?;
        stream.edit(at, |record| record["after"]["id"] = 9_000_000_000_u64.into());
        Ok(())
    }),
    ("VALUE_NOT_SENT", |stream| {
        let mut insert = stream.next_event()?;
        (insert["op"], insert["before"], insert["after"]) = ("c".into(), Value::Null, insert_row(stream)?);
        insert["after"]["note"] = "__debezium_unavailable_value".into();
        stream.push(&insert);
        Ok(())
    }),
    ("TRANSACTION_INCOMPLETE", |stream| {
        let mut insert = stream.next_event()?;
        (insert["op"], insert["before"], insert["after"]) = ("c".into(), Value::Null, insert_row(stream)?);
        insert["transaction"]["data_collection_order"] = 3.into();
        stream.push(&insert);
        Ok(())
    }),
    ("TIME_UNIT", |stream| {
        let at = stream.last_update()?;
        stream.edit(at, |record| record["source"]["ts_ms"] = 1_795_164_454.into());
        Ok(())
    }),
];

/// A row of a key that the stream has not.
fn insert_row(stream: &Stream) -> Result<Value> {
    let at = stream.find(|record| record["op"] == "c")?;
    let mut row = stream.get(at)["after"].clone();
    row["id"] = 9_000_000_000_u64.into();
    Ok(row)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_found_by_its_check_alone() -> Result<()> {
    let clean = Stream::new()?;
    let report = clean.examined().await?;
    ensure!(report.findings.is_empty() && report.records > 600, "{report:#?}");
    let mut wrong = Vec::new();
    for (number, (code, plant)) in FAULTS.into_iter().enumerate() {
        let mut stream = clean.clone();
        plant(&mut stream).with_context(|| code)?;
        let report = stream.examined().await?;
        let is_shown = |finding: &Finding| {
            finding.examples.first().is_some_and(|example| !example.file.is_empty())
                && !report.passed.contains(&finding.code.check())
        };
        if codes(&report) != [code] || !report.findings.iter().all(is_shown) {
            wrong.push(format!("{number}: {code}: {}", shown(&report)));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// Values that are damaged, and records that are none.
#[tokio::test(flavor = "multi_thread")]
async fn damaged_values_and_control_records_are_found() -> Result<()> {
    let clean = Stream::new()?;
    for (code, change) in [
        ("VALUE_DAMAGED", (|record| record["after"]["note"] = "Z\u{fffd}rich".into()) as fn(&mut Value)),
        ("VALUE_DAMAGED", |record| record["after"]["customer_id"] = 3_000_000_000_u64.into()),
        ("TIME_UNIT", |record| record["after"]["placed_at"] = "1970-01-21T18:39:24.454Z".into()),
        ("VALUE_NOT_SENT", |record| record["after"]["note"] = "__acme_unavailable_value__".into()),
        ("MISSING_KEY", |record| {
            if let Some(after) = record["after"].as_object_mut() {
                after.remove("id");
            }
        }),
    ] {
        let mut stream = clean.clone();
        let at = stream.last_update()?;
        stream.edit(at, change);
        let report = stream.examined().await?;
        ensure!(codes(&report) == [code], "{code}: {:#?}", report.findings);
        ensure!(report.findings[0].examples[0].record.is_some(), "{code}");
    }
    for control in [
        json!({"ts_ms": 1_795_164_454_669_u64}),
        json!({"status": "END", "id": "7:9", "event_count": 2, "ts_ms": 1, "data_collections": []}),
        json!({"source": {}, "databaseName": "shop", "ddl": "ALTER TABLE orders ADD x INT", "tableChanges": []}),
    ] {
        let mut stream = clean.clone();
        stream.push(&control);
        let report = stream.examined().await?;
        ensure!(codes(&report) == ["CONTROL_RECORD"], "{control}: {:#?}", report.findings);
    }
    Ok(())
}

/// The rows that a file of AWS DMS has of a full load, and of changes.
const DMS: &str = "dataset: shop.orders\nsource: {path: landing/dms, format: dms_csv}\nschema:\n\
    - {name: id, type: bigint, primary_key: true}\n- {name: v, type: string}\n";

async fn of_dms(files: &[(&str, &str)]) -> Result<Vec<&'static str>> {
    let folder = tempfile::tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", DMS)?;
    for (name, text) in files {
        lake.write(&format!("landing/dms/{name}"), text)?;
    }
    Ok(codes(&examined(&lake, "shop.orders").await?))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_load_that_is_newer_than_the_changes_is_found() -> Result<()> {
    let load = "id,v,transact_seq,dms_timestamp\n1,NEW,,2026-11-21 09:00:00.000000\n2,b,,2026-11-21 09:00:00.000000\n";
    let changes = "Op,id,v,transact_seq,dms_timestamp\nU,1,CHANGE,20261120090000000000000000000000001,2026-11-20 09:00:00.000000\n";
    let change = ("20261120-090000000.csv", changes);
    let found = of_dms(&[("LOAD00000001.csv", load), change]).await?;
    ensure!(found == ["LOAD_AFTER_CHANGES"], "{found:?}");
    let older = load.replace("2026-11-21", "2026-11-19");
    let same = load.replace("NEW", "CHANGE");
    for load in [older, same] {
        let found = of_dms(&[("LOAD00000001.csv", &load), change]).await?;
        ensure!(found.is_empty(), "{found:?}: {load}");
    }
    // Numbers of a full load are hexadecimal.
    let of = |row: u32| format!("id,v,transact_seq,dms_timestamp\n{row},a,,2026-11-19 09:00:00.000000\n");
    let loads: Vec<(String, String)> = (1..=16).map(|number| (format!("LOAD{number:08X}.csv"), of(number))).collect();
    let mut loads: Vec<(&str, &str)> = loads.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    ensure!(of_dms(&loads).await?.is_empty(), "files of a full load");
    // The full load has a column that no change has.
    let rows = |front: &str, of: fn(u32) -> String| front.to_owned() + &(1..=6).map(of).collect::<String>();
    let load = rows("id,v,w,transact_seq,dms_timestamp\n", |row| format!("{row},a,b,,2026-11-19 09:00:00\n"));
    let changes = rows("Op,id,v,transact_seq,dms_timestamp\n", |row| {
        format!("U,{row},b,2026112009000000000000000000000000{row},2026-11-20 09:00:00\n")
    });
    let change = ("20261120-090000000.csv", changes.as_str());
    let found = of_dms(&[("LOAD00000001.csv", &load), change]).await?;
    ensure!(found == ["COLUMNS_DIFFER"], "{found:?}");
    let later = changes.replace(",b,", ",b,c,").replace("id,v,", "id,v,w,");
    let found = of_dms(&[("LOAD00000001.csv", &load), ("20261120-090000000.csv", &later)]).await?;
    ensure!(found.is_empty(), "{found:?}");
    loads.remove(4);
    let found = of_dms(&loads).await?;
    ensure!(found == ["FILE_GAP"], "{found:?}");
    Ok(())
}

/// A record without the operation that the others of its file have, and a file that is written again.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_operation_and_a_file_written_again_are_found() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let lake = TestLake::at(folder.path());
    let contract = "dataset: shop.orders\nsource: {path: landing, format: debezium_flat_json}\n\
        apply: {sequence: [__lsn]}\nschema:\n- {name: id, type: bigint, primary_key: true}\n- {name: v, type: string}\n";
    lake.write("contracts/shop/orders.yaml", contract)?;
    let line = |id: u32, op: &str| format!("{{\"id\":{id},\"v\":\"a\",\"__op\":{op},\"__lsn\":{id}}}\n");
    let whole: String = (1..5).map(|id| line(id, "\"c\"")).collect();
    lake.write("landing/1.json", &whole)?;
    lake.replay().await?;
    lake.write("landing/1.json", whole.clone() + &line(5, "\"c\""))?;
    lake.replay().await?;
    let found = codes(&examined(&lake, "shop.orders").await?);
    ensure!(found == ["DELIVERED_TWICE"], "{found:?}");
    let folder = tempfile::tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", contract)?;
    lake.write("landing/1.json", whole + &line(5, "null"))?;
    let found = codes(&examined(&lake, "shop.orders").await?);
    ensure!(found == ["UNKNOWN_OPERATION"], "{found:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_cannot_say_that_a_row_is_gone_is_found() -> Result<()> {
    let contract = "dataset: shop.orders\nsource: {path: landing, format: debezium_flat_json}\napply: {APPLY}\nschema:\n\
        - {name: id, type: bigint, primary_key: true}\n- {name: v, type: string}\n";
    for (apply, more, expected) in [
        ("sequence: [__lsn]", "", &["NO_DELETES"][..]),
        ("sequence: [__lsn]", ",\"__deleted\":\"false\"", &[]),
        ("sequence: [__lsn], scd: append", "", &[]),
    ] {
        let folder = tempfile::tempdir()?;
        let lake = TestLake::at(folder.path());
        lake.write("contracts/shop/orders.yaml", contract.replace("APPLY", apply))?;
        let line = |id: u32| format!("{{\"id\":{id},\"v\":\"a\",\"__lsn\":{id}{more}}}\n");
        lake.write("landing/1.json", (1..5).map(line).collect::<String>())?;
        let found = codes(&examined(&lake, "shop.orders").await?);
        ensure!(found == expected, "{apply}{more}: {found:?}");
    }
    Ok(())
}

/// Silver that another program changed, and a dump with other rows.
#[tokio::test(flavor = "multi_thread")]
async fn silver_is_compared_with_its_events_and_with_the_source() -> Result<()> {
    let stream = Stream::new()?;
    let (folder, lake) = stream.lake()?;
    let replayed = lake.replay_by(2).await?;
    ensure!(replayed.tables[0].error.is_none(), "{replayed:?}");
    let report = examined(&lake, "shop.orders").await?;
    ensure!(report.findings.is_empty() && report.passed.contains(&24), "{report:#?}");
    ensure!(report.batches.is_some_and(|(first, last)| first == 1 && last > 2), "{report:?}");
    // Batches are named where there are some.
    let log = folder.path().join("silver/shop/orders/_delta_log");
    let name = "shop.orders".parse().map_err(anyhow::Error::msg)?;
    let table = sluice_api::TableRef { layer: sluice_api::Layer::Silver, name };
    let snapshot = lake.store(&table).await?.snapshot(None).await?.context("silver")?;
    let file = snapshot.files.first().context("a file")?;
    let remove = json!({"remove": {"path": file.path, "dataChange": true, "deletionTimestamp": 1, "size": file.size}});
    let info = json!({"commitInfo": {"timestamp": 1, "operation": "DELETE", "engineInfo": "other"}});
    std::fs::write(log.join(format!("{:020}.json", snapshot.version + 1)), format!("{info}\n{remove}\n"))?;
    let damaged = TestLake::at(folder.path());
    let report = examined(&damaged, "shop.orders").await?;
    ensure!(codes(&report) == ["SILVER_DIFFERS"], "{:#?}", report.findings);
    ensure!(report.findings[0].examples[0].detail.contains("is not in silver"), "{:?}", report.findings[0]);
    ensure!(report.findings[0].examples[0].record_text.contains("\"id\""), "{:?}", report.findings[0]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_of_the_source_is_compared_on_request() -> Result<()> {
    use sluice_api::ask;
    use std::io::Write as _;
    let folder = tempfile::tempdir()?;
    let lake = TestLake::at(folder.path());
    let contract = "dataset: shop.orders\nsource: {path: landing, format: debezium_json}\nschema:\n\
        - {name: id, type: bigint, primary_key: true}\n- {name: v, type: string}\n";
    lake.write("contracts/shop/orders.yaml", contract)?;
    let line =
        |id: u32| format!("{{\"op\":\"c\",\"after\":{{\"id\":{id},\"v\":\"a\"}},\"source\":{{\"lsn\":{id}}}}}\n");
    lake.write("landing/1.json", (1..5).map(line).collect::<String>())?;
    lake.replay().await?;
    for (rows, expected) in [("1234", &[][..]), ("12345", &["RECONCILE"]), ("123", &["RECONCILE"])] {
        let dumps = folder.path().join("dumps");
        std::fs::create_dir_all(&dumps)?;
        let file = std::fs::File::create(dumps.join("orders.jsonl.gz"))?;
        let mut file = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        for id in rows.chars() {
            writeln!(file, "{{\"id\":\"{id}\",\"v\":\"a\"}}")?;
        }
        file.finish()?;
        let with = Some(dumps.display().to_string());
        let request = ask::Doctor { source: "shop.orders".to_owned(), batch: None, with };
        let reports = lake.host().call(request).await?;
        ensure!(codes(&reports[0]) == expected, "{rows}: {:?}", reports[0].findings);
    }
    ensure!(id_of(&json!({"after": {"id": 7}})) == 7, "keys of records");
    Ok(())
}
