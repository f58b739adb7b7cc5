//! The cells of a column of a result as people read them.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, TimestampMicrosecondType};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// The cells of one column of a page of a result.
pub struct ColumnTexts<'a> {
    column: &'a ArrayRef,
    formatter: ArrayFormatter<'a>,
}

impl<'a> ColumnTexts<'a> {
    /// Those of a column.
    ///
    /// # Errors
    /// If Arrow has no text for its type.
    pub fn of(column: &'a ArrayRef) -> Result<Self, ArrowError> {
        Ok(Self { column, formatter: ArrayFormatter::try_new(column, &FormatOptions::default())? })
    }

    /// The text of a cell; `None` for null. Numbers of 39 digits keep every one, and dates and times that no calendar
    /// holds are `infinity`, `-infinity` or `out of range`.
    #[must_use]
    pub fn text(&self, row: usize) -> Option<String> {
        self.column.is_valid(row).then(|| {
            self.whole_number(row).unwrap_or_else(|| {
                self.formatter.value(row).try_to_string().unwrap_or_else(|_| self.beyond_the_calendar(row))
            })
        })
    }

    /// A whole number with up to 39 digits, such as a sum; the formatter of Arrow leaves out those after the 38th.
    fn whole_number(&self, row: usize) -> Option<String> {
        let is_whole = matches!(self.column.data_type(), DataType::Decimal128(_, 0));
        is_whole.then(|| self.column.as_primitive::<Decimal128Type>().value(row).to_string())
    }

    fn beyond_the_calendar(&self, row: usize) -> String {
        let days = self.column.as_primitive_opt::<Date32Type>().map(|column| column.value(row));
        match days {
            Some(i32::MAX) => return "infinity".to_owned(),
            Some(days) if days == -i32::MAX => return "-infinity".to_owned(),
            _ => {}
        }
        let micros = self.column.as_primitive_opt::<TimestampMicrosecondType>().map(|column| column.value(row));
        match micros {
            Some(i64::MAX) => "infinity".to_owned(),
            Some(micros) if micros <= -i64::MAX => "-infinity".to_owned(),
            _ => "out of range".to_owned(),
        }
    }
}
