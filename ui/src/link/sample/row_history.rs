//! The history of one row of the sample lake: inserted, paid, shipped and deleted.

use super::diff::encode;
use super::lake::{NOW_MS, ORDERS};
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use sluice_api::{ApiError, ErrorCode, PageRequest, ResultColumn, ResultId, ResultView, RowHistory, TableRef};
use std::sync::Arc;

/// Its entries.
pub(super) const RESULT: ResultId = ResultId(4_143);
/// Version, operation, change and status of every entry.
const ENTRIES: [(i64, &str, &str, &str); 4] = [
    (12, "MERGE", "+", "placed"),
    (17, "MERGE", "~", "paid"),
    (31, "MERGE", "~", "shipped"),
    (42, "MERGE", "-", "shipped"),
];

/// What happened to the rows of a key.
pub(super) fn view(table: &TableRef) -> RowHistory {
    let column = |name: &str, data_type: &str| ResultColumn {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        numeric: data_type.starts_with("bigint") || data_type.starts_with("decimal"),
        pii: false,
    };
    let mut columns = vec![
        column("_version", "bigint"),
        column("_time", "timestamp_ntz"),
        column("_operation", "string"),
        column("_change", "string"),
    ];
    columns.extend(ORDERS.into_iter().map(|(name, data_type, ..)| column(name, data_type)));
    let result = ResultView { id: RESULT, columns, rows: ENTRIES.len() as u64, elapsed_ms: 9 };
    RowHistory { table: table.clone(), oldest: 1, latest: 42, result, elapsed_ms: 9 }
}

/// A page of the entries.
pub(super) fn page(request: &PageRequest) -> Result<Vec<u8>, ApiError> {
    let skipped = usize::try_from(request.first_row).unwrap_or(usize::MAX);
    let entries: Vec<_> = ENTRIES.iter().skip(skipped).take(request.rows as usize).collect();
    let texts = |of: fn(&(i64, &'static str, &'static str, &'static str)) -> &'static str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(entries.iter().map(|entry| of(entry))))
    };
    let times = entries.iter().map(|entry| (NOW_MS - (42 - entry.0) * 9_000) * 1_000);
    let mut columns: Vec<(String, ArrayRef)> = vec![
        ("_version".to_owned(), Arc::new(Int64Array::from_iter_values(entries.iter().map(|entry| entry.0)))),
        ("_time".to_owned(), Arc::new(TimestampMicrosecondArray::from_iter_values(times))),
        ("_operation".to_owned(), texts(|entry| entry.1)),
        ("_change".to_owned(), texts(|entry| entry.2)),
    ];
    let rows: Vec<u64> = entries.iter().map(|_| 1_204_377).collect();
    let orders = super::rows::batch(&rows).map_err(|error| unwritten(&error.to_string()))?;
    columns.extend(orders_columns(&orders, &texts(|entry| entry.3)));
    encode(columns).map_err(|error| unwritten(&error.to_string()))
}

/// The columns of the row; its status is that of the entry.
fn orders_columns(orders: &RecordBatch, status: &ArrayRef) -> Vec<(String, ArrayRef)> {
    let columns = ORDERS.into_iter().zip(orders.columns());
    let column = |name: &str, array: &ArrayRef| Arc::clone(if name == "status" { status } else { array });
    columns.map(|((name, ..), array)| (name.to_owned(), column(name, array))).collect()
}

fn unwritten(problem: &str) -> ApiError {
    ApiError::new(ErrorCode::Internal, problem, "")
}
