//! Every kind of check: holds, does not hold, cannot run.

use super::fixture::Lake;
use crate::{CheckInput, ParentTables, QueryError, TableFile, check_views};
use sluice_api::{CheckState, CheckView, ResultView};
use sluice_contract::{CheckLevel, CheckRecord, Contract, Measured, Severity, Unit};

const CONTRACT: &str = "
dataset: shop.orders
version: 1
schema:
  - name: id
    type: bigint
    primary_key: true
  - name: status
    type: string
    required: true
  - name: total
    type: decimal(12,2)
  - name: rate
    type: numeric
  - name: score
    type: double
  - name: placed_at
    type: timestamp
  - name: day
    type: date
  - name: at
    type: time
  - name: qty
    type: int
  - name: absent
    type: string
  - name: email
    type: string
    pii: true
quality:
";

fn contract(checks: &[&str]) -> Contract {
    let mut text = CONTRACT.to_owned();
    for check in checks {
        let (check, severity) = check.split_once(" @").unwrap_or((check, "fail"));
        text.push_str(&format!("  - check: \"{check}\"\n    severity: {severity}\n"));
    }
    Contract::parse(&text, "orders.yaml").unwrap_or_else(|problems| panic!("{problems:?}"))
}

const ROWS: &str = "SELECT * FROM (VALUES
    (1, 'new',  10.00::DECIMAL(12,2), '1.5', 0.5,             '2024-01-01'::TIMESTAMPTZ, DATE '2024-01-01', '08:00:00',     1, 'a@x'),
    (2, 'paid', -5.00, '99999999999999999999999999999999999999999', 'NaN'::DOUBLE, 'infinity', NULL, '23:59:59.5', 2147483647, 'b@x'),
    (3, 'odd',  NULL,  'junk', NULL, NULL, DATE '1999-12-31', NULL, -1, NULL),
    (3, NULL,   20.00, '-2', 7, '-infinity', DATE '2030-01-01', '00:00:01', 5, 'c@x')
  ) t(id, status, total, rate, score, placed_at, day, \"at\", qty, email)";

fn orders(lake: &Lake) -> TableFile {
    TableFile::whole(lake.path().join("orders.parquet"))
}

fn records(lake: &Lake, contract: &Contract, files: &[TableFile]) -> Vec<CheckRecord> {
    lake.engine.check(&CheckInput { contract, files, parents: &ParentTables::new() }).unwrap()
}

fn views(lake: &Lake, contract: &Contract, files: &[TableFile]) -> Vec<CheckView> {
    check_views(contract, &records(lake, contract, files))
}

fn failing_rows(
    lake: &Lake,
    contract: &Contract,
    files: &[TableFile],
    check: u32,
    limit: u64,
) -> Result<ResultView, QueryError> {
    lake.engine.failing_rows(&CheckInput { contract, files, parents: &ParentTables::new() }, check, limit)
}

fn run(lake: &Lake, checks: &[&str]) -> Vec<CheckView> {
    let file = lake.file("orders.parquet", ROWS);
    views(lake, &contract(checks), &[file])
}

#[test]
fn every_kind_counts_what_fails() {
    let lake = Lake::new();
    // Check, evaluated, failed, observed.
    let expected: &[(&str, u64, u64, &str)] = &[
        ("row_count > 0", 4, 0, "4 rows"),
        ("row_count > 10", 4, 0, "4 rows"),
        ("null_percentage(total) < 0.5", 4, 0, "25 % null"),
        ("null_percentage(total) < 0.1", 4, 1, "25 % null"),
        ("not_null(id)", 4, 0, "0 nulls"),
        ("not_null(score)", 4, 1, "1 null"),
        ("unique(qty)", 4, 0, "no duplicate"),
        ("unique(id)", 4, 2, "1 repeated value in 2 rows"),
        ("unique(id, status)", 3, 0, "no duplicate"),
        ("accepted_values(status, 'new', 'paid', 'odd')", 3, 0, "0 other values"),
        ("accepted_values(status, 'new', 'it''s')", 3, 2, "2 other values"),
        ("accepted_values(qty, '1', '5', '-1', '2147483647')", 4, 0, "0 other values"),
        ("min_value(total, -5)", 3, 0, "smallest -5.00"),
        ("min_value(total, 0)", 3, 1, "smallest -5.00"),
        ("max_value(total, 19.999)", 3, 1, "largest 20.00"),
        ("max_value(total, 1e30)", 3, 0, "largest 20.00"),
        ("min_value(qty, 0.5)", 4, 1, "smallest -1"),
        ("max_value(qty, 99999999999999999999)", 4, 0, "largest 2147483647"),
        ("max_value(score, 10)", 3, 1, "largest nan"),
        ("min_value(rate, 0)", 4, 2, "smallest -2"),
        ("max_value(rate, 1e40)", 4, 2, "largest junk"),
        ("min_value(placed_at, 2000-01-01)", 3, 1, "smallest -infinity"),
        ("max_value(placed_at, '2100-01-01 00:00:00')", 3, 1, "largest infinity"),
        ("min_value(day, 2000-01-01)", 3, 1, "smallest 1999-12-31"),
        ("max_value(at, '23:59:59')", 3, 1, "largest 23:59:59.5"),
        ("min_value(email, 'b')", 3, 1, "1 row beyond"),
    ];
    let checks: Vec<&str> = expected.iter().map(|(check, ..)| *check).collect();
    let outcomes = run(&lake, &checks);
    for (at, (check, evaluated, failed, observed)) in expected.iter().enumerate() {
        let outcome = &outcomes[at];
        assert_eq!(outcome.index as usize, at);
        assert_eq!(
            (outcome.outcome.evaluated, outcome.outcome.failed, outcome.observed.as_str()),
            (Some(*evaluated), Some(*failed), *observed),
            "{check}"
        );
        let fails = *failed > 0 || *check == "row_count > 10";
        assert_eq!(outcome.state(), if fails { CheckState::Failed } else { CheckState::Passed }, "{check}");
        assert!(outcome.line.is_some(), "{check}");
        let rows = failing_rows(&lake, &contract(&checks), &[orders(&lake)], outcome.index, 50).unwrap();
        let expected_rows =
            if outcome.state() == CheckState::Passed && !check.starts_with("null") { 0 } else { *failed };
        if !check.starts_with("null_percentage(total) < 0.5") {
            assert_eq!(rows.rows, expected_rows, "{check}");
        }
        assert_eq!(rows.columns.len(), 10, "all columns: {check}");
    }
}

#[test]
fn required_columns_and_the_key_are_checked_unasked() {
    let lake = Lake::new();
    let outcomes = run(&lake, &["row_count > 0", "not_null(id)"]);
    let checks: Vec<_> = outcomes.iter().map(|o| (o.check.as_str(), o.state(), o.severity)).collect();
    assert_eq!(
        checks,
        [
            ("row_count > 0", CheckState::Passed, Severity::Fail),
            ("not_null(id)", CheckState::Passed, Severity::Fail),
            ("not_null(status)", CheckState::Failed, Severity::Fail),
            ("unique(id)", CheckState::Failed, Severity::Fail),
        ]
    );
    assert_eq!((outcomes[2].level, outcomes[3].level), (CheckLevel::Row, CheckLevel::Table));
    assert_eq!(outcomes[2].line, Some(8), "the line of the column");
    let written = run(&lake, &["unique(id) @warn"]);
    assert_eq!(written.iter().filter(|o| o.check.starts_with("unique")).count(), 1);
    assert_eq!(written[0].state(), CheckState::Warned);
}

#[test]
fn what_cannot_run_is_not_evaluated_and_says_why() {
    let lake = Lake::new();
    let outcomes = run(&lake, &["not_null(absent)", "min_value(day, 2025-02-31)", "row_count > 0"]);
    for (at, cause) in [(0, "no column `absent`"), (1, "not a date")] {
        assert_eq!(outcomes[at].state(), CheckState::NotEvaluated, "{:?}", outcomes[at]);
        let outcome = &outcomes[at].outcome;
        assert!(outcome.reason().unwrap().contains(cause), "{outcome:?}");
        assert_eq!((outcome.evaluated, outcome.failed, &outcome.measured), (None, None, &None), "unknown is not 0");
        let contract = contract(&["not_null(absent)", "min_value(day, 2025-02-31)"]);
        assert!(failing_rows(&lake, &contract, &[orders(&lake)], at as u32, 5).is_err());
    }
    assert_eq!(outcomes[2].state(), CheckState::Passed, "the others run");
}

#[test]
fn a_table_without_files_has_no_rows() {
    let lake = Lake::new();
    let contract = contract(&["row_count > 0", "null_percentage(total) < 0.1", "min_value(total, 0)"]);
    let outcomes = views(&lake, &contract, &[]);
    assert_eq!(outcomes[0].state(), CheckState::Failed);
    assert!(
        outcomes[1..].iter().all(|o| o.state() == CheckState::Passed && o.outcome.evaluated == Some(0)),
        "{outcomes:?}"
    );
    assert!(failing_rows(&lake, &contract, &[], 99, 5).is_err());
}

#[test]
fn samples_hold_system_columns_and_keep_to_the_limit() {
    let lake = Lake::new();
    let file =
        lake.file("s.parquet", "SELECT 100 - range AS id, NULL::VARCHAR AS status, range AS _seq FROM range(100)");
    let contract = contract(&[]);
    let outcomes = views(&lake, &contract, std::slice::from_ref(&file));
    let at = outcomes.iter().find(|o| o.check == "not_null(status)").unwrap();
    assert_eq!(at.outcome.failed, Some(100));
    let rows = failing_rows(&lake, &contract, &[file], at.index, 3).unwrap();
    assert_eq!(rows.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["id", "status", "_seq"]);
    assert_eq!(lake.all(&rows), [["1", "null", "99"], ["2", "null", "98"], ["3", "null", "97"]]);
}

#[test]
fn records_of_another_contract_are_shown_as_they_were() {
    let lake = Lake::new();
    let file = lake.file("orders.parquet", ROWS);
    let before = contract(&["row_count > 0", "not_null(score) @warn", "null_percentage(total) < 0.1"]);
    let mut records = records(&lake, &before, &[file]);
    records[2].outcome.measured = Some(Measured::Words { text: "25 % null".to_owned() });
    let now = contract(&["not_null(score)", "row_count > 0"]);
    let shown = check_views(&now, &records);
    let seen: Vec<_> = shown.iter().map(|view| (view.index, view.observed.as_str(), view.limit.as_str())).collect();
    assert_eq!(seen[..2], [(1, "4 rows", "> 0 rows"), (0, "1 null", "no null")], "each at its place in the contract");
    assert_eq!((seen[2].1, seen[2].2), ("25 % null", ""), "the words stay, the limit is unknown");
    assert!(seen[2].0 > 4, "it has no rows in the contract of now");
    assert_eq!(shown[1].severity, Severity::Warn, "as it was when it was evaluated");
    assert_eq!(records[0].outcome.measured, Some(Measured::Count { number: 4, unit: Unit::Rows }));
}
