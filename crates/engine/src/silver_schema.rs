//! Columns of a silver table.

use arrow::datatypes::{DataType, Field, Schema};
use sluice_change::arrow_field;
use sluice_contract::Contract;

/// System column: [`sluice_change::EventSeq`] of the newest event in the row, as text.
pub const SEQ: &str = "_seq";
/// System column: JSON object of the columns whose value is of an older event than [`SEQ`] says,
/// with that event's sequence, or null where no event has told the value yet. Null in most rows.
pub const COL_SEQ: &str = "_col_seq";

/// The contract's columns in order, then the system columns.
#[must_use]
pub fn silver_schema(contract: &Contract) -> Schema {
    let mut fields: Vec<Field> = contract.columns.iter().map(arrow_field).collect();
    fields.push(Field::new(SEQ, DataType::Utf8, true));
    fields.push(Field::new(COL_SEQ, DataType::Utf8, true));
    Schema::new(fields)
}
