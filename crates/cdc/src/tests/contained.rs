//! Debezium records in Avro and Parquet, as sinks of Kafka Connect write them.

use super::plain::fixture;
use super::{assert_rebuilds, assert_survives, contract_of, decode, texts};
use crate::{infer, sniff};
use bytes::Bytes;
use sluice_change::{Op, SourceFile};
use sluice_contract::{Contract, SourceFormat, TableName};

const COLUMNS: &str = "schema:
- {name: id, type: bigint, primary_key: true}
- {name: note, type: string}
- {name: at, type: timestamp_ntz}
- {name: day, type: date}
- {name: amount, type: \"decimal(12,2)\"}
";

const FILES: [(&str, SourceFormat); 4] = [
    ("envelope.avro", SourceFormat::DebeziumAvro),
    ("flat.avro", SourceFormat::DebeziumFlatAvro),
    ("envelope.parquet", SourceFormat::DebeziumParquet),
    ("flat.parquet", SourceFormat::DebeziumFlatParquet),
];

#[test]
fn records_in_containers_are_the_events_that_they_would_be_as_json() {
    for (name, format) in FILES {
        let contract = contract_of(&format!("dataset: shop.orders\nsource: {{path: x/, format: {format}}}\n{COLUMNS}"));
        let decoded = decode(&contract, name, &fixture(name));
        assert!(decoded.rejects.is_empty(), "{name}: {:?}", decoded.rejects);
        assert_eq!(decoded.changes.ops, [Op::Upsert, Op::Upsert, Op::Upsert, Op::Delete], "{name}");
        assert!(decoded.changes.seqs.iter().collect::<Vec<_>>().is_sorted(), "{name}: the order of the log");
        let rows = texts(&decoded.changes.rows);
        let values = |row: usize| rows[row].iter().map(Option::as_deref).collect::<Vec<_>>();
        assert_eq!(values(0)[..2], [Some("1"), Some("first")], "{name}");
        assert_eq!(values(0)[2], Some("1795161601000000"), "{name}");
        assert_eq!(values(0)[3..], [Some("2026-11-20"), Some("12.50")], "{name}");
        assert_eq!(values(2)[4], Some("-0.01"), "{name}");
        assert_eq!(values(1)[4], None, "{name}");
        assert_rebuilds(&contract, &decoded);
    }
}

#[test]
fn records_in_containers_are_proposed_with_their_types_and_order() {
    for (name, format) in FILES {
        let content = fixture(name);
        assert_eq!(sniff(&[name.to_owned()], &content), Some(format), "{name}");
        let file = SourceFile { path: name.to_owned(), size: content.len() as u64, ..SourceFile::default() };
        let table = TableName::new("shop", "orders").unwrap();
        let inferred = infer(table, "x", &[(file, Bytes::from(content))], 1).unwrap();
        let of = |wanted: &str| {
            let column = inferred.columns.iter().find(|column| column.name == wanted);
            column.map_or("missing", |column| column.data_type.as_str()).to_owned()
        };
        // Envelopes in Parquet are read without the names that their Avro schema gave to numbers.
        if format != SourceFormat::DebeziumParquet {
            assert_eq!((of("at"), of("day")), ("timestamp_ntz".to_owned(), "date".to_owned()), "{name}");
            assert_eq!(of("amount"), "decimal(12,2)", "{name}");
        }
        Contract::parse(&inferred.yaml, "orders.yaml").unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
    }
}

#[test]
fn no_flip_and_no_cut_makes_a_decoder_panic() {
    for (name, format) in FILES.into_iter().take(2) {
        let contract = contract_of(&format!("dataset: shop.orders\nsource: {{path: x/, format: {format}}}\n{COLUMNS}"));
        assert_survives(&contract, name, &fixture(name));
    }
}
