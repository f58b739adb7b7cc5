//! Columns that are made of members of the record (`schema.from`), in every kind of format.

use super::{assert_rebuilds, contract_of, decode, parquet, texts};
use crate::{check_contract, key_check};
use arrow::array::{ArrayRef, StringArray};
use sluice_change::ReasonCode;
use sluice_contract::{Contract, HashKey, HashKeys};
use std::sync::Arc;

const KEY: &str = "a key of forty letters, for tests alone..";

const COLUMNS: &str = "schema:
- {name: id, type: bigint, primary_key: true, from: CustNo}
- {name: email, type: string, from: \"lower(trim(Mail))\"}
- {name: mail_hash, type: string, from: \"keyed_hash(lower(trim(Mail)), 'people')\"}
- {name: country, type: string, from: \"null_if(upper(country), '', 'N/A')\"}
- {name: city, type: string, from: \"json(payload, 'address.city')\"}
- {name: amount, type: \"decimal(8,2)\", from: \"cast(Betrag, decimal(8,2))\"}
";

fn contract(source: &str, apply: &str) -> Arc<Contract> {
    let text = format!("dataset: a.b\nsource: {{path: x/, {source}}}\napply: {{{apply}}}\n{COLUMNS}");
    let mut keys = HashKeys::default();
    keys.insert("people", HashKey::new(KEY.to_owned()).unwrap());
    Arc::new(contract_of(&text).as_ref().clone().with_keys(keys))
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// What `printf %s anna@x.example | openssl dgst -sha256 -hmac "$KEY"` prints.
fn hash() -> Option<String> {
    some("de7f64a822aa071c64d8ee9b2a5971be06df2a85cc340f74a17f7c9ba68ba1c3")
}

#[test]
fn every_kind_of_format_makes_the_same_columns() {
    let json =
        r#"{"CustNo":7,"Mail":" Anna@X.example ","country":"n/a","payload":{"address":{"city":"Wien"}},"Betrag":12.5}"#;
    let text = r#"{"CustNo":7,"Mail":" Anna@X.example ","country":"n/a","payload":"{\"address\":{\"city\":\"Wien\"}}","Betrag":"12.5"}"#;
    let csv = "CustNo,Mail,country,payload,Betrag\n7,\" Anna@X.example \",n/a,\"{\"\"address\"\":{\"\"city\"\":\"\"Wien\"\"}}\",12.5\n";
    // With the position that AWS DMS adds.
    let without_header = csv.split_once('\n').unwrap().1.replace("12.5", "12.5,1");
    let columns = ["CustNo", "Mail", "country", "payload", "Betrag"];
    let values = ["7", " Anna@X.example ", "n/a", r#"{"address":{"city":"Wien"}}"#, "12.5"];
    let columns = columns.into_iter().zip(values.map(|value| Arc::new(StringArray::from(vec![value])) as ArrayRef));
    let envelope = format!(r#"{{"op":"c","after":{json},"source":{{"lsn":5}}}}"#);
    let maxwell = format!(
        r#"{{"database":"a","table":"b","type":"insert","ts":1,"xid":3,"commit":true,"position":"f.1:5","data":{text}}}"#
    );
    for (source, apply, path, bytes) in [
        ("format: debezium_json, decimals: text", "", "1.json", envelope.as_bytes()),
        ("format: json", "scd: append", "1.json", json.as_bytes()),
        ("format: json", "scd: append", "1.json", text.as_bytes()),
        ("format: csv", "scd: append", "1.csv", csv.as_bytes()),
        ("format: dms_csv", "", "LOAD00000001.csv", without_header.as_bytes()),
        ("format: parquet", "scd: append", "1.parquet", &parquet(columns.collect())),
        ("format: maxwell_json", "", "1.json", maxwell.as_bytes()),
    ] {
        let contract = contract(source, apply);
        let decoded = decode(&contract, path, bytes);
        assert!(decoded.rejects.is_empty(), "{source}: {:?}", decoded.rejects);
        let row = &texts(&decoded.changes.rows)[0];
        assert_eq!(row[..3], [some("7"), some("anna@x.example"), hash()], "{source}");
        assert_eq!(row[3..], [None, some("Wien"), some("12.50")], "{source}");
        assert!(decoded.drift.unknown.is_empty(), "{source}: {:?}", decoded.drift.unknown);
        assert_rebuilds(&contract, &decoded);
    }
}

#[test]
fn null_stays_null_and_absent_stays_absent() {
    let contract =
        contract("format: debezium_json, evolution: add_new_columns, ignored: [Secret]", "quarantine_limit: 1.0");
    let lines = r#"{"op":"u","after":{"CustNo":1,"Mail":null,"country":"__debezium_unavailable_value","secret":1},"source":{"lsn":1}}
{"op":"u","after":{"custno":2,"mail":"B","COUNTRY":"de","Secret":2,"more":3},"source":{"lsn":2}}
{"op":"d","before":{"CustNo":3,"Mail":"x"},"source":{"lsn":3}}
{"op":"u","after":{"CustNo":4,"payload":"not json"},"source":{"lsn":4}}
{"op":"u","after":{"CustNo":5,"Betrag":"12,5"},"source":{"lsn":5}}
{"op":"u","before":{"CustNo":6},"after":{"CustNo":7,"Mail":"x"},"source":{"lsn":6}}
"#;
    let decoded = decode(&contract, "1.json", lines.as_bytes());
    let rows = texts(&decoded.changes.rows);
    assert_eq!(rows[0][..4], [some("1"), None, None, None]);
    assert_eq!(decoded.changes.absent.iter().next(), Some((&0, &vec![3])), "a value that was not sent");
    // Names are case-insensitive, as those of columns are.
    assert_eq!(
        (rows[1][0].as_deref(), rows[1][1].as_deref(), rows[1][3].as_deref()),
        (Some("2"), Some("b"), Some("DE"))
    );
    assert_eq!(rows[2][..2], [some("3"), None]);
    // Another key before: a delete of it.
    assert_eq!((rows[3][0].as_deref(), rows[4][0].as_deref()), (Some("6"), Some("7")));
    let rejects: Vec<_> = decoded.rejects.iter().map(|reject| (reject.reason, reject.column.as_deref())).collect();
    assert_eq!(rejects, [(ReasonCode::TypeMismatch, Some("city")), (ReasonCode::TypeMismatch, Some("amount"))]);
    assert!(decoded.rejects.iter().all(|reject| !reject.detail.contains("12,5")), "{:?}", decoded.rejects);
    let unknown: Vec<&str> = decoded.drift.unknown.keys().map(String::as_str).collect();
    assert_eq!(unknown, ["more"], "what is dropped is never a new column");
}

#[test]
fn without_its_key_nothing_is_hashed() {
    let contract = contract("format: json", "scd: append");
    let without = Arc::new(contract.as_ref().clone().with_keys(HashKeys::default()));
    let error = check_contract(&without).unwrap_err().to_string();
    assert!(error.contains("SLUICE_KEY_PEOPLE") && !error.contains(KEY), "{error}");
    let key = |text: &str| HashKey::new(text.repeat(2)).unwrap();
    assert_eq!(key_check(&key(KEY), "people"), key_check(&key(KEY), "people"));
    assert_ne!(key_check(&key(KEY), "people"), key_check(&key(KEY), "others"));
    assert_ne!(key_check(&key(KEY), "people"), key_check(&key("another key of forty letters for tests"), "people"));
}
