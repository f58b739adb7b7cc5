//! Batches of the sample lake.

use super::lake::{NOW_MS, counters};
use sluice_api::{BatchState, BatchView, GoldCounter, ReplayView, TableName};

/// Milliseconds between two batches in the source.
const EVERY_MS: i64 = 7_980_000;

/// Batches of a table: 42 done, 6 ahead.
pub(super) fn view(table: &TableName) -> ReplayView {
    with_batches(table, 42, 6)
}

/// `done` committed batches and `ahead` planned ones of five files each.
#[must_use]
pub fn with_batches(table: &TableName, done: u64, ahead: u64) -> ReplayView {
    let gold = |model: &str, rows| GoldCounter { model: model.to_owned(), rows, version: done };
    ReplayView {
        table: table.clone(),
        batches: (1..=done + ahead).map(|number| batch(table, number, done)).collect(),
        gold: vec![gold("customer_360", 402_880), gold("daily_revenue", 1_096)],
        job: None,
        sla: Some("4 h".to_owned()),
    }
}

fn batch(table: &TableName, number: u64, done: u64) -> BatchView {
    let committed = number <= done;
    let file = |index: u64| {
        let offset = (number * 5 + index) * 12_000;
        format!("topics/shop.public.{name}/partition=0/shop.public.{name}+0+{offset:010}.json", name = table.table)
    };
    let back = i64::try_from(done).unwrap_or_default() - i64::try_from(number).unwrap_or_default();
    let mut counters = if committed { counters(number) } else { sluice_api::RowLedger::default() };
    if committed && number % 11 == 7 {
        counters.quarantined += 12;
        counters.rows_in += 12;
    }
    let reasons = match counters.quarantined {
        0 => Vec::new(),
        27 => vec![("TYPE_MISMATCH".to_owned(), 21), ("MISSING_KEY".to_owned(), 6)],
        all => vec![("TYPE_MISMATCH".to_owned(), all)],
    };
    BatchView {
        batch: number,
        state: if committed { BatchState::Committed } else { BatchState::Planned },
        files: (0..5).map(file).collect(),
        bytes: 40_265_319,
        source_time_ms: committed.then_some(NOW_MS - back * EVERY_MS),
        sequence: committed.then(|| (format!("0/1A{number:06X}"), format!("0/1A{:06X}", number + 9))),
        bronze_version: committed.then_some(number),
        bronze_rows: if committed { counters.rows_in } else { 0 },
        silver_version: committed.then_some(number),
        elapsed_ms: if committed { 250 + number * 37 % 90 } else { 0 },
        counters,
        reasons,
    }
}
