//! The quarantine of the sample lake: what became of its records.

use super::diff::encode;
use arrow_array::{ArrayRef, Int64Array, StringArray};
use sluice_api::{
    ApiError, ErrorCode, PageRequest, QuarantineFilter, QuarantineList, QuarantineStatus, ResultColumn, ResultId,
    ResultView, RowLedger, TableName, TableReplay,
};
use std::sync::Arc;

/// Records with what became of them.
pub(super) const RESULT: ResultId = ResultId(215);
const ROWS: u64 = 10_000;

const COLUMNS: [&str; 15] = [
    "address", "status", "reason", "stage", "column", "detail", "reasons", "batch", "file", "row", "attempts", "by",
    "because", "at", "raw",
];

const FILE: &str = "landing/topics/shop.public.orders/shop.public.orders+0+0002388000.json";

/// The list that a filter leaves.
pub(super) fn list(filter: &QuarantineFilter) -> QuarantineList {
    let column = |name: &str| {
        let numeric = ["batch", "row", "attempts"].contains(&name);
        let data_type = if numeric { "bigint" } else { "string" };
        ResultColumn { name: name.to_owned(), data_type: data_type.to_owned(), numeric, pii: false }
    };
    let rows = if filter.status.is_none() && filter.reason.is_none() { ROWS } else { 312 };
    QuarantineList {
        table: "shop.orders".parse().unwrap_or_else(|_| unreachable!("a name")),
        counts: vec![
            (QuarantineStatus::Open, 8_464),
            (QuarantineStatus::Readable, 312),
            (QuarantineStatus::Edited, 1_206),
            (QuarantineStatus::Ignored, 18),
        ],
        reasons: vec![("TYPE_MISMATCH".to_owned(), 9_680), ("CHECK_FAILED".to_owned(), 412)],
        records: Some(ResultView {
            id: RESULT,
            columns: COLUMNS.into_iter().map(column).collect(),
            rows,
            elapsed_ms: 12,
        }),
    }
}

/// What a replay of it did.
pub(super) fn replayed(table: &TableName) -> TableReplay {
    let counters = RowLedger { rows_in: 312, updated: 300, superseded: 12, ..RowLedger::default() };
    TableReplay {
        table: table.clone(),
        batches: 1,
        files: 0,
        counters,
        silver_version: Some(44),
        silver_rows: Some(counters.silver_after),
        remade: Vec::new(),
        would_remake: false,
        would_recompute: None,
        would_fill: Vec::new(),
        reasons: Vec::new(),
        left_out: Vec::new(),
        orders: Vec::new(),
        would_hold: None,
        error: None,
    }
}

/// The text of a cell; `None` is null.
fn text_of(column: &str, row: i64) -> Option<String> {
    let status = match row % 10 {
        0 => QuarantineStatus::Edited,
        1 => QuarantineStatus::Readable,
        2 => QuarantineStatus::Ignored,
        _ => QuarantineStatus::Open,
    };
    let one = "{\"reason\":\"TYPE_MISMATCH\",\"column\":\"discount\",\"detail\":\"expected decimal(10,2)\"}";
    let check = "{\"reason\":\"CHECK_FAILED\",\"column\":\"total_amount\",\"detail\":\"the record fails \
                 min_value(total_amount, 0)\"}";
    Some(match column {
        "address" => format!("40:{FILE}:{}", row + 1),
        "status" => status.to_string(),
        "reason" => "TYPE_MISMATCH".to_owned(),
        "stage" => "row".to_owned(),
        "column" => "discount".to_owned(),
        "detail" => "expected decimal(10,2)".to_owned(),
        "reasons" if row % 3 == 0 => format!("[{one},{check}]"),
        "reasons" => format!("[{one}]"),
        "file" => FILE.to_owned(),
        "by" if status != QuarantineStatus::Open => "mira".to_owned(),
        "at" if status != QuarantineStatus::Open => format!("2026-11-12 09:{:02}:07", row % 60),
        "because" if status != QuarantineStatus::Open => "10 percent was meant".to_owned(),
        "raw" => format!(
            "{{\"op\":\"u\",\"after\":{{\"order_id\":{},\"total_amount\":\"-80.00\",\"discount\":\"10 %\",\
             \"customer_note\":\"call Anna\"}},\"source\":{{\"lsn\":{}}}}}",
            1_203_377 + row,
            27_004_712 + row
        ),
        _ => return None,
    })
}

/// A page of them.
pub(super) fn page(request: &PageRequest) -> Result<Vec<u8>, ApiError> {
    let end = (request.first_row + u64::from(request.rows)).min(ROWS);
    let rows: Vec<i64> = (request.first_row..end).filter_map(|row| i64::try_from(row).ok()).collect();
    let column = |name: &str| -> (String, ArrayRef) {
        let number = |row: i64| match name {
            "batch" => 40,
            "attempts" => i64::from(row % 10 < 3),
            _ => row,
        };
        let values: ArrayRef = match name {
            "batch" | "row" | "attempts" => Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| number(*row)))),
            name => Arc::new(rows.iter().map(|row| text_of(name, *row)).collect::<StringArray>()),
        };
        (name.to_owned(), values)
    };
    encode(COLUMNS.into_iter().map(column).collect())
        .map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string(), ""))
}
