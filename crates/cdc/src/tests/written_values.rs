//! Values that partners write in their own way, read by functions of `schema.from`, and lengths of time as text.

use super::plain::fixture;
use super::{assert_rebuilds, contract_of, decode, parquet, texts};
use arrow::array::{ArrayRef, StringArray, Time64MicrosecondArray};
use sluice_change::ReasonCode;
use sluice_contract::Contract;
use std::sync::Arc;

const COLUMNS: &str = "schema:
- {name: id, type: bigint, primary_key: true}
- {name: day, type: date, from: \"parse_date(trim(day), '%d.%m.%Y')\"}
- {name: at, type: timestamp_ntz, from: \"parse_timestamp(at, '%m/%d/%Y %I:%M %p')\"}
- {name: seen, type: timestamp, from: \"parse_timestamp(seen, '%d.%m.%Y %H:%M')\"}
- {name: total, type: \"decimal(10,2)\", from: \"parse_number(total, ',', '.')\"}
- {name: paid, type: boolean, from: \"parse_boolean(null_if(paid, '-'), 'ja', 'nein')\"}
";

fn contract(source: &str, apply: &str, columns: &str) -> Arc<Contract> {
    contract_of(&format!("dataset: a.b\nsource: {{path: x/, {source}}}\napply: {{{apply}}}\n{columns}"))
}

fn values(found: &[&str]) -> Vec<Option<String>> {
    found.iter().map(|text| Some((*text).to_owned())).collect()
}

#[test]
fn every_kind_of_format_reads_the_same_values() {
    let names = ["id", "day", "at", "seen", "total", "paid"];
    let row = ["7", " 31.12.2026", "1/2/2026 1:05 PM", "01.07.2026 12:00", "1.234,50", "JA"];
    let columns = names.into_iter().zip(row.map(|value| Arc::new(StringArray::from(vec![value])) as ArrayRef));
    let members: Vec<String> = names.iter().zip(row).map(|(name, value)| format!("{name:?}:{value:?}")).collect();
    let json = format!("{{{}}}", members.join(","));
    let csv = format!("{}\n{}\n", names.join(";"), row.join(";"));
    let dms = format!("{},1\n", row.map(|value| format!("{value:?}")).join(","));
    let envelope = format!(r#"{{"op":"c","after":{json},"source":{{"lsn":5}}}}"#);
    for (source, apply, path, bytes) in [
        ("format: debezium_json, time_zone: Europe/Berlin", "", "1.json", envelope.as_bytes()),
        ("format: json, time_zone: Europe/Berlin", "scd: append", "1.json", json.as_bytes()),
        ("format: csv, time_zone: Europe/Berlin, csv_delimiter: ';'", "scd: append", "1.csv", csv.as_bytes()),
        // A function reads the marks that it says, whatever the file has.
        ("format: csv, time_zone: Europe/Berlin, decimal_comma: true", "scd: append", "1.csv", csv.as_bytes()),
        ("format: dms_csv, time_zone: Europe/Berlin", "", "LOAD00000001.csv", dms.as_bytes()),
        ("format: parquet, time_zone: UTC", "scd: append", "1.parquet", &parquet(columns.collect())),
    ] {
        let contract = contract(source, apply, COLUMNS);
        let decoded = decode(&contract, path, bytes);
        assert!(decoded.rejects.is_empty(), "{source}: {:?}", decoded.rejects);
        // Microseconds: 10:00 and 12:00 UTC.
        let seen = if source.contains("Berlin") { "1782900000000000" } else { "1782907200000000" };
        let expected = ["7", "2026-12-31", "1767359100000000", seen, "1234.50", "true"];
        assert_eq!(texts(&decoded.changes.rows)[0][..6], values(&expected), "{source}");
        assert_rebuilds(&contract, &decoded);
    }
}

#[test]
fn what_does_not_fit_is_in_quarantine_without_its_value() {
    let lines = r#"{"id":1,"day":null,"at":null,"seen":null,"total":null,"paid":"-"}
{"id":2,"day":"12/31/2026"}
{"id":3,"day":"31.12.26"}
{"id":4,"day":""}
{"id":5,"at":"13/1/2026 1:05 PM"}
{"id":6,"total":"1,234.50"}
{"id":7,"paid":"yes"}
{"id":8,"seen":"29.03.2026 02:30"}
{"id":9,"day":20261231}
"#;
    let contract = contract("format: json, time_zone: Europe/Berlin", "scd: append, quarantine_limit: 1.0", COLUMNS);
    let decoded = decode(&contract, "1.json", lines.as_bytes());
    assert_eq!(texts(&decoded.changes.rows)[0][1..6], [None, None, None, None, None]);
    let columns: Vec<&str> = decoded.rejects.iter().filter_map(|reject| reject.column.as_deref()).collect();
    assert_eq!(columns, ["day", "day", "day", "at", "total", "paid", "seen", "day"]);
    for reject in &decoded.rejects {
        assert_eq!(reject.reason, ReasonCode::TypeMismatch);
        let is_shown = ["12/31", "31.12.26", "13/1", "1,234.50", "yes", "02:30", "20261231"]
            .iter()
            .any(|value| reject.detail.contains(value));
        assert!(!is_shown, "{}", reject.detail);
    }
    assert!(decoded.rejects[0].detail.contains("%d.%m.%Y"), "{}", decoded.rejects[0].detail);
}

#[test]
fn a_cast_value_is_read_as_it_is_printed() {
    let columns = "schema:
- {name: id, type: bigint, primary_key: true}
- {name: total, type: \"decimal(10,2)\", from: \"cast(total, decimal(10,2))\"}
- {name: at, type: timestamp, from: \"cast(at, timestamp)\"}
- {name: whole, type: string, from: \"cast(parse_number(whole, ',', '.'), bigint)\"}
";
    let contract = contract(
        "format: csv, csv_delimiter: ';', decimal_comma: true, time_zone: Europe/Berlin",
        "scd: append",
        columns,
    );
    let decoded = decode(&contract, "1.csv", "id;total;at;whole\n1;1.234,5;2026-07-01 12:00;1.234\n".as_bytes());
    assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
    let expected = ["1", "1234.50", "1782900000000000", "1234"];
    assert_eq!(texts(&decoded.changes.rows)[0][..4], values(&expected));
}

#[test]
fn a_length_of_time_is_text_by_its_unit() {
    let columns = "schema:
- {name: id, type: bigint, primary_key: true}
- {name: a, type: string, unit: microseconds}
- {name: b, type: string, unit: microseconds}
- {name: raw, type: bigint}
- {name: upper, type: string, unit: microseconds, from: \"trim(b)\"}
";
    let schema = r#"{"type":"struct","fields":[{"field":"after","type":"struct","fields":[{"field":"a","type":"int64","name":"io.debezium.time.MicroTime"},{"field":"b","type":"int32","name":"io.debezium.time.Time"}]}]}"#;
    let payload =
        r#"{"op":"c","after":{"id":1,"a":3020399000000,"b":-3600500,"raw":3020399000000},"source":{"lsn":5}}"#;
    let with_schema = format!(r#"{{"schema":{schema},"payload":{payload}}}"#);
    let without = payload.replace("-3600500", "-3600500000");
    let maxwell = r#"{"database":"a","table":"b","type":"insert","ts":1,"xid":3,"commit":true,"position":"f.1:5","data":{"id":1,"a":"838:59:59","b":"-01:00:00.500000","raw":3020399000000}}"#;
    for (source, bytes) in [
        ("format: debezium_json", with_schema.as_str()),
        ("format: debezium_json", &without),
        ("format: maxwell_json", maxwell),
    ] {
        let contract = contract(source, "", columns);
        let decoded = decode(&contract, "1.json", bytes.as_bytes());
        assert!(decoded.rejects.is_empty(), "{bytes}: {:?}", decoded.rejects);
        let expected = ["1", "838:59:59", "-01:00:00.5", "3020399000000", "-01:00:00.5"];
        assert_eq!(texts(&decoded.changes.rows)[0][..5], values(&expected), "{bytes}");
        assert_rebuilds(&contract, &decoded);
    }
    let contract = contract(
        "format: parquet",
        "scd: append",
        "schema:\n- {name: id, type: string, primary_key: true}\n- {name: a, type: string}\n",
    );
    let ids: ArrayRef = Arc::new(StringArray::from(vec!["1"]));
    let times: ArrayRef = Arc::new(Time64MicrosecondArray::from(vec![-3_020_399_000_000]));
    let decoded = decode(&contract, "1.parquet", &parquet(vec![("id", ids), ("a", times)]));
    assert_eq!(texts(&decoded.changes.rows)[0][1].as_deref(), Some("-838:59:59"));
}

#[test]
fn a_text_that_is_no_length_is_in_quarantine() {
    let columns = "schema:\n- {name: id, type: bigint, primary_key: true}\n- {name: a, type: string, unit: seconds}\n";
    let contract = contract("format: csv", "scd: append, quarantine_limit: 1.0", columns);
    let decoded = decode(&contract, "1.csv", "id,a\n1,90\n2,25:00:00\n3,soon\n".as_bytes());
    let rows = texts(&decoded.changes.rows);
    assert_eq!([rows[0][1].as_deref(), rows[1][1].as_deref()], [Some("00:01:30"), Some("25:00:00")]);
    assert_eq!(decoded.rejects.len(), 1);
    assert!(decoded.rejects[0].detail.contains("length of time") && !decoded.rejects[0].detail.contains("soon"));
}

#[test]
fn a_date_that_a_function_reads_orders_events_in_every_format() {
    let columns = "schema:
- {name: id, type: bigint, primary_key: true}
- {name: changed, type: timestamp_ntz, from: \"parse_timestamp(Stand, '%d.%m.%Y %H:%M')\"}
";
    let rows = [(1, "31.12.2026 09:00"), (1, "02.01.2027 08:00"), (2, "02.01.2027 08:00"), (3, "soon")];
    let json: String = rows.iter().map(|(id, at)| format!("{{\"id\":{id},\"Stand\":\"{at}\"}}\n")).collect();
    let events: String = rows
        .iter()
        .map(|(id, at)| {
            format!("{{\"op\":\"u\",\"after\":{{\"id\":{id},\"Stand\":\"{at}\"}},\"source\":{{\"lsn\":5}}}}\n")
        })
        .collect();
    let csv: String = rows.iter().map(|(id, at)| format!("{id},{at}\n")).collect();
    let csv = format!("id,Stand\n{csv}");
    for (format, path, bytes) in
        [("json", "1.json", &json), ("debezium_json", "1.json", &events), ("csv", "1.csv", &csv)]
    {
        let apply = "sequence: [changed], quarantine_limit: 1.0";
        let contract = contract(&format!("format: {format}"), apply, columns);
        let decoded = decode(&contract, path, bytes.as_bytes());
        let seqs: Vec<u64> = decoded.changes.seqs.iter().map(|seq| seq.parts[0]).collect();
        assert_eq!(seqs, [1_798_707_600_000_000, 1_798_876_800_000_000, 1_798_876_800_000_000], "{format}");
        let rejects: Vec<_> = decoded.rejects.iter().map(|reject| reject.reason).collect();
        assert_eq!(rejects, [ReasonCode::MissingSeq], "{format}: {:?}", decoded.rejects);
        assert!(!decoded.rejects[0].detail.contains("soon"));
        assert_rebuilds(&contract, &decoded);
    }
}

#[test]
fn values_of_a_sheet_are_texts_to_functions_too() {
    let columns = "schema:
- {name: name, type: string, primary_key: true}
- {name: born, type: date, from: \"parse_date(born, '%d.%m.%Y', '%F')\"}
- {name: balance, type: numeric, from: \"parse_number(balance, '.', ',')\"}
- {name: active, type: boolean, from: \"parse_boolean(active, 'TRUE', 'FALSE')\"}
";
    let contract = contract("format: xlsx", "scd: append", columns);
    let decoded = decode(&contract, "people.xlsx", &fixture("people.xlsx"));
    assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
    assert_eq!(texts(&decoded.changes.rows)[0][..4], values(&["Ada", "1915-12-10", "12.5", "true"]));
    assert_rebuilds(&contract, &decoded);
}
