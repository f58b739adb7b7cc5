//! Keys of records from files beside them.

use super::plain::fixture;
use super::{assert_rebuilds, contract_of, parquet};
use crate::{DecodedFile, KeyFile, decode_file, decode_file_with_keys};
use arrow::array::{ArrayRef, AsArray, Int64Array};
use arrow::datatypes::Int64Type;
use bytes::Bytes;
use sluice_change::{Op, ReasonCode, SourceFile};
use sluice_contract::Contract;
use std::sync::Arc;

fn orders(format: &str) -> Arc<Contract> {
    contract_of(&format!(
        "dataset: shop.orders\nsource: {{path: x/, format: {format}}}\napply: {{sequence: [source.lsn]}}\nschema:\n\
         - {{name: id, type: bigint, primary_key: true}}\n- {{name: note, type: string}}\n"
    ))
}

fn with_keys(contract: &Arc<Contract>, values: &[u8], name: &str, keys: &[u8]) -> DecodedFile {
    let file = SourceFile { path: "x/t+0+0.json".to_owned(), size: values.len() as u64, ..SourceFile::default() };
    let keys = KeyFile { path: name.to_owned(), bytes: Bytes::copy_from_slice(keys) };
    decode_file_with_keys(contract, &file, Bytes::copy_from_slice(values), &keys).unwrap()
}

const DELETE: &str = r#"{"op":"d","before":null,"after":null,"source":{"lsn":9}}"#;
const INSERT: &str = r#"{"op":"c","before":null,"after":{"id":1,"note":"a"},"source":{"lsn":8}}"#;

#[test]
fn rows_of_avro_and_parquet_are_keys() {
    let contract = orders("debezium_json");
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 1, 1]));
    for (name, keys) in [("keys.avro", fixture("keys.avro")), ("keys.parquet", parquet(vec![("id", ids)]))] {
        let values = format!("{INSERT}\n{DELETE}\nnull\n");
        let decoded = with_keys(&contract, values.as_bytes(), name, &keys);
        assert!(decoded.rejects.is_empty(), "{name}: {:?}", decoded.rejects);
        assert_eq!(decoded.changes.ops, [Op::Upsert, Op::Delete], "{name}");
        assert_eq!((decoded.keys.taken, decoded.keys.lacking, decoded.keys.records), (1, 0, 3), "{name}");
        assert_eq!(decoded.changes.records[1], format!("{{\"key\":{{\"id\":1}},\"value\":{DELETE}}}"), "{name}");
        assert_rebuilds(&contract, &decoded);
    }
}

#[test]
fn a_large_file_has_its_keys_in_every_part_of_it() {
    let contract = orders("debezium_json");
    let row = |number: u64| match number % 5 {
        0 => format!("{{\"op\":\"d\",\"before\":null,\"source\":{{\"lsn\":{number}}}}}\n"),
        _ => format!(
            "{{\"op\":\"c\",\"after\":{{\"id\":{number},\"note\":\"{}\"}},\"source\":{{\"lsn\":{number}}}}}\n",
            "x".repeat(900)
        ),
    };
    let (values, keys): (String, String) =
        (1..=10_000).map(|number| (row(number), format!("{{\"id\":{}}}\n", number - 1))).unzip();
    let decoded = with_keys(&contract, values.as_bytes(), "k", keys.as_bytes());
    assert!(decoded.rejects.is_empty() && decoded.changes.len() == 10_000, "{:?}", decoded.rejects.first());
    assert_eq!((decoded.keys.taken, decoded.keys.records), (2_000, 10_000));
    let ids = decoded.changes.rows.column(0).as_primitive::<Int64Type>().values();
    for (at, id) in decoded.changes.refs.iter().zip(ids.iter().copied()) {
        let number = at.row + 1;
        assert_eq!(u64::try_from(id).unwrap(), if number % 5 == 0 { number - 1 } else { number });
    }
}

#[test]
fn records_in_containers_have_their_keys_too() {
    let contract = orders("debezium_avro");
    let decoded = with_keys(&contract, &fixture("deletes.avro"), "k", b"{\"id\":1}\n{\"id\":1}\n");
    assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
    assert_eq!(decoded.changes.ops, [Op::Upsert, Op::Delete]);
    assert_rebuilds(&contract, &decoded);
}

#[test]
fn a_record_that_cannot_be_read_even_so_keeps_its_key() {
    let contract = orders("debezium_json");
    let values = format!("{INSERT}\n{DELETE}\n");
    let file = SourceFile { path: "x/1.json".to_owned(), ..SourceFile::default() };
    assert_eq!(decode_file(&contract, file, values.clone().into()).unwrap().keys.lacking, 1);
    let decoded = with_keys(&contract, values.as_bytes(), "k", b"{\"nr\":1}\n{\"nr\":2}\n");
    let [reject] = decoded.rejects.as_slice() else { panic!("{:?}", decoded.rejects) };
    assert_eq!(reject.raw, format!("{{\"key\":{{\"nr\":2}},\"value\":{DELETE}}}"));
    assert_eq!(reject.reason, ReasonCode::MissingKey);
    assert_eq!(decoded.changes.records, [INSERT]);
}
