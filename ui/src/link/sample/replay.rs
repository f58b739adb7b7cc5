//! Batches of the sample lake.

use super::diff;
use super::lake::{NOW_MS, counters};
use sluice_api::{
    BatchState, BatchView, GoldCounter, Impact, Layer, Preview, ReplaySummary, ReplayView, TableImpact, TableName,
    TableRef, TableReplay,
};

/// Milliseconds between two batches in the source.
const EVERY_MS: i64 = 7_980_000;

/// Batches of a table: 42 done, 30 files ahead, cut by so many files, else by five.
pub(super) fn view(table: &TableName, max_files: Option<u64>) -> ReplayView {
    let mut view = with_batches(table, 42, 6);
    let planned = view.batches.split_off(42);
    let files: Vec<String> = planned.iter().flat_map(|batch| batch.files.clone()).collect();
    let size = max_files.and_then(|files| usize::try_from(files).ok()).unwrap_or(5).max(1);
    for (number, files) in (43..).zip(files.chunks(size)) {
        view.batches.push(BatchView { files: files.to_vec(), ..batch(table, number, 42) });
    }
    view
}

/// What the next batch of the first table would do.
pub(super) fn preview(tables: &[TableName]) -> Preview {
    let Some(table) = tables.first() else { return Preview::default() };
    let mut counters = counters(43);
    (counters.quarantined, counters.rows_in) = (counters.quarantined + 27, counters.rows_in + 27);
    let replayed = TableReplay {
        table: table.clone(),
        batches: 1,
        files: 5,
        counters,
        silver_version: Some(43),
        silver_rows: Some(counters.silver_after),
        remade: Vec::new(),
        would_remake: false,
        would_recompute: None,
        would_fill: Vec::new(),
        reasons: vec![("TYPE_MISMATCH".to_owned(), 21), ("MISSING_KEY".to_owned(), 6)],
        left_out: Vec::new(),
        orders: Vec::new(),
        would_hold: None,
        error: None,
    };
    let impact = |layer: Layer, name: TableName, changes: bool| {
        let table = TableRef { layer, name };
        let diff = changes.then(|| diff::view(&table, 42, 43));
        TableImpact {
            table,
            from: Some(42),
            to: Some(if changes { 43 } else { 42 }),
            rows: 1_936_404,
            diff,
            error: None,
        }
    };
    let gold = |table: &str| TableName { dataset: "shop".to_owned(), table: table.to_owned() };
    Preview {
        replay: ReplaySummary { tables: vec![replayed], dry_run: true, ..ReplaySummary::default() },
        impact: Impact {
            from: "the lake".to_owned(),
            to: "after this replay".to_owned(),
            tables: vec![
                impact(Layer::Silver, table.clone(), true),
                impact(Layer::Gold, gold("customer_360"), true),
                impact(Layer::Gold, gold("daily_revenue"), false),
            ],
            elapsed_ms: 812,
        },
        checks: Vec::new(),
    }
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
        bronze_rows: committed.then_some(counters.rows_in),
        silver_version: committed.then_some(number),
        elapsed_ms: committed.then_some(250 + number * 37 % 90),
        counters: committed.then_some(counters),
        merged_with: None,
        refusal: None,
        decisions: Vec::new(),
        is_skipped: false,
        records: Vec::new(),
        waits_for: None,
        reasons,
    }
}
