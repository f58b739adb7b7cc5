//! The records of a batch of the sample lake.

use super::diff::encode;
use arrow_array::{ArrayRef, Int64Array, StringArray};
use sluice_api::{
    ApiError, ErrorCode, PageRequest, RecordFilter, RecordList, RecordState, ResultColumn, ResultId, ResultView,
    TableName,
};
use std::sync::Arc;

/// Records of a batch.
pub(super) const RESULT: ResultId = ResultId(216);
const ROWS: u64 = 4_812;

const COLUMNS: [&str; 13] = [
    "address",
    "state",
    "operation",
    "key",
    "position",
    "reason",
    "file",
    "row",
    "by",
    "because",
    "at",
    "raw",
    "record",
];

const FILE: &str = "landing/topics/shop.public.orders/shop.public.orders+0+0002388000.json";

/// The list that a filter leaves.
pub(super) fn list(table: &TableName, batch: u64, filter: &RecordFilter) -> RecordList {
    let column = |name: &str| {
        let numeric = name == "row";
        let data_type = if numeric { "bigint" } else { "string" };
        ResultColumn { name: name.to_owned(), data_type: data_type.to_owned(), numeric, pii: false }
    };
    let rows = if filter.state.is_none() && filter.key.is_empty() { ROWS } else { 3 };
    RecordList {
        table: table.clone(),
        batch,
        counts: vec![
            (RecordState::Delivered, 4_782),
            (RecordState::Dropped, 2),
            (RecordState::Edited, 1),
            (RecordState::Quarantined, 27),
        ],
        found: rows,
        why_not: None,
        records: Some(ResultView {
            id: RESULT,
            columns: COLUMNS.into_iter().map(column).collect(),
            rows,
            elapsed_ms: 9,
        }),
    }
}

fn text_of(column: &str, row: i64) -> String {
    let state = match row {
        2 => RecordState::Edited,
        5 | 6 => RecordState::Dropped,
        9 => RecordState::Quarantined,
        _ => RecordState::Delivered,
    };
    let is_decided = matches!(state, RecordState::Edited | RecordState::Dropped);
    let text = |total: &str| {
        format!(
            "{{\"op\":\"u\",\"after\":{{\"order_id\":{},\"total_amount\":\"{total}\",\"customer_note\":\"call Anna\"}},\
             \"source\":{{\"lsn\":{}}}}}",
            1_203_377 + row,
            23_880_000 + row * 17
        )
    };
    match column {
        "address" => format!("{FILE}:{}", row + 1),
        "state" => state.to_string(),
        "operation" => if row % 7 == 3 { "delete" } else { "upsert" }.to_owned(),
        "key" => (1_203_377 + row).to_string(),
        "position" => format!("{}.1", 23_880_000 + row * 17),
        "reason" if state == RecordState::Quarantined => "TYPE_MISMATCH".to_owned(),
        "file" => FILE.to_owned(),
        "by" if is_decided => "mira".to_owned(),
        "because" if is_decided => "the cash register of the outlet sent cents".to_owned(),
        "at" if is_decided => "2026-11-30 09:12:44".to_owned(),
        "raw" => text("8000.00"),
        "record" if state == RecordState::Edited => text("80.00"),
        _ => String::new(),
    }
}

/// A page of the records.
pub(super) fn page(request: &PageRequest) -> Result<Vec<u8>, ApiError> {
    let first = i64::try_from(request.first_row).unwrap_or(i64::MAX);
    let rows = first..first.saturating_add(i64::from(request.rows)).min(i64::try_from(ROWS).unwrap_or(i64::MAX));
    let columns = COLUMNS.map(|name| -> (String, ArrayRef) {
        let column: ArrayRef = match name {
            "row" => Arc::new(Int64Array::from_iter_values(rows.clone())),
            _ => {
                let texts = rows.clone().map(|row| Some(text_of(name, row)).filter(|text| !text.is_empty()));
                Arc::new(texts.collect::<StringArray>())
            }
        };
        (name.to_owned(), column)
    });
    encode(columns.into()).map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string(), ""))
}
