//! The checks of a contract with `on_fail: quarantine`, asked of the values of one record.
//!
//! What a record does not provide, and null, passes, as for a check of the table; `not_null` fails on null. Every value
//! of a row of silver is one that a record carried, so a check that no record fails holds for the table.

use crate::number::compare_numbers;
use crate::row_test::{FilterError, order_of};
use crate::{Cell, ReasonCode, RejectReason, cell_text, normalize_numeric, parse_cell};
use sluice_contract::{Check, ColumnType, Contract};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Checks with their columns found and their values read.
#[derive(Clone, Debug, Default)]
pub struct RowChecks(Vec<RowCheck>);

#[derive(Clone, Debug)]
struct RowCheck {
    position: usize,
    column: String,
    data_type: ColumnType,
    /// As the contract writes it.
    text: String,
    wants: Wants,
}

#[derive(Clone, Debug)]
enum Wants {
    Value,
    OneOf(BTreeSet<String>),
    AtLeast(Limit),
    AtMost(Limit),
}

#[derive(Clone, Debug)]
enum Limit {
    Value(Cell<'static>),
    /// A number that is no value of the column's type, and of texts that are numbers.
    Number(String),
}

impl RowChecks {
    /// Those of a contract.
    ///
    /// # Errors
    /// [`FilterError`] when a limit is not of its column's type.
    pub fn of(contract: &Contract) -> Result<Self, FilterError> {
        let mut checks = Vec::new();
        for rule in contract.checks.iter().filter(|rule| rule.quarantines) {
            let (name, limit) = match &rule.check {
                Check::NotNull(check) => (&check.column, None),
                Check::AcceptedValues(check) => (&check.column, None),
                Check::MinValue(check) => (&check.column, Some(&check.limit)),
                Check::MaxValue(check) => (&check.column, Some(&check.limit)),
                // A contract has no such check that a record decides.
                Check::RowCount(_) | Check::NullPercentage(_) | Check::Unique(_) | Check::ForeignKey(_) => continue,
            };
            // The contract was read with these columns.
            let Some(position) = contract.columns.iter().position(|column| column.name == *name) else { continue };
            let data_type = contract.columns[position].data_type.clone();
            let limit = limit.map(|text| Limit::of(&data_type, text));
            let limit = limit.transpose().map_err(|error| FilterError { column: name.clone(), error });
            let wants = match (&rule.check, limit?) {
                (Check::MinValue(_), Some(limit)) => Wants::AtLeast(limit),
                (Check::MaxValue(_), Some(limit)) => Wants::AtMost(limit),
                (Check::AcceptedValues(check), _) => Wants::OneOf(check.values.iter().cloned().collect()),
                _ => Wants::Value,
            };
            checks.push(RowCheck { position, column: name.clone(), data_type, text: rule.check.to_string(), wants });
        }
        Ok(Self(checks))
    }

    /// Why a row of these values may not be in silver: every check that it fails.
    pub fn failed<'c>(&'c self, cells: &'c [Cell<'_>]) -> impl Iterator<Item = RejectReason> + 'c {
        let fails = |check: &&RowCheck| cells.get(check.position).is_some_and(|cell| !check.passes(cell));
        self.0.iter().filter(fails).map(|check| RejectReason {
            reason: ReasonCode::CheckFailed,
            column: Some(check.column.clone()),
            detail: format!("the record fails {}", check.text),
        })
    }
}

impl RowCheck {
    fn passes(&self, cell: &Cell<'_>) -> bool {
        match (&self.wants, cell) {
            (_, Cell::Absent) => true,
            (Wants::Value, cell) => *cell != Cell::Null,
            (_, Cell::Null) => true,
            (Wants::OneOf(texts), Cell::Text(text)) => texts.contains(text.as_ref()),
            (Wants::OneOf(texts), cell) => cell_text(&self.data_type, cell).is_some_and(|text| texts.contains(&text)),
            (Wants::AtLeast(limit), cell) => limit.compared(&self.data_type, cell).is_some_and(Ordering::is_ge),
            (Wants::AtMost(limit), cell) => limit.compared(&self.data_type, cell).is_some_and(Ordering::is_le),
        }
    }
}

impl Limit {
    fn of(data_type: &ColumnType, text: &str) -> Result<Self, crate::CellError> {
        let number = || normalize_numeric(text).map(Self::Number);
        let parsed = match data_type {
            ColumnType::Numeric => return number().ok_or_else(|| crate::CellError::mismatch(data_type)),
            ColumnType::String => return Ok(Self::Value(Cell::Text(text.to_owned().into()))),
            // A float is compared as it is, not with the float next to the limit.
            ColumnType::Float => parse_cell(&ColumnType::Double, text.trim()),
            data_type => parse_cell(data_type, text.trim()),
        };
        let is_number = data_type.is_numeric();
        parsed.map(|cell| Self::Value(cell.into_owned())).or_else(|error| match number().filter(|_| is_number) {
            Some(number) => Ok(number),
            None => Err(error),
        })
    }

    /// How a value stands to the limit; `None` if they cannot be compared.
    fn compared(&self, data_type: &ColumnType, cell: &Cell<'_>) -> Option<Ordering> {
        match (self, cell) {
            (Self::Value(limit), cell) => order_of(cell, limit),
            (Self::Number(limit), Cell::Text(text)) => compare_numbers(text, limit),
            (Self::Number(limit), cell) => compare_numbers(&normalize_numeric(&cell_text(data_type, cell)?)?, limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RowChecks;
    use crate::{Cell, parse_cell};
    use sluice_contract::Contract;

    fn fails(data_type: &str, check: &str, text: Option<&str>) -> bool {
        let text_of_contract = format!(
            "dataset: a.b\nsource: {{path: x/, format: debezium_json}}\nquality:\n\
             - {{check: \"{check}\", on_fail: quarantine}}\nschema:\n- {{name: id, type: int, primary_key: true}}\n\
             - {{name: c, type: \"{data_type}\"}}\n"
        );
        let contract = Contract::parse(&text_of_contract, "b.yaml").unwrap_or_else(|problems| panic!("{problems:?}"));
        let cell = text.map_or(Cell::Null, |text| parse_cell(&contract.columns[1].data_type, text).unwrap());
        let checks = RowChecks::of(&contract).unwrap();
        assert_eq!(checks.failed(&[Cell::Int(1), Cell::Absent]).count(), 0, "what is absent passes");
        let failed: Vec<_> = checks.failed(&[Cell::Int(1), cell]).collect();
        assert!(failed.iter().all(|reason| reason.detail.contains("fails") && reason.column.as_deref() == Some("c")));
        !failed.is_empty()
    }

    #[test]
    fn values_are_compared_as_their_type_is_ordered() {
        for (data_type, check, text, expected) in [
            ("int", "min_value(c, 0)", "-1", true),
            ("int", "min_value(c, 0)", "0", false),
            ("int", "min_value(c, 0.5)", "0", true),
            ("int", "min_value(c, 0.5)", "1", false),
            ("bigint", "max_value(c, 1e3)", "1001", true),
            ("bigint", "max_value(c, 1e3)", "1000", false),
            ("decimal(8,2)", "max_value(c, 9.5)", "9.51", true),
            ("decimal(8,2)", "max_value(c, 9.505)", "9.50", false),
            ("decimal(8,2)", "max_value(c, 9.505)", "9.51", true),
            ("numeric", "min_value(c, -10)", "-9.99", false),
            ("numeric", "min_value(c, -10)", "-10.01", true),
            ("numeric", "max_value(c, 100)", "99.999", false),
            ("numeric", "max_value(c, 100)", "1000", true),
            ("numeric", "max_value(c, 100)", "NaN", true),
            ("float", "max_value(c, 0.1)", "0.1", true),
            ("double", "max_value(c, 0.1)", "0.1", false),
            ("double", "max_value(c, 0.1)", "NaN", true),
            ("date", "min_value(c, 2025-01-31)", "2025-01-30", true),
            ("date", "min_value(c, 2025-01-31)", "2025-01-31", false),
            ("timestamp", "max_value(c, 2025-01-31)", "2025-01-31 00:00:01", true),
            ("timestamp_ntz", "max_value(c, 2025-01-31 12:00:00)", "2025-01-31 12:00:00", false),
            ("string", "min_value(c, b)", "a", true),
            ("string", "accepted_values(c, 'a', 'b')", "c", true),
            ("string", "accepted_values(c, 'a', 'b')", "b", false),
            ("decimal(8,2)", "accepted_values(c, '1.50')", "1.5", false),
            ("date", "accepted_values(c, '2025-01-31')", "2025-01-31", false),
            ("boolean", "accepted_values(c, 'true')", "false", true),
            ("string", "not_null(c)", "", false),
        ] {
            assert_eq!(fails(data_type, check, Some(text)), expected, "{data_type} {check} {text}");
        }
    }

    #[test]
    fn null_fails_not_null_alone() {
        assert!(fails("int", "not_null(c)", None));
        assert!(!fails("int", "min_value(c, 0)", None));
        assert!(!fails("string", "accepted_values(c, 'a')", None));
    }
}
