//! The models of the recorded shop, over the source database's own rows at checkpoint 3.

use super::fixture::{Lake, cells};
use duckdb::arrow::compute::concat_batches;
use duckdb::arrow::record_batch::RecordBatch;
use sluice_api::JobId;
use std::path::PathBuf;

fn shop() -> PathBuf {
    // Cargo runs a test in the folder of its package; a path of compile time would be that of another clone.
    std::path::absolute("../../fixtures/shop").unwrap()
}

/// Name, type in DuckDB, type in the contract.
type Column = (&'static str, &'static str, &'static str);

/// Silver with the columns that the models read, in the types of the contracts.
fn lake() -> Lake {
    let lake = Lake::new();
    let tables: [(&str, &[Column]); 4] = [
        (
            "customers",
            &[
                ("id", "INTEGER", "int"),
                ("email", "VARCHAR", "string"),
                ("full_name", "VARCHAR", "string"),
                ("country", "VARCHAR", "string"),
                ("tier", "SMALLINT", "smallint"),
                ("is_vip", "BOOLEAN", "boolean"),
                ("loyalty_points", "BIGINT", "bigint"),
                ("credit_limit", "DECIMAL(12,2)", "decimal(12,2)"),
                ("signup_at", "TIMESTAMPTZ", "timestamp"),
                ("last_seen", "TIMESTAMP", "timestamp_ntz"),
            ],
        ),
        (
            "orders",
            &[
                ("id", "BIGINT", "bigint"),
                ("customer_id", "INTEGER", "int"),
                ("status", "VARCHAR", "string"),
                ("placed_at", "TIMESTAMPTZ", "timestamp"),
                ("total", "DECIMAL(12,2)", "decimal(12,2)"),
            ],
        ),
        (
            "order_items",
            &[
                ("order_id", "BIGINT", "bigint"),
                ("qty", "BIGINT", "bigint"),
                ("unit_price", "DECIMAL(12,2)", "decimal(12,2)"),
            ],
        ),
        (
            "payments",
            &[
                ("order_id", "BIGINT", "bigint"),
                ("amount", "DECIMAL(38,10)", "decimal(38,10)"),
                ("refunded", "BOOLEAN", "boolean"),
            ],
        ),
    ];
    let mut defined = Vec::new();
    for (table, columns) in tables {
        let list: Vec<String> = columns
            .iter()
            .map(|(name, ty, _)| {
                // A time with a zone needs the extension that is not linked; the dump is in UTC.
                let text = format!("replace(json_extract_string(json, '$.{name}'), '+00', '')");
                let text = if *ty == "TIMESTAMPTZ" { format!("CAST({text} AS TIMESTAMP)") } else { text };
                format!("CAST({text} AS {ty}) AS {name}")
            })
            .collect();
        let dump = shop().join(format!("oracle/checkpoint-3/{table}.jsonl.gz"));
        let select = format!("SELECT {} FROM read_ndjson_objects('{}')", list.join(", "), super::fixture::text(&dump));
        let file = lake.file(&format!("{table}.parquet"), &select);
        let words: Vec<(&str, &str)> = columns.iter().map(|(name, _, word)| (*name, *word)).collect();
        defined.push(crate::TableFiles {
            table: format!("silver.shop.{table}").parse().unwrap(),
            columns: super::fixture::owned(&words),
            files: vec![file],
        });
    }
    lake.engine.set_tables(&defined).unwrap();
    lake
}

fn model(lake: &Lake, name: &str) -> RecordBatch {
    let sql = std::fs::read_to_string(shop().join(format!("models/shop/{name}.sql"))).unwrap();
    let bytes = lake.engine.model(JobId(3), &sql).unwrap_or_else(|error| panic!("{name}: {error}"));
    let tables: Vec<_> = lake.engine.tables_in(&sql).iter().map(ToString::to_string).collect();
    assert!(!tables.is_empty() && tables.iter().all(|table| table.starts_with("silver.shop.")), "{name}: {tables:?}");
    let (schema, batches) = crate::engine::ipc::read(&bytes).unwrap();
    let rows = concat_batches(&schema, &batches).unwrap();
    let (_, again) = crate::engine::ipc::read(&lake.engine.model(JobId(3), &sql).unwrap()).unwrap();
    assert!(rows == concat_batches(&schema, &again).unwrap(), "{name} is the same every time");
    rows
}

#[test]
fn the_models_agree_with_each_other_and_the_source() {
    let lake = lake();
    let customers = model(&lake, "customer_360");
    assert_eq!(customers.num_rows(), 1_012);
    let second = &cells(&customers)[1];
    assert_eq!(
        [&second[0], &second[10], &second[11], &second[14], &second[15], &second[16]],
        ["2", "1", "425.48", "21107.31", "-20681.83", "false"]
    );
    let days = model(&lake, "daily_revenue");
    assert_eq!(days.num_rows(), 129);
    assert_eq!(cells(&days)[0], ["20240309", "9", "7", "24", "499", "49169.41", "1923066.29"]);
    let dates = model(&lake, "date_dimension");
    assert_eq!(dates.num_rows(), 130);
    assert_eq!(cells(&dates)[0][..7], ["20240309", "2024-03-09", "2024", "1", "3", "March", "9"]);
    // Every order that is sold has a day, and every day is in the dimension.
    let sold = lake.rows(
        "SELECT count(*), sum(total)::DECIMAL(38,2) FROM silver.shop.orders WHERE status NOT IN ('cancelled', 'returned')",
    );
    let orders: i64 = cells(&days).iter().map(|row| row[1].parse::<i64>().unwrap()).sum();
    assert_eq!(sold[0][0], orders.to_string());
    let keys: Vec<String> = cells(&dates).iter().map(|row| row[0].clone()).collect();
    assert!(cells(&days).iter().all(|row| keys.contains(&row[0])));
}
