//! Values at the ends of their types, and records that are no rows: nothing wraps, is rounded or is lost.

use super::{assert_rebuilds, contract_of, decode, parquet, texts};
use crate::columnar::texts::texts as array_texts;
use crate::value::encoding::Encoding;
use crate::value::json::Values;
use crate::value::reading::Reading;
use crate::value::unavailable::Unavailable;
use arrow::array::{
    ArrayRef, Date32Array, Date64Array, Int64Array, ListArray, StringArray, StructArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampSecondArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field};
use sluice_change::{Cell, CellError, ColumnBuilder, ReasonCode, normalize_numeric};
use sluice_contract::{ColumnType, DecimalText, TimeUnit, limits};
use std::sync::Arc;

/// Numbers around the ends of every type, and some that only look like one.
fn numbers() -> Vec<String> {
    let powers = [7, 8, 15, 16, 24, 31, 32, 53, 63, 64, 126].map(|bits| 1_i128 << bits);
    let around = powers.into_iter().flat_map(|power| [power - 1, power, power + 1]);
    let whole = around.flat_map(|number| [number, -number]).map(|number| number.to_string());
    let others = [
        "0",
        "-0",
        "0.5",
        "99.99",
        "100",
        "-99.99",
        "99.990",
        "99.991",
        "1e3",
        "1E-2",
        "1.5e400",
        "1e-400",
        "3.4028235e38",
        "3.4028236e38",
        "1e39",
        "1.7976931348623157e308",
        "1e309",
        "0.1",
        "9007199254740993.5",
        "123456789012345678.25",
        "99999999999999999999999999999999999999",
        "100000000000000000000000000000000000000",
        "9999999999999999999999999999.9999999999",
    ];
    whole.chain(others.map(str::to_owned)).collect()
}

/// A number as JSON has it, as a text in JSON, and as CSV has it.
fn readings(data_type: &ColumnType, number: &str) -> [Result<Cell<'static>, CellError>; 3] {
    let contract = contract_of(
        "dataset: a.b\nsource: {path: x/, format: debezium_json, decimals: text}\n\
         schema:\n- {name: id, type: int, primary_key: true}\n",
    );
    let reading = Reading::new(contract.source.as_ref().unwrap()).unwrap();
    let unavailable = Unavailable::new("n/a");
    let values = Values {
        decimals: DecimalText::Text,
        reading: &reading,
        unit: None,
        is_length: false,
        unavailable: &unavailable,
    };
    let json = |raw: &str| values.cell(data_type, &Encoding::Unsaid, raw).map(Cell::into_owned);
    [json(number), json(&format!("\"{number}\"")), reading.cell(data_type, None, number).map(Cell::into_owned)]
}

/// What is in the column of silver.
fn stored(data_type: &ColumnType, cell: &Cell<'_>) -> Option<String> {
    let mut builder = ColumnBuilder::new(data_type);
    builder.append(cell);
    array_texts(&builder.finish()).unwrap().remove(0)
}

#[test]
fn a_number_is_stored_as_it_is_or_refused() {
    let mut refused = 0;
    for data_type in
        ["smallint", "int", "bigint", "decimal(4,2)", "decimal(38,0)", "decimal(38,10)", "numeric", "double", "float"]
    {
        let data_type: ColumnType = data_type.parse().unwrap();
        for number in numbers() {
            for read in readings(&data_type, &number) {
                let cell = match read {
                    Ok(cell) => cell,
                    Err(error) => {
                        assert!(matches!(error.reason, ReasonCode::ValueOutOfRange | ReasonCode::TypeMismatch));
                        refused += 1;
                        continue;
                    }
                };
                let stored = stored(&data_type, &cell).unwrap_or_else(|| panic!("{number} is null in {data_type}"));
                match data_type {
                    ColumnType::Double => {
                        let (is, was): (f64, f64) = (stored.parse().unwrap(), number.parse().unwrap());
                        assert!(is.is_finite() && is.to_bits() == was.to_bits(), "{number} is {stored}");
                    }
                    // As many digits as the text has are those of the text.
                    ColumnType::Float => {
                        let (is, was): (f64, f64) = (stored.parse().unwrap(), number.parse().unwrap());
                        assert!(is.is_finite() && (is - was).abs() <= was.abs() * 1e-7, "{number} is {stored}");
                    }
                    _ => assert_eq!(normalize_numeric(&stored), normalize_numeric(&number), "{data_type}"),
                }
            }
        }
    }
    assert!(refused > 500, "{refused}");
}

#[test]
fn special_numbers_are_kept_where_the_type_has_them() {
    for (texts, kept) in [
        (["NaN", "NAN", "nan"], "NaN"),
        (["Infinity", "POSITIVE_INFINITY", "inf"], "Infinity"),
        (["-Infinity", "NEGATIVE_INFINITY", "-inf"], "-Infinity"),
    ] {
        for text in texts {
            for data_type in ["numeric", "double", "float"] {
                let data_type: ColumnType = data_type.parse().unwrap();
                let [_, json, csv] = readings(&data_type, text);
                for cell in [json.unwrap(), csv.unwrap()] {
                    assert_eq!(stored(&data_type, &cell).as_deref(), Some(kept), "{text} in {data_type}");
                }
            }
            let [_, json, csv] = readings(&"decimal(12,2)".parse().unwrap(), text);
            assert_eq!([json, csv].map(|read| read.unwrap_err().reason), [ReasonCode::ValueOutOfRange; 2], "{text}");
        }
    }
}

#[test]
fn a_counted_time_is_stored_as_it_is_or_refused() {
    let parts = [
        (TimeUnit::Days, 86_400_000_000_i64),
        (TimeUnit::Seconds, 1_000_000),
        (TimeUnit::Milliseconds, 1_000),
        (TimeUnit::Microseconds, 1),
    ];
    let powers = (0..63).map(|bits| 1_i64 << bits);
    let ends = [i64::MIN, i64::MAX, i64::from(i32::MIN), i64::from(i32::MAX), 9_223_372_036_854];
    let around = powers
        .chain(ends)
        .flat_map(|number| [number.wrapping_sub(1), number, number.wrapping_add(1), number.wrapping_neg()]);
    let numbers: Vec<i64> = around.collect();
    for (unit, micros) in parts {
        for data_type in ["timestamp", "timestamp_ntz", "date"] {
            let data_type: ColumnType = data_type.parse().unwrap();
            for number in &numbers {
                let said = crate::value::time_number::SaidUnit { by_schema: Some(unit), by_contract: None };
                let Ok(cell) = crate::value::time_number::time_cell(&data_type, said, *number) else { continue };
                let Cell::Int(value) = cell else { panic!("{cell:?}") };
                let of_value: i128 = if data_type == ColumnType::Date { 86_400_000_000 } else { 1 };
                assert_eq!(
                    i128::from(value) * of_value,
                    i128::from(*number) * i128::from(micros),
                    "{number} {unit} in {data_type}"
                );
                let infinite = stored(&data_type, &cell).unwrap().contains("infinity");
                assert!(!infinite || value.unsigned_abs() == u64::from(i32::MAX.unsigned_abs()), "{number} {unit}");
            }
        }
    }
}

#[test]
fn a_time_of_parquet_that_silver_does_not_hold_is_refused() {
    let contract = contract_of(
        "dataset: a.b\nsource: {path: x/, format: parquet}\napply: {from_snapshot: {files: '{date}/*'}}\n\
         schema:\n- {name: id, type: bigint, primary_key: true}\n- {name: at, type: timestamp}\n- {name: day, type: date}\n",
    );
    let day: ArrayRef = Arc::new(Date32Array::from(vec![0]));
    let row = |at: ArrayRef, day: &ArrayRef| {
        parquet(vec![("id", Arc::new(Int64Array::from(vec![1]))), ("at", at), ("day", Arc::clone(day))])
    };
    let seconds = |number: i64| -> ArrayRef { Arc::new(TimestampSecondArray::from(vec![number])) };
    let millis = |number: i64| -> ArrayRef { Arc::new(TimestampMillisecondArray::from(vec![number])) };
    let micros = |number: i64| -> ArrayRef { Arc::new(TimestampMicrosecondArray::from(vec![number])) };
    for at in [seconds(i64::MAX), seconds(i64::MIN), millis(i64::MAX), millis(-i64::MAX), micros(i64::MIN)] {
        let decoded = decode(&contract, "2024-01-01/p.parquet", &row(at, &day));
        let found: Vec<_> = decoded.rejects.iter().map(|reject| (reject.reason, reject.column.as_deref())).collect();
        assert_eq!(found, [(ReasonCode::TypeMismatch, Some("at"))]);
        assert_rebuilds(&contract, &decoded);
    }
    let at = micros(i64::MAX);
    let found = |day: ArrayRef| decode(&contract, "2024-01-01/p.parquet", &row(Arc::clone(&at), &day));
    let with_time = found(Arc::new(Date64Array::from(vec![86_400_001])));
    assert_eq!(with_time.rejects[0].column.as_deref(), Some("day"), "a date with a time of day");
    let whole = found(Arc::new(Date32Array::from(vec![i32::MAX])));
    assert_eq!(whole.changes.len(), 1, "both infinities: {:?}", whole.rejects);
    assert_rebuilds(&contract, &whole);
}

#[test]
fn nested_columns_of_parquet_are_json_and_none_is_lost() {
    let contract = contract_of(
        "dataset: a.b\nsource: {path: x/, format: parquet, evolution: add_new_columns}\n\
         apply: {from_snapshot: {files: '{date}/*'}}\nschema:\n- {name: id, type: bigint, primary_key: true}\n\
         - {name: address, type: json}\n- {name: scores, type: json}\n- {name: ranks, type: \"array<int>\"}\n- {name: name, type: int}\n",
    );
    let street: ArrayRef = Arc::new(StringArray::from(vec!["Main \"1\""]));
    let object: ArrayRef =
        Arc::new(StructArray::from(vec![(Arc::new(Field::new("street", DataType::Utf8, true)), street)]));
    let field = Arc::new(Field::new("item", DataType::Int64, true));
    let list: ArrayRef =
        Arc::new(ListArray::new(field, OffsetBuffer::from_lengths([2]), Arc::new(Int64Array::from(vec![1, 2])), None));
    let row = |name: &'static str| {
        parquet(vec![
            ("id", Arc::new(Int64Array::from(vec![1]))),
            ("address", Arc::clone(&object)),
            ("scores", Arc::clone(&list)),
            ("ranks", Arc::clone(&list)),
            (name, Arc::clone(&object)),
        ])
    };
    let decoded = decode(&contract, "2024-01-01/p.parquet", &row("_meta"));
    let json = r#"{"street":"Main \"1\""}"#;
    let found = &texts(&decoded.changes.rows)[0];
    assert_eq!(found[1..3], [Some(json.to_owned()), Some("[1,2]".to_owned())]);
    assert_eq!(decoded.drift.unknown.keys().collect::<Vec<_>>(), ["_meta"]);
    let in_bronze: serde_json::Value = serde_json::from_str(&decoded.changes.records[0]).unwrap();
    assert_eq!(in_bronze["_meta"], json);
    assert_rebuilds(&contract, &decoded);
    // Declared as something else it is refused by its name, and the file goes on.
    let decoded = decode(&contract, "2024-01-01/p.parquet", &row("name"));
    let reject = &decoded.rejects[0];
    assert_eq!(
        (reject.reason, reject.column.as_deref(), reject.whole_file),
        (ReasonCode::TypeMismatch, Some("name"), false)
    );
}

const NESTED: &str = "struct<City: string, since: date, at: struct<lat: double, tags: array<string>>>";

/// What a column of [`NESTED`] has of a value, as Arrow prints it.
fn struct_text(decoded: &crate::DecodedFile) -> String {
    texts(&decoded.changes.rows)[0][1].clone().unwrap_or_else(|| "null".to_owned())
}

#[test]
fn a_struct_has_typed_parts_whatever_brings_it() {
    let schema = format!(
        "schema:\n- {{name: id, type: bigint, primary_key: true}}\n- {{name: a, type: \"{NESTED}\"}}\n\
         - {{name: lines, type: \"array<struct<sku: string, n: decimal(5,2)>>\"}}\n"
    );
    let source = |format: &str, apply: &str| {
        contract_of(&format!(
            "dataset: a.b\nsource: {{path: x/, format: {format}, decimals: text}}\napply: {{{apply}}}\n{schema}"
        ))
    };
    let value = r#"{"City":"Kiel","since":"2026-01-02","at":{"lat":1.5,"tags":["x",null]},"more":1}"#;
    let lines = r#"[{"sku":"s1","n":"1.50"},null,{"n":null}]"#;
    let plain = format!("{{\"id\":1,\"a\":{value},\"lines\":{lines}}}");
    let texted = serde_json::to_string(value).unwrap();
    let csv = format!("id,a,lines\n1,\"{}\",\"{}\"\n", value.replace('"', "\"\""), lines.replace('"', "\"\""));
    let debezium = format!("{{\"op\":\"c\",\"after\":{plain},\"source\":{{\"lsn\":1}}}}");
    let flat = format!("{{\"id\":1,\"a\":{texted},\"lines\":{lines},\"__op\":\"u\",\"__lsn\":1}}");
    for (format, apply, content) in [
        ("debezium_json", "", debezium),
        ("debezium_flat_json", "sequence: [__lsn]", flat),
        ("json", "sequence: [id]", plain),
        ("csv", "sequence: [id]", csv),
    ] {
        let contract = source(format, apply);
        let decoded = decode(&contract, "t.json", content.as_bytes());
        assert!(decoded.rejects.is_empty(), "{format}: {:?}", decoded.rejects);
        let found = struct_text(&decoded);
        assert_eq!(found, "{City: Kiel, since: 2026-01-02, at: {lat: 1.5, tags: [x, ]}}", "{format}");
        let lines = texts(&decoded.changes.rows)[0][2].clone().unwrap();
        assert_eq!(lines, "[{sku: s1, n: 1.50}, , {sku: , n: }]", "{format}");
        assert_rebuilds(&contract, &decoded);
    }
}

#[test]
fn a_part_that_does_not_fit_is_named_and_a_schema_says_how_parts_are_written() {
    let contract = contract_of(&format!(
        "dataset: a.b\nsource: {{path: x/, format: debezium_json}}\nschema:\n\
         - {{name: id, type: bigint, primary_key: true}}\n- {{name: a, type: \"{NESTED}\"}}\n"
    ));
    let record =
        |value: &str| format!("{{\"op\":\"c\",\"after\":{{\"id\":1,\"a\":{value}}},\"source\":{{\"lsn\":1}}}}");
    for (value, part) in [("{\"at\":{\"lat\":\"north\"}}", "in .lat in .at"), ("[1]", "expected"), ("7", "expected")] {
        let decoded = decode(&contract, "t.json", record(value).as_bytes());
        let [reject] = decoded.rejects.as_slice() else { panic!("{value}: {:?}", decoded.rejects) };
        assert_eq!((reject.reason, reject.column.as_deref()), (ReasonCode::TypeMismatch, Some("a")));
        assert!(reject.detail.contains(part), "{}", reject.detail);
    }
    let with_schema = r#"{"schema":{"type":"struct","fields":[{"field":"after","type":"struct","fields":[
        {"field":"id","type":"int64"},{"field":"a","type":"struct","fields":[{"field":"City","type":"string"},
        {"field":"since","type":"int32","name":"io.debezium.time.Date"}]}]}]},
        "payload":{"op":"c","after":{"id":1,"a":{"City":"Kiel","since":20455}},"source":{"lsn":1}}}"#;
    let decoded = decode(&contract, "t.json", with_schema.replace('\n', " ").as_bytes());
    assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
    assert_eq!(struct_text(&decoded), "{City: Kiel, since: 2026-01-02, at: }");
}

#[test]
fn a_record_with_thousands_of_new_columns_is_no_row() {
    let many = limits::NEW_COLUMNS_OF_RECORD_MAX + 1;
    let names: Vec<String> = (0..many).map(|number| format!("c{number}")).collect();
    let members: Vec<String> = names.iter().map(|name| format!("\"{name}\":1")).collect();
    let debezium = |row: &str| format!("{{\"op\":\"c\",\"after\":{{{row}}},\"source\":{{\"lsn\":1}}}}\n");
    let flat = |row: &str| format!("{{{row},\"__op\":\"c\",\"__lsn\":1}}\n");
    let rows = [format!("\"id\":1,\"n\":1,{}", members.join(",")), "\"id\":2,\"n\":2,\"extra\":1".to_owned()];
    let csv = format!("id,n,{}\n1,1{}\n", names.join(","), ",1".repeat(many));
    let schema = "schema:\n- {name: id, type: bigint, primary_key: true}\n- {name: n, type: int}\n";
    let contract = |format: &str, evolution: &str| {
        let sequence = if format == "csv" { "apply: {sequence: [n]}\n" } else { "" };
        contract_of(&format!(
            "dataset: a.b\nsource: {{path: x/, format: {format}, evolution: {evolution}}}\n{sequence}{schema}"
        ))
    };
    for (format, path, content) in [
        ("debezium_json", "1.json", rows.iter().map(|row| debezium(row)).collect::<String>()),
        ("debezium_flat_json", "1.json", rows.iter().map(|row| flat(row)).collect()),
        ("csv", "1.csv", csv),
    ] {
        let added = contract(format, "add_new_columns");
        let decoded = decode(&added, path, content.as_bytes());
        assert_eq!(decoded.rejects.len(), 1, "{format}");
        assert_eq!(decoded.rejects[0].reason, ReasonCode::TooManyColumns);
        assert!(decoded.rejects[0].detail.contains("1601 columns"), "{}", decoded.rejects[0].detail);
        assert!(decoded.drift.unknown.len() <= 1, "its columns are not new ones");
        // The same where some of them are known by now: the reason depends on the contract as it is declared.
        let inferred =
            sluice_contract::InferredSchema { added: names.iter().take(900).cloned().collect(), ..Default::default() };
        let wider = Arc::new(added.with_inferred(&inferred));
        assert_eq!(decode(&wider, path, content.as_bytes()).rejects[0].reason, ReasonCode::TooManyColumns);
        assert_rebuilds(&added, &decoded);
        for other in ["none", "rescue"] {
            assert_eq!(decode(&contract(format, other), path, content.as_bytes()).rejects.len(), 0, "{format} {other}");
        }
    }
}

#[test]
fn a_record_names_everything_that_is_wrong_with_it() {
    let contract = contract_of(
        "dataset: a.b\nsource: {path: x/, format: debezium_json}\napply: {keep: \"kind = 'a'\"}\nquality:\n\
         - {check: \"min_value(n, 5)\", on_fail: quarantine}\n- {check: \"not_null(t)\", on_fail: quarantine}\n\
         - {check: \"max_value(n, 1)\"}\nschema:\n- {name: id, type: bigint, primary_key: true}\n\
         - {name: n, type: int}\n- {name: t, type: string}\n- {name: d, type: date, required: true}\n\
         - {name: kind, type: string}\n",
    );
    let record = |op: &str, id: &str, rest: &str| {
        let side = if op == "d" { "before" } else { "after" };
        format!("{{\"op\":\"{op}\",\"{side}\":{{\"id\":{id}{rest}}},\"source\":{{\"lsn\":1}}}}\n")
    };
    for (line, expected) in [
        (record("c", "1", ",\"n\":5,\"t\":\"x\",\"d\":1,\"kind\":\"a\""), ""),
        (record("c", "1", ",\"n\":4,\"t\":null,\"d\":1,\"kind\":\"a\""), "CHECK_FAILED n, CHECK_FAILED t"),
        // What keep leaves out is no row of silver, and neither is what is deleted.
        (record("c", "1", ",\"n\":4,\"t\":null,\"d\":1,\"kind\":\"b\""), ""),
        (record("d", "1", ",\"n\":4,\"t\":null,\"d\":1,\"kind\":\"a\""), ""),
        (
            record("c", "\"one\"", ",\"n\":\"much\",\"t\":null,\"d\":null,\"kind\":\"a\""),
            "TYPE_MISMATCH id, TYPE_MISMATCH n, NULL_IN_REQUIRED d, CHECK_FAILED t",
        ),
    ] {
        let decoded = decode(&contract, "t.json", line.as_bytes());
        let reasons = decoded.rejects.iter().flat_map(|reject| reject.reasons());
        let found: Vec<String> =
            reasons.map(|of| format!("{} {}", of.reason, of.column.as_deref().unwrap_or_default())).collect();
        assert_eq!(found.join(", "), expected, "{line}");
        assert_rebuilds(&contract, &decoded);
    }
    // Records that are wrong in the same way have one list of reasons.
    let lines = record("c", "\"one\"", ",\"n\":\"much\"").repeat(3);
    let rejects = decode(&contract, "t.json", lines.as_bytes()).rejects;
    assert!(rejects.len() == 3 && Arc::ptr_eq(&rejects[0].further, &rejects[2].further));
    let wrong = contract.text.replace("not_null(t)", "max_value(d, 2025-02-31)");
    let said = sluice_contract::Contract::parse(&wrong, "b.yaml")
        .map(|contract| crate::check_contract(&Arc::new(contract)).unwrap_err().to_string());
    assert!(said.unwrap().contains("quality: a value that `d` is compared with"));
}
