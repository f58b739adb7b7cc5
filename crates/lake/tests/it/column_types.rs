//! Every column type of a contract goes into a table and comes back.

use crate::fixtures::{append, name};
use crate::new_lake;
use sluice_change::{Cell, ChangeBatchBuilder, Event, Op, RowRef, contract_schema, parse_cell};
use sluice_contract::Contract;
use sluice_lake::{CommitOutcome, TableLocation};
use std::sync::Arc;

const TYPES: [(&str, &str); 17] = [
    ("boolean", "true"),
    ("smallint", "-32768"),
    ("int", "7"),
    ("bigint", "9223372036854775807"),
    ("float", "1.5"),
    ("double", "NaN"),
    ("decimal(38,10)", "1234567890123456789012345678.0123456789"),
    ("numeric", "12345678901234567890123456789012345678901234567890.5"),
    ("string", "é\"\n"),
    ("binary", "\\x0102"),
    ("date", "9999-12-31"),
    ("time", "23:59:59.999999"),
    ("timestamp", "infinity"),
    ("timestamp_ntz", "-infinity"),
    ("uuid", "0b8a5c1e-0000-4000-8000-000000000001"),
    ("json", "{\"a\": [1]}"),
    ("array<decimal(5,1)>", "{1.5,NULL}"),
];

#[tokio::test(flavor = "multi_thread")]
async fn all_types_round_trip() {
    let mut text = "dataset: shop.types\nschema:\n- {name: id, type: int, primary_key: true}\n".to_owned();
    for (number, (data_type, _)) in TYPES.iter().enumerate() {
        text.push_str(&format!("- {{name: c{number}, type: \"{data_type}\"}}\n"));
    }
    let contract = Arc::new(Contract::parse(&text, "types.yaml").unwrap());
    let mut builder = ChangeBatchBuilder::new(Arc::clone(&contract), Vec::new());
    for id in 0..3 {
        let mut cells = vec![Cell::Int(id)];
        for (column, (_, value)) in contract.columns.iter().skip(1).zip(&TYPES) {
            let null = id == 1;
            cells.push(if null { Cell::Null } else { parse_cell(&column.data_type, value).unwrap() });
        }
        let at = RowRef { file: 0, row: 0, offset: 0 };
        let record = String::new();
        builder.push(Event { at, op: Op::Upsert, rank: 1, parts: [0; 5], cells, source_time_ms: None, record });
    }
    let rows = builder.finish().unwrap().rows;

    let (folder, lake) = new_lake().await;
    let table = lake.table(TableLocation::Silver(name("types")));
    let base = table.writer().create(&contract_schema(&contract), &[]).await.unwrap();
    assert_eq!(base.schema.as_ref(), &contract_schema(&contract), "the log keeps the types");
    let add = vec![table.writer().write_file(std::slice::from_ref(&rows)).await.unwrap()];
    assert_eq!(append(&table, &base, 1, "h", add).commit().await.unwrap(), CommitOutcome::Committed(1));
    let now = table.snapshot(None).await.unwrap().unwrap();
    let read = table.read_files(&now, &now.files, None).await.unwrap();
    assert_eq!(format!("{:?}", read[0].columns()), format!("{:?}", rows.columns()));
    assert_eq!(read[0].schema_ref(), rows.schema_ref());
    assert!(rows.columns().iter().skip(1).all(|column| column.null_count() == 1), "every type has a value and a null");
    // For a look with other readers: SLUICE_KEEP_LAKE=folder.
    if let Ok(keep) = std::env::var("SLUICE_KEEP_LAKE") {
        for _ in 0..12 {
            let base = table.snapshot(None).await.unwrap().unwrap();
            let add = vec![table.writer().write_file(std::slice::from_ref(&rows)).await.unwrap()];
            let batch = i64::try_from(base.version).unwrap() + 1;
            assert!(matches!(
                append(&table, &base, batch, "h", add).commit().await.unwrap(),
                CommitOutcome::Committed(_)
            ));
        }
        std::fs::rename(folder.path().join("lake"), keep).unwrap();
    }
}
