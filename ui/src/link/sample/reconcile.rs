//! Orders of the sample lake that differ from a database.

use sluice_api::{
    Arrival, ConnectorRequest, DifferingCell, DifferingKey, NotCompared, ReconcileCounts, ReconcileWith,
    Reconciliation, RepairBy, ResultId, ResultView, SourceRepair, TableName,
};

fn cell(column: &str, source: Option<&str>, silver: Option<&str>) -> DifferingCell {
    DifferingCell { column: column.to_owned(), source: source.map(str::to_owned), silver: silver.map(str::to_owned) }
}

fn key(table: &TableName, id: u64, difference: &str, arrival: Arrival, cells: Vec<DifferingCell>) -> DifferingKey {
    let columns = match difference {
        "different" => cells.iter().map(|cell| cell.column.clone()).collect(),
        _ => Vec::new(),
    };
    DifferingKey {
        difference: difference.to_owned(),
        arrival,
        key: vec![("order_id".to_owned(), id.to_string())],
        columns,
        cells,
        explain: Some(format!("sluice explain {table} --key order_id={id}")),
    }
}

/// A comparison with a database.
pub(super) fn view(table: &TableName, with: &ReconcileWith) -> Reconciliation {
    let with = match with {
        ReconcileWith::Database { .. } => "PostgreSQL db.shop.example:5432/shop, table public.orders".to_owned(),
        ReconcileWith::File { path, .. } => path.clone(),
        ReconcileWith::DmsStatistics { .. } => "what the task counted of public.orders".to_owned(),
        ReconcileWith::Table(side) => side.table.to_string(),
    };
    let whole = |silver: bool| {
        let side = |value: &'static str, here: bool| here.then_some(value);
        [("status", "shipped"), ("email", "j•••@post.example"), ("total", "120.50")]
            .map(|(name, value)| cell(name, side(value, !silver), side(value, silver)))
            .to_vec()
    };
    let keys = vec![
        key(
            table,
            1_204_377,
            "different",
            Arrival::Fault,
            vec![cell("status", Some("delivered"), Some("shipped")), cell("total", Some("99.90"), Some("9.99"))],
        ),
        key(table, 1_204_381, "missing", Arrival::Fault, whole(false)),
        key(table, 1_204_402, "surplus", Arrival::Unknown, whole(true)),
        key(table, 1_204_510, "different", Arrival::NotArrived, vec![cell("status", Some("paid"), Some("new"))]),
        key(table, 1_204_511, "different", Arrival::Fault, vec![cell("email", Some("m•••@post.example"), None)]),
    ];
    Reconciliation {
        table: table.clone(),
        verdict: format!(
            "Silver differs from {with}: 1 row missing, 1 row surplus, 2 rows different. Of 1 of them it is not known \
             whether it is a change that has not arrived yet. 1 more changed behind what silver has and did not arrive yet"
        ),
        with,
        version: 42,
        is_equal: false,
        position_read: Some("LSN 16/B374D848".to_owned()),
        position_silver: Some("LSN 16/B3740120".to_owned()),
        source_rows: Some(1_204_512),
        silver_rows: 1_204_511,
        counts: ReconcileCounts { missing: 1, surplus: 1, different: 2 },
        not_arrived: 1,
        newer_in_silver: 0,
        is_arrival_unknown: true,
        columns: vec![("email".to_owned(), 1), ("status".to_owned(), 1), ("total".to_owned(), 1)],
        not_compared: vec![NotCompared {
            column: "shipping_window".to_owned(),
            because: "values of type interval cannot be compared".to_owned(),
        }],
        hashed: None,
        sampled: None,
        notes: Vec::new(),
        keys,
        result: Some(ResultView { id: ResultId(90_001), columns: Vec::new(), rows: 5, elapsed_ms: 3 }),
        elapsed_ms: 1_412,
    }
}

/// What a repair of it does.
pub(super) fn repair(table: &TableName, with: &ReconcileWith, by: RepairBy) -> SourceRepair {
    let found = view(table, with);
    match by {
        RepairBy::Events => SourceRepair {
            found,
            correction: Some(3),
            upserts: 3,
            deletes: 1,
            request: None,
            next: format!(
                "Run `sluice replay --table {table}`, which ingests correction 3; 1 rows with a change under way were left"
            ),
        },
        RepairBy::Request => SourceRepair {
            found,
            correction: None,
            upserts: 0,
            deletes: 0,
            request: Some(ConnectorRequest {
                about: "A signal for Debezium; send it through the connector's signal channel".to_owned(),
                text: "{ \"type\": \"execute-snapshot\" }".to_owned(),
            }),
            next: String::new(),
        },
    }
}
