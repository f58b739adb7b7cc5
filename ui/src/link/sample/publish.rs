//! A draft with changes of every grade over release 14.

use sluice_api::{ContractChange, Effect, Grade, PublishPlan, PublishedView, ReleaseView, TableEffect, TableName};

/// Nov 18 16:20 2026 UTC.
const PUBLISHED_MS: i64 = 1_795_018_800_000;

fn name(table: &str) -> TableName {
    TableName { dataset: "shop".to_owned(), table: table.to_owned() }
}

fn release(release: u64, days: i64, author: &str, note: &str, current: bool) -> ReleaseView {
    ReleaseView {
        release,
        published_ms: PUBLISHED_MS - days * 86_400_000,
        author: author.to_owned(),
        note: note.to_owned(),
        contracts: 7,
        hash: format!("{:016x}", release * 0x9f2c_41d7),
        current,
    }
}

/// What publishing would do.
pub(super) fn plan() -> PublishPlan {
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
    let table =
        |table: &str, effect: Effect| TableEffect { table: name(table), effect, note: effect.sentence().to_owned() };
    use Grade::{Breaking, Info, Warning};
    PublishPlan {
        base: Some(14),
        next: 15,
        contracts: 8,
        changes: vec![
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
        ],
        hash: "77d2f9e1c0de22bb".to_owned(),
        tables: vec![
            table("orders", Effect::Rebuild),
            table("payments", Effect::NewBatchesOnly),
            table("refunds", Effect::NewBatchesOnly),
        ],
        blockers: Vec::new(),
        fingerprints: vec![
            (name("orders"), 43, "9f2c41d708be6a13c0de22aa".to_owned()),
            (name("payments"), 29, "51aa8b0c77d2f9e1c0de22bb".to_owned()),
            (name("refunds"), 1, "e07d3c55ab1094f2c0de22cc".to_owned()),
        ],
        releases: vec![
            release(14, 0, "mira", "Discounts", true),
            release(13, 4, "jonas", "Payments onboarded", false),
            release(12, 7, "mira", "", false),
            release(11, 12, "ci", "Nightly", false),
        ],
    }
}

/// The publish that happened.
pub(super) fn published(number: u64, note: &str) -> PublishedView {
    let done = release(number, -2, "mira", note, true);
    PublishedView { location: format!("s3://acme-lake/shop/_sluice/releases/r{number}.json"), release: done }
}
