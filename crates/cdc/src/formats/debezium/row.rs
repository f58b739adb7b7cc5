//! Values of Debezium's row images, written as a schema says or by Debezium's defaults.

use crate::formats::json::row::encoded_cell;
use crate::plan::Plan;
use crate::row::values::Row;
use crate::value::encoding::Encoding;
use sluice_change::{Cell, CellError};
use sluice_contract::ColumnType;

/// The cell of a column as a type; `None` if the row does not have it.
///
/// # Errors
/// When the value is not of the type.
pub(crate) fn cell<'a>(
    plan: &Plan,
    encodings: &[Encoding],
    row: &Row<&'a str>,
    position: usize,
    data_type: &ColumnType,
) -> Result<Option<Cell<'a>>, CellError> {
    let Some(raw) = row.column(position) else { return Ok(None) };
    let encoding = encodings.get(position).unwrap_or(&Encoding::Unsaid);
    encoded_cell(plan, encoding, raw, position, data_type).map(Some)
}
