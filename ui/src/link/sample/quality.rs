//! Checks and quarantine of the sample lake.

use super::diff::encode;
use arrow_array::{ArrayRef, Int64Array, StringArray};
use sluice_api::{
    ApiError, CheckLevel, CheckOutcome, CheckView, ErrorCode, Measured, PageRequest, ParentVersion, QualityView,
    QuarantineGroup, Refusal, RefusalCause, ResultColumn, ResultId, ResultView, Severity, TableName, Unit,
};
use std::sync::Arc;

/// Quarantined records.
pub(super) const QUARANTINED: ResultId = ResultId(214);
const ROWS: u64 = 279;

/// Rows of silver.
const SILVER_ROWS: u64 = 1_937_204;

/// Quality of `shop.orders`: one failure, the batch was refused. The checks are those of its contract,
/// [`super::lake::CONTRACT`].
pub(super) fn view(table: &TableName) -> QualityView {
    use CheckLevel::{Row, Table};
    let rows = |number| Measured::Count { number, unit: Unit::Rows };
    let share = |part| Measured::Share { part, whole: SILVER_ROWS, unit: Unit::Rows };
    let holds = |measured| CheckOutcome::evaluated(true, measured, SILVER_ROWS, 0);
    let deviates = |measured, failed| CheckOutcome::evaluated(false, measured, SILVER_ROWS, failed);
    let check = |index, check: &str, columns: &[&str], level, outcome, observed: &str, limit: &str| CheckView {
        index,
        check: check.to_owned(),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        level,
        severity: Severity::Fail,
        outcome,
        observed: observed.to_owned(),
        limit: limit.to_owned(),
        parent: None,
        line: Some(if index < 5 { 8 + index } else { 14 }),
    };
    let parent = |table: &str, version| Some(ParentVersion { table: table.to_owned(), version });
    let nulls = deviates(share(27_508), 27_508);
    let others = deviates(rows(12), 12);
    let orphans = deviates(share(3), 3);
    let absent = CheckOutcome::not_evaluated("silver.shop.carriers does not exist yet");
    let checks = vec![
        check(0, "null_percentage(customer_id) < 0.01", &["customer_id"], Table, nulls, "1.42 % null", "< 1 % null"),
        CheckView {
            severity: Severity::Warn,
            ..check(
                2,
                "accepted_values(status, 'placed', 'paid', 'shipped')",
                &["status"],
                Row,
                others,
                "12 other values",
                "'placed', 'paid', 'shipped'",
            )
        },
        CheckView {
            severity: Severity::Warn,
            parent: parent("silver.shop.customers", Some(31)),
            ..check(
                3,
                "foreign_key(customer_id, customers.customer_id)",
                &["customer_id"],
                Row,
                orphans,
                "3 orphans, 0.0002 %",
                "no orphan",
            )
        },
        CheckView {
            severity: Severity::Warn,
            parent: parent("silver.shop.carriers", None),
            ..check(4, "foreign_key(carrier, carriers.code)", &["carrier"], Row, absent, "", "no orphan")
        },
        check(1, "row_count > 0", &[], Table, holds(rows(SILVER_ROWS)), "1937204 rows", "> 0 rows"),
        check(5, "not_null(order_id)", &["order_id"], Row, holds(rows(0)), "0 nulls", "no null"),
        check(
            6,
            "unique(order_id)",
            &["order_id"],
            Table,
            holds(Measured::Count { number: 0, unit: Unit::Values }),
            "no duplicate",
            "no duplicate",
        ),
    ];
    let group = |reason: &str, sentence: &str, stage: &str, rows, first_batch| QuarantineGroup {
        reason: reason.to_owned(),
        sentence: sentence.to_owned(),
        stage: stage.to_owned(),
        rows,
        first_batch,
        details: Vec::new(),
    };
    QualityView {
        table: table.clone(),
        version: Some(42),
        refused_batch: Some(43),
        refusal: Some(Refusal {
            batch: 43,
            first_batch: 43,
            reason: "1 of 7 checks did not hold, the first is null_percentage(customer_id) < 0.01".to_owned(),
            cause: RefusalCause::Checks,
            counters: None,
            keys: Vec::new(),
        }),
        checks,
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
        pii: false,
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

#[cfg(test)]
mod tests {
    use super::super::lake::{CONTRACT, ORDERS};
    use super::view;
    use sluice_contract::{Contract, Severity};

    #[test]
    fn the_sample_shows_what_its_contract_says() {
        let contract = Contract::parse(CONTRACT, "orders.yaml").unwrap_or_else(|problems| panic!("{problems:?}"));
        let columns: Vec<(&str, String)> =
            contract.columns.iter().map(|column| (column.name.as_str(), column.data_type.to_string())).collect();
        assert_eq!(columns, ORDERS.map(|(name, data_type, ..)| (name, data_type.to_owned())));
        let mut shown = view(&contract.name).checks;
        shown.sort_by_key(|check| check.index);
        let shown: Vec<_> = shown.into_iter().map(|check| (check.check, check.severity, check.line.unwrap())).collect();
        let written = contract.checks.iter().map(|rule| (rule.check.to_string(), rule.severity, rule.line));
        let key = ["not_null(order_id)", "unique(order_id)"].map(|check| (check.to_owned(), Severity::Fail, 14));
        assert_eq!(shown, written.chain(key).collect::<Vec<_>>());
    }
}
