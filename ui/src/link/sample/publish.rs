//! A draft with changes of every grade over release 14.

use sluice_api::{
    Approval, ContractChange, DiffLine, Effect, Grade, IncidentLock, Layer, PlanDocument, ProposalView, PublishPlan,
    PublishScope, PublishedView, Reached, ReachedTable, ReleaseDetail, ReleaseDiff, ReleaseId, ReleaseList,
    ReleaseSide, ReleaseTableDiff, ReleaseText, ReleaseView, TableEffect, TableName, TableRef,
};

/// Nov 18 16:20 2026 UTC.
const PUBLISHED_MS: i64 = 1_795_018_800_000;

fn name(table: &str) -> TableName {
    TableName { dataset: "shop".to_owned(), table: table.to_owned() }
}

fn silver(table: &str) -> TableRef {
    TableRef { layer: Layer::Silver, name: name(table) }
}

fn release(release: u64, days: i64, author: &str, message: &str, current: bool) -> ReleaseView {
    ReleaseView {
        release,
        published_ms: PUBLISHED_MS - days * 86_400_000,
        author: Some(author.to_owned()),
        message: Some(message.to_owned()),
        base: release.checked_sub(1),
        rollback: None,
        plan: Some(format!("{:016x}", release * 0x9f2c_41d7_08be).repeat(4)),
        engine: Some("sluice/0.1.0".to_owned()),
        approved_by: Vec::new(),
        contracts: 7,
        changed: Some(vec![silver("orders")]),
        hash: format!("{:016x}", release * 0x9f2c_41d7),
        current,
        tests: 4,
        without_tests: None,
        previewed: Some(2),
        reached: vec![reached(release, "orders"), reached(release, "payments")],
    }
}

fn reached(release: u64, table: &str) -> ReachedTable {
    ReachedTable {
        release,
        table: silver(table),
        reached: Reached::AsPreviewed,
        version: Some(43),
        note: "The same inputs gave the same result".to_owned(),
        at_ms: PUBLISHED_MS,
        first: None,
    }
}

fn releases() -> Vec<ReleaseView> {
    let back = ReleaseView { rollback: Some(11), ..release(13, 4, "jonas", "Rolls back to r11. Payments late", false) };
    // Published by a version that recorded less.
    let old = ReleaseView {
        author: None,
        message: None,
        plan: None,
        engine: None,
        previewed: None,
        reached: Vec::new(),
        ..release(11, 12, "", "", false)
    };
    let now = ReleaseView {
        approved_by: vec!["jonas".to_owned()],
        ..release(14, 0, "mira", "Gift note, discount wider", true)
    };
    vec![now, back, release(12, 7, "mira", "", false), old]
}

/// What publishing would do.
pub(super) fn plan(scope: &PublishScope) -> PublishPlan {
    let change = |table: &str, place: &str, kind, what: &str, grade, consequence: &str| ContractChange {
        table: name(table),
        place: place.to_owned(),
        kind,
        change: what.to_owned(),
        grade,
        consequence: consequence.to_owned(),
        effect: match (place, kind) {
            ("quality", _) => Effect::ChecksOnly,
            ("apply.quarantine_limit" | "table", _) => Effect::NewBatchesOnly,
            (_, '+') => Effect::ColumnsOnly,
            _ => Effect::Rebuild,
        },
    };
    let table = |table: &str, effect: Effect| TableEffect {
        layer: Layer::Silver,
        table: name(table),
        grade: None,
        effect,
        note: effect.sentence().to_owned(),
        rows: (table == "orders").then_some(1_919_380),
        readers: if table == "orders" { vec![name("daily_revenue")] } else { Vec::new() },
        rebuild_seconds: None,
        recomputed_keys: None,
    };
    use Grade::{Breaking, Info, Warning};
    let changes = vec![
        change(
            "orders",
            "apply.sequence",
            '~',
            "[source.lsn] -> [source.commit_lsn, source.lsn]",
            Breaking,
            "The order rule decides winners, so silver is rebuilt from bronze",
        ),
        change(
            "orders",
            "schema.customer_id",
            '~',
            "nullable -> required",
            Breaking,
            "Events with null go to quarantine",
        ),
        change(
            "orders",
            "schema.discount",
            '~',
            "decimal(8,2) -> decimal(10,2)",
            Warning,
            "A wider type; every value is kept",
        ),
        change("orders", "quality", '-', "max_value(discount, 500)", Warning, "Less is checked"),
        change(
            "payments",
            "apply.quarantine_limit",
            '~',
            "5 % -> 8 %",
            Warning,
            "More or fewer rows may be in quarantine before the table stops",
        ),
        change("orders", "schema.gift_note", '+', "string", Info, "New column; silver is rebuilt from bronze"),
        change("refunds", "table", '+', "12 columns, key refund_id", Info, "The runner begins to load it"),
    ];
    let tables = vec![
        table("orders", Effect::Rebuild),
        table("payments", Effect::NewBatchesOnly),
        table("refunds", Effect::NewBatchesOnly),
    ];
    let is_in = |of: &TableName| match scope {
        PublishScope::Draft => true,
        PublishScope::Tables(tables) => tables.contains(of),
        PublishScope::Rollback(_) => of.table == "orders",
    };
    let number = match scope {
        PublishScope::Draft => 0x77d2_f9e1_c0de_22bb_u64,
        PublishScope::Tables(_) => 0x15aa_8b0c_77d2_f9e1,
        PublishScope::Rollback(release) => 0xe07d_3c55_ab10_9400 + release,
    };
    let document = PlanDocument {
        format: 1,
        plan: format!("{number:016x}").repeat(4),
        scope: scope.clone(),
        base: Some(14),
        base_hash: Some(format!("{:016x}", 14 * 0x9f2c_41d7_u64)),
        draft: Some("77d2f9e1c0de22bb".to_owned()),
        rollback: match scope {
            PublishScope::Rollback(release) => Some(ReleaseId { release: *release, hash: "aa".to_owned() }),
            PublishScope::Draft | PublishScope::Tables(_) => None,
        },
        hash: "77d2f9e1c0de22bb".to_owned(),
        engine: "sluice/0.1.0".to_owned(),
        taken: match scope {
            PublishScope::Tables(tables) => {
                tables.iter().map(|name| TableRef { layer: Layer::Silver, name: name.clone() }).collect()
            }
            PublishScope::Draft | PublishScope::Rollback(_) => Vec::new(),
        },
        changes: changes.into_iter().filter(|change| is_in(&change.table)).collect(),
        tables: tables.into_iter().filter(|table| is_in(&table.table)).collect(),
        records: Vec::new(),
        previewed: None,
        checksum: String::new(),
    };
    PublishPlan {
        document,
        next: 15,
        contracts: 8,
        changed_rows: Vec::new(),
        stay_decided: Vec::new(),
        author: Some("mira".to_owned()),
        approvals_needed: 0,
        proposal: None,
        tests: Some(super::lake_tests::report(false)),
        lock: None,
        blockers: Vec::new(),
        fingerprints: vec![
            (name("orders"), 43, "9f2c41d708be6a13c0de22aa".to_owned()),
            (name("payments"), 29, "51aa8b0c77d2f9e1c0de22bb".to_owned()),
            (name("refunds"), 1, "e07d3c55ab1094f2c0de22cc".to_owned()),
        ],
        releases: releases(),
    }
}

/// The publish that happened.
pub(super) fn published(number: u64, message: &str) -> PublishedView {
    let done = release(number, -2, "mira", message, true);
    PublishedView {
        location: format!("s3://acme-lake/shop/_sluice/releases/r{number}.json"),
        release: done,
        tables: Vec::new(),
        canary: Vec::new(),
    }
}

/// A plan that waits for somebody else.
pub(super) fn proposed(scope: &PublishScope, approved: bool) -> ProposalView {
    let approval = Approval { by: "jonas".to_owned(), at_ms: PUBLISHED_MS + 172_800_000 };
    ProposalView {
        document: plan(scope).document,
        proposed_ms: PUBLISHED_MS + 86_400_000,
        author: "mira".to_owned(),
        message: "Refunds onboarded".to_owned(),
        approvals: if approved { vec![approval] } else { Vec::new() },
        approvals_needed: 1,
        overtaken_by: None,
    }
}

/// Every release.
pub(super) fn list() -> ReleaseList {
    ReleaseList { releases: releases(), proposals: Vec::new(), problems: Vec::new(), approvals_needed: 0, lock: None }
}

/// A release with its texts.
pub(super) fn detail(number: u64) -> Option<ReleaseDetail> {
    let release = releases().into_iter().find(|release| release.release == number)?;
    let plan = release.plan.is_some().then(|| plan(&PublishScope::Draft).document);
    let text = "dataset: shop.orders\nowner: checkout_team\nsource: {path: landing/, format: debezium_json}\n\
                apply:\n  sequence: [source.lsn]\nschema:\n- {name: order_id, type: bigint, primary_key: true}\n"
        .to_owned();
    let texts =
        vec![ReleaseText { table: Some(silver("orders")), path: "contracts/shop/orders.yaml".to_owned(), text }];
    Some(ReleaseDetail { release, plan, texts })
}

/// What differs between two sides.
pub(super) fn diff(from: ReleaseSide, to: ReleaseSide) -> ReleaseDiff {
    let changes = plan(&PublishScope::Tables(vec![name("orders")])).document.changes;
    let line = |kind, old, new, text: &str| DiffLine { kind, old, new, text: text.to_owned() };
    let lines = vec![
        line(' ', Some(10), Some(10), "  key: [order_id]"),
        line('-', Some(11), None, "  sequence: [source.lsn]"),
        line('+', None, Some(11), "  sequence: [source.commit_lsn, source.lsn]"),
        line(' ', Some(12), Some(12), "  scd: 1"),
    ];
    let orders = ReleaseTableDiff {
        table: Some(silver("orders")),
        path: "contracts/shop/orders.yaml".to_owned(),
        changes: Some(changes),
        lines,
    };
    ReleaseDiff { from, to, tables: if from == to { Vec::new() } else { vec![orders] } }
}

/// A lock.
pub(super) fn lock(because: &str) -> IncidentLock {
    IncidentLock { by: "mira".to_owned(), since_ms: PUBLISHED_MS, because: because.to_owned() }
}
