//! What looks like a fault and is none: nothing is found.

use super::stream::{Stream, behind, id_of, parsed, shown};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

type Trap = fn(&mut Stream) -> Result<()>;

/// A row of a key that the stream has not.
fn new_row(stream: &Stream) -> Result<Value> {
    let at = stream.find(|record| record["op"] == "c")?;
    let mut row = stream.get(at)["after"].clone();
    row["id"] = 9_000_000_000_u64.into();
    Ok(row)
}

fn event(stream: &Stream, op: &str, rows: [Value; 2], by: u64) -> Result<Value> {
    let [before, after] = rows;
    let mut event = json!({"before": before, "after": after, "op": op, "source": stream.next_event()?["source"]});
    behind(&mut event, by);
    Ok(event)
}

fn with(row: &Value, column: &str, value: impl Into<Value>) -> Value {
    let mut row = row.clone();
    row[column] = value.into();
    row
}

/// Check and what is done.
const TRAPS: [(&str, Trap); 36] = [
    ("1, a truncate at the end", |stream| {
        let mut truncate = event(stream, "t", [Value::Null, Value::Null], 1)?;
        truncate["after"] = Value::Null;
        stream.push(&truncate);
        Ok(())
    }),
    ("1, a row of a later snapshot", |stream| {
        let at = stream.last_update()?;
        let mut read = event(stream, "r", [Value::Null, stream.get(at)["after"].clone()], 1)?;
        read["source"]["snapshot"] = "incremental".into();
        stream.push(&read);
        Ok(())
    }),
    ("2, a delete with nothing but its key", |stream| {
        let insert = event(stream, "c", [Value::Null, new_row(stream)?], 1)?;
        let delete = event(stream, "d", [json!({"id": 9_000_000_000_u64}), Value::Null], 2)?;
        stream.push(&insert);
        stream.push(&delete);
        Ok(())
    }),
    ("2, the key 0", |stream| {
        let insert = event(stream, "c", [Value::Null, with(&new_row(stream)?, "id", 0)], 1)?;
        stream.push(&insert);
        Ok(())
    }),
    ("3, an event without a time", |stream| {
        let at = stream.last_update()?;
        stream.edit(at, |record| record["source"]["ts_ms"] = Value::Null);
        Ok(())
    }),
    ("3, a position of one number", |stream| {
        let at = stream.last_update()?;
        stream.edit(at, |record| record["source"]["txId"] = Value::Null);
        Ok(())
    }),
    ("4, the same event twice with another time of delivery", |stream| {
        let at = stream.last_update()?;
        let mut again = stream.get(at);
        again["ts_ms"] = 1_795_164_999_999_u64.into();
        stream.files[at.0].1.insert(at.1 + 1, again.to_string());
        Ok(())
    }),
    ("4, two keys at one position", |stream| {
        let row = new_row(stream)?;
        let first = event(stream, "c", [Value::Null, row], 1)?;
        let mut second = first.clone();
        second["after"]["id"] = 9_000_000_001_u64.into();
        second["transaction"] = json!({"id": "900001:900001000", "total_order": 2, "data_collection_order": 2});
        stream.push(&first);
        stream.push(&second);
        Ok(())
    }),
    ("5, a connector that starts again", |stream| {
        let (_, records) = stream.files[stream.files.len() - 2].clone();
        let again: Vec<String> = records.iter().skip(40).cloned().collect();
        let (_, last) = stream.files.last_mut().context("a file")?;
        last.extend(again);
        Ok(())
    }),
    ("5, another partition with older events", |stream| {
        let mut insert = event(stream, "c", [Value::Null, new_row(stream)?], 1)?;
        insert["source"]["lsn"] = 127_000_000.into();
        insert["source"]["sequence"] = "[\"127000000\",\"127000000\"]".into();
        stream.files.push(("shop.public.orders+1+0000000000.json".to_owned(), vec![insert.to_string()]));
        Ok(())
    }),
    ("6, another version of the connector", |stream| {
        let file = stream.files.len() - 1;
        for row in 0..stream.files[file].1.len() {
            stream.edit((file, row), |record| record["source"]["version"] = "4.0.0.Final".into());
        }
        Ok(())
    }),
    ("6, the last file again at the end", |stream| {
        let (_, records) = stream.files.last().cloned().context("a file")?;
        let again = records.iter().map(|record| {
            let mut record = parsed(record);
            record["ts_ms"] = 1_795_169_999_999_u64.into();
            record.to_string()
        });
        stream.files.push(("shop.public.orders+0+0000009000.json".to_owned(), Vec::new()));
        let (name, last) = stream.files.last_mut().context("a file")?;
        *name = "shop.public.orders-again.json".to_owned();
        last.extend(again);
        Ok(())
    }),
    ("7, offsets that tombstones take", |stream| {
        let mut taken = 0;
        for (number, (name, records)) in stream.files.iter_mut().enumerate() {
            *name = format!("shop.public.orders+0+{:010}.json", number * 100 + taken);
            taken += records.iter().filter(|record| parsed(record)["op"] == "d").count();
        }
        Ok(())
    }),
    ("7, the oldest files are gone", |stream| {
        stream.files.remove(0);
        stream.files.remove(0);
        Ok(())
    }),
    ("8, files of equal length", |stream| {
        let at = (stream.files.len() - 1, 0);
        stream.edit(at, |record| record["ts_us"] = 1_795_164_999_999_999_u64.into());
        Ok(())
    }),
    ("8, half of a file again in the next", |stream| {
        let (_, records) = stream.files.last().cloned().context("a file")?;
        let half: Vec<String> = records.iter().skip(records.len() / 2).cloned().collect();
        stream.files.push(("shop.public.orders-next.json".to_owned(), half));
        Ok(())
    }),
    ("9, blank lines at the end", |stream| {
        let (_, records) = stream.files.last_mut().context("a file")?;
        records.extend([String::new(), String::new()]);
        Ok(())
    }),
    ("9, an empty mark that all is there", |stream| {
        stream.files.push(("_SUCCESS".to_owned(), Vec::new()));
        Ok(())
    }),
    ("10, a null", |stream| {
        let at = stream.last_update()?;
        stream.edit(at, |record| record["after"]["coupon"] = Value::Null);
        Ok(())
    }),
    ("10, folders of the time and of the partition", |stream| {
        stream.files.iter_mut().for_each(|(name, _)| *name = format!("year=2026/month=11/partition=0/{name}"));
        Ok(())
    }),
    ("10, folders of a column that the rows have", |stream| {
        stream.files.iter_mut().for_each(|(name, _)| *name = format!("Status=any/{name}"));
        Ok(())
    }),
    ("10, a column that comes and stays", |stream| {
        for file in stream.files.len() - 2..stream.files.len() {
            for row in 0..stream.files[file].1.len() {
                stream.edit((file, row), |record| {
                    if record["after"].is_object() {
                        record["after"]["fresh"] = 1.into();
                    }
                });
            }
        }
        Ok(())
    }),
    ("11, an insert after a delete", |stream| {
        let row = new_row(stream)?;
        let insert = event(stream, "c", [Value::Null, row.clone()], 1)?;
        let delete = event(stream, "d", [row.clone(), Value::Null], 2)?;
        let again = event(stream, "c", [Value::Null, row], 3)?;
        [insert, delete, again].iter().for_each(|event| stream.push(event));
        Ok(())
    }),
    ("11, updates of rows that a feed without a snapshot never had", |stream| {
        let keep = |record: &String| parsed(record)["op"] != "r";
        stream.files.iter_mut().for_each(|(_, records)| records.retain(keep));
        stream.files.retain(|(_, records)| !records.is_empty());
        for (number, (name, _)) in stream.files.iter_mut().enumerate() {
            *name = format!("{number}.json");
        }
        Ok(())
    }),
    ("12, an old event again after the delete", |stream| {
        let row = new_row(stream)?;
        let insert = event(stream, "c", [Value::Null, row.clone()], 1)?;
        let delete = event(stream, "d", [row, Value::Null], 2)?;
        [insert.clone(), delete, insert].iter().for_each(|event| stream.push(event));
        Ok(())
    }),
    ("12, a row that comes back", |stream| {
        let row = new_row(stream)?;
        let insert = event(stream, "c", [Value::Null, row.clone()], 1)?;
        let delete = event(stream, "d", [row.clone(), Value::Null], 2)?;
        let back = event(stream, "c", [Value::Null, with(&row, "priority", 4)], 3)?;
        [insert, delete, back].iter().for_each(|event| stream.push(event));
        Ok(())
    }),
    ("13, another form of the same number", |stream| {
        let row = with(&new_row(stream)?, "priority", 5);
        let insert = event(stream, "c", [Value::Null, row.clone()], 1)?;
        let update = event(stream, "u", [with(&row, "priority", "5"), with(&row, "priority", 6)], 2)?;
        [insert, update].iter().for_each(|event| stream.push(event));
        Ok(())
    }),
    ("13, a row before that lacks a new column", |stream| {
        let row = new_row(stream)?;
        let insert = event(stream, "c", [Value::Null, row.clone()], 1)?;
        let update = event(stream, "u", [row.clone(), with(&row, "fresh", 6)], 2)?;
        [insert, update].iter().for_each(|event| stream.push(event));
        Ok(())
    }),
    ("14, a key that changes as a delete and a create", |stream| {
        let row = new_row(stream)?;
        let insert = event(stream, "c", [Value::Null, row.clone()], 1)?;
        let delete = event(stream, "d", [row.clone(), Value::Null], 2)?;
        let mut create = event(stream, "c", [Value::Null, with(&row, "id", 9_000_000_001_u64)], 2)?;
        create["transaction"] = json!({"id": "900002:900002000", "total_order": 2, "data_collection_order": 2});
        [insert, delete, create].iter().for_each(|event| stream.push(event));
        Ok(())
    }),
    ("14, a foreign key that changes", |stream| {
        let row = new_row(stream)?;
        let insert = event(stream, "c", [Value::Null, row.clone()], 1)?;
        let update = event(stream, "u", [row.clone(), with(&row, "customer_id", 77)], 2)?;
        [insert, update].iter().for_each(|event| stream.push(event));
        Ok(())
    }),
    ("15, a placeholder over a value", |stream| {
        let row = with(&new_row(stream)?, "note", "a long text");
        let insert = event(stream, "c", [Value::Null, row.clone()], 1)?;
        let changed = with(&with(&row, "note", "__debezium_unavailable_value"), "priority", 2);
        let update = event(stream, "u", [row, changed], 2)?;
        [insert, update].iter().for_each(|event| stream.push(event));
        Ok(())
    }),
    ("15, a text about placeholders", |stream| {
        for (by, text) in [(1, "__debezium_unavailable"), (2, "why __debezium_unavailable_value is there")] {
            let row = with(&with(&new_row(stream)?, "note", text), "id", 9_000_000_000_u64 + by);
            let insert = event(stream, "c", [Value::Null, row], by)?;
            stream.push(&insert);
        }
        Ok(())
    }),
    ("18, a transaction over two files", |stream| {
        let row = new_row(stream)?;
        let mut first = event(stream, "c", [Value::Null, row.clone()], 1)?;
        first["transaction"] = json!({"id": "900001:900001000", "total_order": 1, "data_collection_order": 1});
        let mut second = event(stream, "c", [Value::Null, with(&row, "id", 9_000_000_001_u64)], 2)?;
        second["transaction"] = json!({"id": "900001:900002000", "total_order": 7, "data_collection_order": 2});
        stream.push(&first);
        stream.files.push(("shop.public.orders-next.json".to_owned(), vec![second.to_string()]));
        Ok(())
    }),
    ("19, the end of all times and the beginning of them", |stream| {
        for (by, time) in [(1, "9999-12-31T00:00:00Z"), (2, "1970-01-01T00:00:00Z"), (3, "1955-06-01T00:00:00Z")] {
            let row = with(&with(&new_row(stream)?, "placed_at", time), "id", 9_000_000_000_u64 + by);
            let insert = event(stream, "c", [Value::Null, row], by)?;
            stream.push(&insert);
        }
        Ok(())
    }),
    ("20, the text NULL and letters of other alphabets", |stream| {
        for (by, text) in [(1, "NULL"), (2, "Zürich 北京 🚀"), (3, "Null"), (4, "")] {
            let row = with(&with(&new_row(stream)?, "note", text), "id", 9_000_000_000_u64 + by);
            let insert = event(stream, "c", [Value::Null, row], by)?;
            stream.push(&insert);
        }
        Ok(())
    }),
    ("21, tombstones", |stream| {
        let (_, records) = stream.files.last_mut().context("a file")?;
        records.push("null".to_owned());
        records.push("null".to_owned());
        Ok(())
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_only_looks_like_a_fault_is_none() -> Result<()> {
    let clean = Stream::new()?;
    ensure!(clean.records().all(|(_, record)| id_of(&record) > 0), "every record has a key");
    let mut wrong = Vec::new();
    for (name, trap) in TRAPS {
        let mut stream = clean.clone();
        trap(&mut stream).context(name)?;
        let report = stream.examined().await?;
        if !report.findings.is_empty() {
            wrong.push(format!("{name}: {}", shown(&report)));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
