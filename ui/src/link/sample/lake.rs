//! Tables of the sample lake.

use sluice_api::{
    ColumnView, FileView, Health, JobId, JobKind, JobProgress, JobState, JobView, LakeView, Layer, RemovedSandbox,
    RowLedger, SandboxState, SandboxView, TableFacts, TableName, TableRef, TableSummary, TableView, VersionView,
    WaitingFiles,
};

/// Nov 20 13:42:06 2026 UTC.
pub(super) const NOW_MS: i64 = 1_795_182_126_000;

fn name(table: &str) -> TableName {
    TableName { dataset: "shop".to_owned(), table: table.to_owned() }
}

fn summary(layer: Layer, table: &str, rows: u64, version: u64, health: Health, note: Option<&str>) -> TableSummary {
    TableSummary {
        table: TableRef { layer, name: name(table) },
        rows: Some(rows),
        version: Some(version),
        base_version: None,
        health,
        note: note.map(str::to_owned),
        is_only_late: false,
        facts: if layer == Layer::Silver && table == "orders" { facts() } else { TableFacts::default() },
    }
}

/// What the contract of `shop.orders` says to people.
fn facts() -> TableFacts {
    TableFacts {
        lag_seconds: Some(18_360),
        sla: Some("4 h".to_owned()),
        sla_seconds: Some(14_400),
        owner: Some("checkout@acme.example".to_owned()),
        description: Some("Orders of the shop".to_owned()),
        size_class: Some("medium".to_owned()),
        ties: 0,
    }
}

/// A sandbox of the lake.
pub(super) fn sandbox(name: &str) -> SandboxView {
    SandboxView {
        name: name.to_owned(),
        place: format!("/data/mira/sluice/sandboxes/shop-lake-1f3a9c02/{name}"),
        by: "mira on workbench".to_owned(),
        created_ms: 1_763_640_000_000,
        expires_ms: 1_764_244_800_000,
        state: SandboxState::Open,
    }
}

/// The sandboxes of the lake.
pub(super) fn sandboxes() -> Vec<SandboxView> {
    vec![sandbox("payments-limit"), SandboxView { state: SandboxState::Expired, ..sandbox("orders-commit-lsn") }]
}

/// A sandbox that is gone.
pub(super) fn removed(name: &str) -> RemovedSandbox {
    RemovedSandbox { name: name.to_owned(), place: sandbox(name).place, files: true }
}

/// The lake.
pub(super) fn view() -> LakeView {
    use Health::{Fail, Ok, Warn};
    use Layer::{Bronze, Gold, Silver};
    LakeView {
        name: "shop-lake".to_owned(),
        url: "s3://acme-lake/shop".to_owned(),
        tables: vec![
            summary(Bronze, "customers", 631_204, 31, Ok, None),
            summary(Bronze, "order_items", 12_804_113, 213, Ok, None),
            summary(Bronze, "orders", 2_520_118, 42, Warn, Some("27 records of batch 42 are in quarantine")),
            summary(Bronze, "payments", 1_710_442, 29, Ok, None),
            summary(Bronze, "products", 48_210, 11, Ok, None),
            summary(Silver, "customers", 402_880, 31, Ok, None),
            summary(Silver, "order_items", 10_142_377, 213, Ok, None),
            summary(Silver, "orders", 1_919_380, 42, Warn, Some("5 h 06 min behind source, SLA 4 h")),
            summary(Silver, "payments", 1_660_020, 28, Fail, Some("5.4 % of batch 29 in quarantine, limit 5 %")),
            summary(Silver, "products", 21_904, 11, Ok, None),
            summary(Gold, "customer_360", 402_880, 42, Ok, None),
            summary(Gold, "daily_revenue", 1_096, 42, Ok, None),
        ],
        waiting: vec![
            WaitingFiles { table: name("order_items"), files: Some(175), bytes: Some(1_400 << 20) },
            WaitingFiles { table: name("orders"), files: Some(30), bytes: Some(230 << 20) },
            WaitingFiles { table: name("payments"), files: Some(60), bytes: Some(310 << 20) },
        ],
        problems: vec![
            "contracts/shop.returns.yaml line 14 column 5: `amuont` is not a column".to_owned(),
            "contracts/shop.reviews.yaml line 3 column 1: key is missing".to_owned(),
        ],
        release: Some(14),
        draft_changes: 3,
        sandbox: None,
    }
}

/// Columns of `shop.orders`: name, type, key, nullable, personal data.
pub(super) const ORDERS: [(&str, &str, bool, bool, bool); 13] = [
    ("order_id", "bigint", true, false, false),
    ("customer_id", "bigint", false, false, false),
    ("status", "string", false, false, false),
    ("placed_at", "timestamp", false, false, false),
    ("total_amount", "decimal(12,2)", false, false, false),
    ("discount", "decimal(10,2)", false, false, false),
    ("currency", "string", false, false, false),
    ("shipping_city", "string", false, true, false),
    ("shipping_zip", "string", false, true, true),
    ("tracking_no", "string", false, true, false),
    ("carrier", "string", false, true, false),
    ("gift_note", "string", false, true, true),
    ("updated_at", "timestamp", false, false, false),
];

/// The contract of `shop.orders`.
pub(super) const CONTRACT: &str = r#"dataset: "shop.orders"
owner: "orders@acme.example"
sla: "4 hours"
source:
  path: "topics/shop.public.orders"
  format: debezium_json
quality:
- check: "null_percentage(customer_id) < 0.01"
- check: "row_count > 0"
- {check: "accepted_values(status, 'placed', 'paid', 'shipped')", severity: warn}
- {check: "foreign_key(customer_id, customers.customer_id)", severity: warn}
- {check: "foreign_key(carrier, carriers.code)", severity: warn}
schema:
- {name: order_id, type: bigint, primary_key: true}
- {name: customer_id, type: bigint}
- {name: status, type: string}
- {name: placed_at, type: timestamp}
- {name: total_amount, type: "decimal(12,2)"}
- {name: discount, type: "decimal(10,2)"}
- {name: currency, type: string}
- {name: shipping_city, type: string}
- {name: shipping_zip, type: string, pii: true}
- {name: tracking_no, type: string}
- {name: carrier, type: string}
- {name: gift_note, type: string, pii: true}
- {name: updated_at, type: timestamp}
"#;

/// A table, if the lake has it.
pub(super) fn table(table: &TableRef, version: Option<u64>) -> Option<TableView> {
    let lake = view();
    let summary = lake.tables.iter().find(|each| each.table == *table)?;
    let latest = summary.version?;
    Some(TableView {
        table: table.clone(),
        version: version.unwrap_or(latest),
        rows: summary.rows?,
        bytes: 214 << 20,
        columns: ORDERS
            .into_iter()
            .map(|(name, data_type, key, nullable, pii)| ColumnView {
                name: name.to_owned(),
                data_type: data_type.to_owned(),
                key,
                nullable,
                pii,
                system: false,
            })
            .collect(),
        history: (0..=latest).rev().map(|version| past(version, latest)).collect(),
        files: (0..32).map(file).collect(),
        health: summary.health,
        contract: Some(CONTRACT.to_owned()),
        facts: summary.facts.clone(),
    })
}

fn past(version: u64, latest: u64) -> VersionView {
    let back = i64::try_from(latest - version).unwrap_or_default();
    if version.is_multiple_of(35) {
        return VersionView {
            version,
            timestamp_ms: NOW_MS - back * 9_000,
            operation: "OPTIMIZE".to_owned(),
            batch: None,
            counters: None,
        };
    }
    VersionView {
        version,
        timestamp_ms: NOW_MS - back * 9_000,
        operation: "MERGE".to_owned(),
        batch: Some(version),
        counters: Some(counters(version)),
    }
}

/// Counters of a batch; batch 42 is that of the pictures.
pub(super) fn counters(batch: u64) -> RowLedger {
    let wave = (batch * 7_919) % 1_000;
    let (inserted, updated, deleted) =
        if batch == 42 { (18_204, 37_011, 1_180) } else { (17_500 + wave, 36_900 + wave, 980 + wave / 5) };
    let superseded = 3_561;
    let quarantined = if batch == 42 { 27 } else { 0 };
    let unchanged = 17;
    RowLedger {
        rows_in: inserted + updated + deleted + unchanged + superseded + quarantined,
        inserted,
        updated,
        deleted,
        unchanged,
        superseded,
        duplicate: 412,
        quarantined,
        ties: 2,
        silver_before: 1_902_356,
        silver_after: 1_902_356 + inserted - deleted,
        ..RowLedger::default()
    }
}

fn file(index: u64) -> FileView {
    FileView {
        path: format!("part-{index:05}-5f1c.snappy.parquet"),
        bytes: (index % 7 + 1) * 2_100_000,
        rows: 59_980 + index,
    }
}

/// One job under way, one done.
pub(super) fn jobs() -> Vec<JobView> {
    let progress = |what: &str, done, total, note: &str| JobProgress {
        what: what.to_owned(),
        done,
        total,
        rows: done * 12_000,
        note: note.to_owned(),
    };
    vec![JobView {
        id: JobId(1),
        kind: JobKind::Replay,
        title: "Replay shop, all tables".to_owned(),
        state: JobState::Done,
        progress: vec![
            progress("customers", 11, 11, "done"),
            progress("orders", 42, 42, "quarantined 27"),
            progress("products", 1, 1, "done"),
        ],
        elapsed_ms: 48_200,
        log: vec![
            "13:42:06 orders 42  committed silver v42 in 131 ms".to_owned(),
            "13:42:06 orders 42  27 quarantined, 3 reason codes".to_owned(),
        ],
    }]
}
