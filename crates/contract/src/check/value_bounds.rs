//! `min_value(c, 0)` and `max_value(c, 100)`.

use super::call::{Call, Written};
use super::kind::CheckKind;
use crate::column::Column;
use crate::column_type::ColumnType;
use crate::problem::Mistake;
use std::fmt;

/// `min_value(c, 0)`: no value of a column is below; null passes.
#[derive(Clone, Debug, PartialEq)]
pub struct MinValue {
    /// Column.
    pub column: String,
    /// Literal as written: a number, or a date or time text.
    pub limit: String,
}

/// `max_value(c, 100)`: no value of a column is above; null passes.
#[derive(Clone, Debug, PartialEq)]
pub struct MaxValue {
    /// Column.
    pub column: String,
    /// Literal as written: a number, or a date or time text.
    pub limit: String,
}

fn column_and_limit(call: &Call<'_>, example: &'static str) -> Result<(String, String), Mistake> {
    let mut texts = call.texts(|count| count == 2, example)?;
    call.without_comparison(example)?;
    Ok((texts.next().unwrap_or_default(), texts.next().unwrap_or_default()))
}

/// An error if the limit is no value of the column's type, so that no row could be compared with it.
fn limit_fits(check: &dyn fmt::Display, limit: &str, column: &Column) -> Result<(), Mistake> {
    let limit = limit.trim();
    let (fits, wanted) = match column.data_type {
        ref ty if ty.is_numeric() => (limit.parse::<f64>().is_ok(), "a number, such as 0 or 99.5"),
        ColumnType::Date => (is_date(limit), "a date, such as 2025-01-31"),
        ColumnType::Timestamp | ColumnType::TimestampNtz => {
            let day = limit.split(['T', ' ']).next().unwrap_or_default();
            (is_date(day), "a time, such as 2025-01-31 12:00:00")
        }
        _ => return Ok(()),
    };
    if fits {
        return Ok(());
    }
    let message = format!(
        "`{check}` cannot be evaluated: `{limit}` is no value of `{}`, which is {}",
        column.name, column.data_type
    );
    Err(Mistake::new(message, format!("Write {wanted}")))
}

/// An error if records cannot be compared with the limit.
fn limit_decides_record(check: &dyn fmt::Display, column: &Column) -> Result<(), Mistake> {
    let is_ordered = column.data_type.is_numeric()
        || matches!(
            column.data_type,
            ColumnType::String | ColumnType::Date | ColumnType::Timestamp | ColumnType::TimestampNtz
        );
    if is_ordered {
        return Ok(());
    }
    let message = format!("`{check}` cannot be asked of a record: a {} has no order of its own", column.data_type);
    Err(Mistake::new(message, "Leave on_fail out; severity says what becomes of the batch"))
}

/// Year, month and day in digits; `infinity` is a date too.
fn is_date(text: &str) -> bool {
    if matches!(text.trim_start_matches(['-', '+']), "infinity" | "epoch") {
        return true;
    }
    let mut parts = text.trim_start_matches(['-', '+']).splitn(3, '-');
    let mut number = |digits: std::ops::RangeInclusive<usize>| -> Option<u32> {
        parts.next().filter(|part| digits.contains(&part.len())).and_then(|part| part.parse().ok())
    };
    let (Some(_), Some(month), Some(day)) = (number(1..=6), number(1..=2), number(1..=2)) else { return false };
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

impl CheckKind for MinValue {
    const NAME: &'static str = "min_value";
    const EXAMPLE: &'static str = "min_value(amount, 0)";

    fn read(call: &Call<'_>) -> Result<Self, Mistake> {
        let (column, limit) = column_and_limit(call, Self::EXAMPLE)?;
        Ok(Self { column, limit })
    }

    fn columns(&self) -> &[String] {
        std::slice::from_ref(&self.column)
    }

    fn fits(&self, column: &Column) -> Result<(), Mistake> {
        limit_fits(self, &self.limit, column)
    }

    fn decides_record(&self, column: &Column, _may_keep_older: bool) -> Result<(), Mistake> {
        limit_decides_record(self, column)
    }
}

impl CheckKind for MaxValue {
    const NAME: &'static str = "max_value";
    const EXAMPLE: &'static str = "max_value(amount, 10000)";

    fn read(call: &Call<'_>) -> Result<Self, Mistake> {
        let (column, limit) = column_and_limit(call, Self::EXAMPLE)?;
        Ok(Self { column, limit })
    }

    fn columns(&self) -> &[String] {
        std::slice::from_ref(&self.column)
    }

    fn fits(&self, column: &Column) -> Result<(), Mistake> {
        limit_fits(self, &self.limit, column)
    }

    fn decides_record(&self, column: &Column, _may_keep_older: bool) -> Result<(), Mistake> {
        limit_decides_record(self, column)
    }
}

impl fmt::Display for MinValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}, {})", Self::NAME, Written(&self.column), Written(&self.limit))
    }
}

impl fmt::Display for MaxValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}, {})", Self::NAME, Written(&self.column), Written(&self.limit))
    }
}
