//! Documents as plain JSON: the values of databases whose items have types of their own and no schema.

use super::row::{encoded_cell, plain_cell};
use crate::plan::Plan;
use crate::text::json_fields::compact;
use crate::value::encoding::Encoding;
use sluice_change::{Cell, CellError};
use sluice_contract::ColumnType;

/// The cell of a value. In a column of `json` it is JSON with its quotes, in one of `string` a nested value is its JSON;
/// bytes are base64, unless the contract says something else.
///
/// # Errors
/// When the value is not of the type.
pub(crate) fn cell<'a>(
    plan: &Plan,
    position: usize,
    data_type: &ColumnType,
    raw: &'a str,
) -> Result<Cell<'a>, CellError> {
    let is_nested = raw.starts_with(['{', '[']);
    let by_format = plan.source.binary.is_none();
    match data_type {
        _ if raw == "null" => Ok(Cell::Null),
        ColumnType::Json => Ok(Cell::Text(compact(raw).into())),
        ColumnType::String if is_nested => Ok(Cell::Text(compact(raw).into())),
        ColumnType::Binary if by_format => encoded_cell(plan, &Encoding::Bytes, raw, position, data_type),
        ColumnType::Array(element) if by_format && **element == ColumnType::Binary => {
            encoded_cell(plan, &Encoding::Array(Box::new(Encoding::Bytes)), raw, position, data_type)
        }
        // An object with `scale` and `value` is no number here.
        ColumnType::Decimal { .. } | ColumnType::Numeric if is_nested => Err(CellError::mismatch(data_type)),
        _ => plain_cell(plan, raw, position, data_type),
    }
}
