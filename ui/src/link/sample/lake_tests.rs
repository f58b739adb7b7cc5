//! Tests of the sample lake.

use sluice_api::{
    CellDifference, IncidentFile, LakeTestFailure, LakeTestReport, LakeTestResult, LakeTestState, LakeTestView,
    Problem, RowDifference, SavedTest, TableName,
};

fn name(table: &str) -> TableName {
    TableName { dataset: "shop".to_owned(), table: table.to_owned() }
}

const LATE: &str = "about: A late update changes nothing\nbatches:\n- events:\n  - {op: insert, at: 20, order_id: 1, \
                    status: paid}\n  - {op: update, at: 10, order_id: 1, status: new}\n  expect:\n    silver:\n    - \
                    {order_id: 1, status: paid}\n";

fn path(number: usize) -> &'static str {
    [
        "tests/shop/orders/late_update.yaml",
        "tests/shop/orders/refund_of_an_order_that_was_never_delivered_and_whose_customer_is_gone.yaml",
        "tests/shop/payments/half_written.yaml",
        "tests/shop/payments/twice.yaml",
    ][number % 4]
}

/// The tests of the draft.
pub(super) fn views() -> Vec<LakeTestView> {
    let view = |number: usize| {
        let result = result(number, true);
        LakeTestView {
            path: result.path,
            table: result.table,
            about: result.about,
            text: LATE.to_owned(),
            problems: result.problems,
        }
    };
    (0..4).map(view).collect()
}

/// What comes of them: all pass, or one of each kind.
pub(super) fn report(failing: bool) -> LakeTestReport {
    LakeTestReport { tests: (0..4).map(|number| result(number, failing)).collect(), elapsed_ms: 61 }
}

/// A test of real events.
pub(super) fn saved() -> SavedTest {
    SavedTest { path: "tests/shop/orders/order_id_1204377.yaml".to_owned(), text: LATE.to_owned(), saved: true }
}

/// The file of a batch.
pub(super) fn incident(file: Option<&str>) -> IncidentFile {
    IncidentFile { file: file.map(str::to_owned), test: None, records: 412, keys: 377, left_out: 0, replaced: 802 }
}

fn result(number: usize, failing: bool) -> LakeTestResult {
    let abouts = ["A late update changes nothing", "A refund without its order is kept", "", "Delivered twice is once"];
    let passed = LakeTestResult {
        path: path(number).to_owned(),
        table: Some(name(if number < 2 { "orders" } else { "payments" })),
        about: Some(abouts[number % 4].to_owned()).filter(|about| !about.is_empty()),
        state: LakeTestState::Passed,
        compared: 7,
        problems: Vec::new(),
        failures: Vec::new(),
        elapsed_ms: 14,
    };
    match number {
        1 if failing => LakeTestResult { state: LakeTestState::Failed, failures: failures(), ..passed },
        2 if failing => LakeTestResult {
            state: LakeTestState::Invalid,
            compared: 0,
            problems: vec![Problem {
                file: path(2).to_owned(),
                line: 3,
                column: 3,
                message: "unknown field `expects`".to_owned(),
                fix: "Remove the key or correct its name".to_owned(),
            }],
            ..passed
        },
        _ => passed,
    }
}

fn failures() -> Vec<LakeTestFailure> {
    let key = |value: &str| vec![("order_id".to_owned(), Some(value.to_owned()))];
    let cell = |row, of: &str, column: &str, expected: Option<&str>, got: Option<&str>| CellDifference {
        row,
        key: key(of),
        column: column.to_owned(),
        expected: expected.map(str::to_owned),
        got: got.map(str::to_owned),
    };
    vec![
        LakeTestFailure {
            batch: 1,
            line: 8,
            what: "silver".to_owned(),
            message: "3 cells differ".to_owned(),
            cells: vec![
                cell(RowDifference::Changed, "1204377", "status", Some("refunded"), Some("paid")),
                cell(RowDifference::Missing, "1204378", "status", Some("refunded"), None),
                cell(RowDifference::Surplus, "1204379", "status", None, Some("new")),
            ],
        },
        LakeTestFailure {
            batch: 2,
            line: 19,
            what: "check row_count > 0".to_owned(),
            message: "it failed: 0 rows".to_owned(),
            cells: Vec::new(),
        },
    ]
}
