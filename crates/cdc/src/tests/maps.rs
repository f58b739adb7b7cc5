//! Columns of maps.

use super::{assert_rebuilds, contract_of, decode, parquet, source_file, texts};
use crate::infer;
use arrow::array::{
    ArrayRef, Date32Builder, Int32Builder, Int64Array, MapBuilder, MapFieldNames, RecordBatch, StringBuilder,
};
use arrow_avro::writer::AvroWriter;
use bytes::Bytes;
use sluice_change::ReasonCode;
use sluice_contract::{Contract, TableName};
use std::sync::Arc;

const COLUMNS: &str = "schema:\n- {name: id, type: bigint, primary_key: true}\n- {name: tags, type: \"map<string, int>\"}\n\
    - {name: deep, type: \"array<map<string, struct<at: date>>>\"}\n";

fn source(format: &str, apply: &str) -> Arc<Contract> {
    contract_of(&format!("dataset: a.b\nsource: {{path: x/, format: {format}}}\napply: {{{apply}}}\n{COLUMNS}"))
}

fn debezium(tags: &str) -> String {
    format!("{{\"op\":\"c\",\"after\":{{\"id\":1,\"tags\":{tags}}},\"source\":{{\"lsn\":1}}}}")
}

#[test]
fn a_map_takes_every_member_in_the_order_of_its_keys() {
    let (tags, deep) = (r#"{"b":2,"a":1,"é":null}"#, r#"[{"x":{"at":"2026-01-02","more":1},"":null},null,{}]"#);
    let plain = format!("{{\"id\":1,\"tags\":{tags},\"deep\":{deep}}}");
    let texted = serde_json::to_string(tags).unwrap();
    let quoted = |json: &str| json.replace('"', "\"\"");
    for (format, apply, content) in [
        ("debezium_json", "", format!("{{\"op\":\"c\",\"after\":{plain},\"source\":{{\"lsn\":1}}}}")),
        (
            "debezium_flat_json",
            "sequence: [__lsn]",
            format!("{{\"id\":1,\"tags\":{texted},\"deep\":{deep},\"__op\":\"u\",\"__lsn\":1}}"),
        ),
        ("json", "sequence: [id]", plain),
        ("csv", "sequence: [id]", format!("id,tags,deep\n1,\"{}\",\"{}\"\n", quoted(tags), quoted(deep))),
    ] {
        let contract = source(format, apply);
        let decoded = decode(&contract, "t.json", content.as_bytes());
        assert!(decoded.rejects.is_empty(), "{format}: {:?}", decoded.rejects);
        let found = &texts(&decoded.changes.rows)[0];
        assert_eq!(found[1].as_deref(), Some("{a: 1, b: 2, é: }"), "{format}");
        assert_eq!(found[2].as_deref(), Some("[{: , x: {at: 2026-01-02}}, , {}]"), "{format}");
        assert_rebuilds(&contract, &decoded);
    }
}

#[test]
fn what_is_no_map_is_refused_without_its_keys() {
    let contract = source("debezium_json", "");
    for (tags, words) in [
        (r#"{"secret":1,"secret":1}"#, "a key of the map occurs twice"),
        (r#"{"secret":"many"}"#, "in a value of the map"),
        ("[1]", "expected map<string, int>"),
        ("7", "expected map<string, int>"),
        (r#""{\"secret\"""#, "expected map<string, int>"),
    ] {
        let decoded = decode(&contract, "t.json", debezium(tags).as_bytes());
        let [reject] = decoded.rejects.as_slice() else { panic!("{tags}: {:?}", decoded.rejects) };
        assert_eq!((reject.reason, reject.column.as_deref()), (ReasonCode::TypeMismatch, Some("tags")), "{tags}");
        assert!(reject.detail.contains(words) && !reject.detail.contains("secret"), "{}", reject.detail);
    }
    let whole = decode(
        &contract,
        "t.json",
        debezium("{\"__debezium_unavailable_value\":\"__debezium_unavailable_value\"}").as_bytes(),
    );
    assert!(whole.rejects.is_empty() && whole.changes.absent[&0].contains(&1), "{:?}", whole.rejects);
}

#[test]
fn maps_of_parquet_are_proposed_and_read() {
    let names = MapFieldNames { entry: "entries".to_owned(), key: "keys".to_owned(), value: "values".to_owned() };
    let mut tags = MapBuilder::new(Some(names), Int32Builder::new(), Int32Builder::new());
    for (key, value) in [(10, Some(1)), (9, None)] {
        tags.keys().append_value(key);
        tags.values().append_option(value);
    }
    tags.append(true).unwrap();
    tags.append(false).unwrap();
    let mut lists = MapBuilder::new(None, StringBuilder::new(), arrow::array::ListBuilder::new(Int32Builder::new()));
    lists.keys().append_value("a");
    lists.values().append_value([Some(1), None]);
    lists.append(true).unwrap();
    lists.append(true).unwrap();
    let tags: ArrayRef = Arc::new(tags.finish());
    let lists: ArrayRef = Arc::new(lists.finish());
    let file = parquet(vec![("id", Arc::new(Int64Array::from(vec![1, 2]))), ("tags", tags), ("lists", lists)]);
    let named = (source_file("x/t.parquet", &file), Bytes::copy_from_slice(&file));
    let inferred = infer(TableName::new("a", "b").unwrap(), "x", &[named], 1).unwrap();
    let proposed: Vec<&str> = inferred.columns.iter().map(|column| column.data_type.as_str()).collect();
    assert_eq!(proposed, ["bigint", "map<string, int>", "map<string, array<int>>"]);

    let decoded = decode(&source("parquet", "sequence: [id]"), "t.parquet", &file);
    assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
    let found: Vec<_> = texts(&decoded.changes.rows).into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(found, [Some("{10: 1, 9: }".to_owned()), None]);
    let of_lists = contract_of(
        "dataset: a.b\nsource: {path: x/, format: parquet}\napply: {sequence: [id]}\nschema:\n\
         - {name: id, type: bigint, primary_key: true}\n- {name: lists, type: \"map<string, array<int>>\"}\n",
    );
    let decoded = decode(&of_lists, "t.parquet", &file);
    assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
    let found: Vec<_> = texts(&decoded.changes.rows).into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(found, [Some("{a: [1, ]}".to_owned()), Some("{}".to_owned())]);
}

#[test]
fn a_schema_in_the_record_says_how_values_are_written_and_that_it_is_a_map() {
    let schema = |keys: &str| {
        format!(
            "{{\"type\":\"struct\",\"fields\":[{{\"field\":\"after\",\"type\":\"struct\",\"fields\":[{{\"field\":\"id\",\"type\":\
             \"int64\"}},{{\"field\":\"days\",\"type\":\"map\",\"keys\":{{\"type\":\"{keys}\"}},\"values\":{{\"type\":\
             \"int32\",\"name\":\"io.debezium.time.Date\"}}}}]}}]}}"
        )
    };
    let record = |keys: &str, days: &str| {
        format!(
            "{{\"schema\":{},\"payload\":{{\"op\":\"c\",\"before\":null,\"after\":{{\"id\":1,\"days\":{days}}},\"source\":{{\"lsn\":1}}}}}}",
            schema(keys)
        )
    };
    for (keys, days, proposed) in [("string", "{\"a\":20455}", "map<string, date>"), ("int32", "[[1,20455]]", "json")] {
        let content = record(keys, days);
        let file = (source_file("x/t.json", content.as_bytes()), Bytes::from(content.clone()));
        let inferred = infer(TableName::new("a", "b").unwrap(), "x", &[file], 1).unwrap();
        let column = inferred.columns.iter().find(|column| column.name == "days").unwrap();
        assert_eq!(column.data_type, proposed);
        let contract = contract_of(&format!(
            "dataset: a.b\nsource: {{path: x/, format: debezium_json}}\nschema:\n- {{name: id, type: bigint, primary_key: \
             true}}\n- {{name: days, type: \"{proposed}\"}}\n"
        ));
        let decoded = decode(&contract, "t.json", content.as_bytes());
        assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
        let expected = if keys == "string" { "{a: 2026-01-02}" } else { days };
        assert_eq!(texts(&decoded.changes.rows)[0][1].as_deref(), Some(expected));
    }
}

#[test]
fn maps_of_avro_are_proposed_and_read() {
    let mut tags = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    for (key, value) in [("b", Some(2)), ("a", None)] {
        tags.keys().append_value(key);
        tags.values().append_option(value);
    }
    tags.append(true).unwrap();
    tags.append(true).unwrap();
    tags.append(false).unwrap();
    let days = Date32Builder::new();
    let mut days = MapBuilder::new(None, StringBuilder::new(), days);
    days.keys().append_value("day");
    days.values().append_value(20_455);
    days.append(true).unwrap();
    days.append(true).unwrap();
    days.append(true).unwrap();
    let (tags, days): (ArrayRef, ArrayRef) = (Arc::new(tags.finish()), Arc::new(days.finish()));
    let columns: Vec<(&str, ArrayRef, bool)> =
        vec![("id", Arc::new(Int64Array::from(vec![1, 2, 3])), false), ("tags", tags, true), ("days", days, false)];
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut writer = AvroWriter::new(Vec::new(), batch.schema().as_ref().clone()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    let file = writer.into_inner();
    let named = (source_file("x/t.avro", &file), Bytes::copy_from_slice(&file));
    let inferred = infer(TableName::new("a", "b").unwrap(), "x", &[named], 1).unwrap();
    let proposed: Vec<&str> = inferred.columns.iter().map(|column| column.data_type.as_str()).collect();
    assert_eq!(proposed, ["bigint", "map<string, int>", "map<string, date>"]);

    let contract = contract_of(
        "dataset: a.b\nsource: {path: x/, format: avro}\napply: {sequence: [id]}\nschema:\n- {name: id, type: bigint, \
         primary_key: true}\n- {name: tags, type: \"map<string, int>\"}\n- {name: days, type: \"map<string, date>\"}\n",
    );
    let decoded = decode(&contract, "t.avro", &file);
    assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
    let found: Vec<_> = texts(&decoded.changes.rows).into_iter().map(|row| row[1].clone()).collect();
    assert_eq!(found, [Some("{a: , b: 2}".to_owned()), Some("{}".to_owned()), None]);
    let days: Vec<_> = texts(&decoded.changes.rows).into_iter().map(|row| row[2].clone().unwrap()).collect();
    assert_eq!(days, ["{day: 2026-01-02}", "{}", "{}"]);
    assert_rebuilds(&contract, &decoded);
}
