//! Checks and quarantine of the sample lake.

use super::diff::encode;
use arrow_array::{ArrayRef, Int64Array, StringArray};
use sluice_api::{
    ApiError, CheckView, ErrorCode, PageRequest, QualityView, QuarantineGroup, ResultColumn, ResultId, ResultView,
    Severity, TableName, Verdict,
};
use std::sync::Arc;

/// Quarantined records.
pub(super) const QUARANTINED: ResultId = ResultId(214);
const ROWS: u64 = 279;

/// Quality of `shop.orders`: one failure, the batch was refused.
pub(super) fn view(table: &TableName) -> QualityView {
    let check = |index, check: &str, verdict, observed: &str, limit: &str, failed| CheckView {
        index,
        check: check.to_owned(),
        level: if failed > 0 && verdict == Verdict::Warn { "row" } else { "table" }.to_owned(),
        severity: if verdict == Verdict::Warn { Severity::Warn } else { Severity::Fail },
        verdict,
        observed: observed.to_owned(),
        limit: limit.to_owned(),
        evaluated: 1_937_204,
        failed,
        note: (verdict == Verdict::Skipped).then(|| "payments has no column payment_id".to_owned()),
        line: Some(30 + index),
    };
    let group = |reason: &str, sentence: &str, stage: &str, rows, first_batch| QuarantineGroup {
        reason: reason.to_owned(),
        sentence: sentence.to_owned(),
        stage: stage.to_owned(),
        rows,
        first_batch,
    };
    QualityView {
        table: table.clone(),
        version: Some(42),
        refused_batch: Some(43),
        checks: vec![
            check(0, "null_percentage(customer_id) < 0.01", Verdict::Fail, "1.42 %", "< 1 %", 27_508),
            check(2, "accepted_values(status, ['placed', 'paid', 'shipped'])", Verdict::Warn, "12 rows", "0", 12),
            check(1, "row_count > 0", Verdict::Pass, "1,937,204", "> 0", 0),
            check(3, "unique(order_id)", Verdict::Pass, "0", "0", 0),
            check(4, "not_null(order_id)", Verdict::Pass, "0", "0", 0),
            check(5, "reference(payment_id, payments)", Verdict::Skipped, "", "", 0),
        ],
        quarantine: vec![
            group("TYPE_MISMATCH", "A value is not of the type in the contract", "row", 214, 31),
            group("NULL_IN_REQUIRED", "A required column is null", "row", 61, 36),
            group("MISSING_KEY", "A key column is null or missing", "row", 4, 42),
        ],
        quarantined_rows: Some(quarantined()),
        elapsed_ms: 412,
    }
}

/// The quarantined records.
pub(super) fn quarantined() -> ResultView {
    let column = |name: &str, data_type: &str| ResultColumn {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        numeric: data_type == "bigint",
    };
    let columns = [
        ("reason", "string"),
        ("batch", "bigint"),
        ("file", "string"),
        ("row", "bigint"),
        ("offset", "bigint"),
        ("detail", "string"),
        ("raw", "string"),
    ];
    ResultView {
        id: QUARANTINED,
        columns: columns.into_iter().map(|(name, data_type)| column(name, data_type)).collect(),
        rows: ROWS,
        elapsed_ms: 3,
    }
}

/// A page of them.
pub(super) fn page(request: &PageRequest) -> Result<Vec<u8>, ApiError> {
    let end = (request.first_row + u64::from(request.rows)).min(ROWS);
    let rows: Vec<i64> = (request.first_row..end).filter_map(|row| i64::try_from(row).ok()).collect();
    let text = |of: &dyn Fn(i64) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| of(*row))))
    };
    let number = |of: &dyn Fn(i64) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| of(*row))))
    };
    let columns: Vec<(String, ArrayRef)> = vec![
        ("reason".to_owned(), text(&|_| "TYPE_MISMATCH".to_owned())),
        ("batch".to_owned(), number(&|row| 31 + row % 12)),
        ("file".to_owned(), text(&|row| format!("shop.public.orders+0+{:010}.json", row * 12_000))),
        ("row".to_owned(), number(&|row| row * 31)),
        ("offset".to_owned(), number(&|row| row * 4_096)),
        ("detail".to_owned(), text(&|_| "discount is not a decimal(10,2)".to_owned())),
        ("raw".to_owned(), text(&|row| format!("{{\"op\":\"c\",\"after\":{{\"order_id\":{row}}}}}"))),
    ];
    encode(columns).map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string(), ""))
}
