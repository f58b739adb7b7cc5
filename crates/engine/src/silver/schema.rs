//! Columns of a silver table.

use super::validity::ValidityType;
use crate::error::EngineError;
use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, Schema};
use sluice_change::arrow_field;
use sluice_contract::{Column, Contract, DeleteMode, Scd};

/// System column: [`sluice_change::EventSeq`] of the newest event in the row, as text. In an SCD 2
/// table: of the event that provided the values of the version.
pub const SEQ: &str = Column::SEQ;
/// System column: JSON object of the columns whose value is of an older event than [`SEQ`] says,
/// with that event's sequence, or null where no event has provided a value yet. Null in most rows.
pub const COL_SEQ: &str = "_col_seq";

/// The contract's columns in order, then the system columns: the validity of a version in an SCD 2 table,
/// the operation in an append-only table, [`SEQ`] and [`COL_SEQ`] in all.
#[must_use]
pub fn silver_schema(contract: &Contract) -> Schema {
    let mut fields: Vec<Field> = contract.columns.iter().map(arrow_field).collect();
    match contract.apply.scd {
        Scd::Type1 => {}
        Scd::Type2 => {
            let validity = ValidityType::of(contract).data_type();
            fields.push(Field::new(Column::START_AT, validity.clone(), true));
            fields.push(Field::new(Column::END_AT, validity, true));
        }
        Scd::Append => fields.push(Field::new(Column::OP, DataType::Utf8, true)),
    }
    fields.push(Field::new(SEQ, DataType::Utf8, true));
    fields.push(Field::new(COL_SEQ, DataType::Utf8, true));
    Schema::new(fields)
}

/// The rows of silver that the source has now: the open versions of an SCD 2 table, and only rows that are
/// not marked as deleted where `delete_mode: soft` keeps them.
///
/// # Errors
/// [`EngineError`] if a system column is missing.
pub fn current_rows(contract: &Contract, silver: &RecordBatch) -> Result<RecordBatch, EngineError> {
    let missing = |name: &str| EngineError::Column(name.to_owned());
    let column = |name: &str| silver.column_by_name(name).ok_or_else(|| missing(name));
    let keep: BooleanArray = match (contract.apply.scd, contract.apply.delete_mode) {
        (Scd::Type2, _) => {
            let ends = column(Column::END_AT)?;
            (0..ends.len()).map(|row| Some(ends.is_null(row))).collect()
        }
        (Scd::Append, _) => {
            let ops = column(Column::OP)?.as_string_opt::<i32>().ok_or_else(|| missing(Column::OP))?;
            ops.iter().map(|op| Some(op != Some("d"))).collect()
        }
        (Scd::Type1, DeleteMode::Soft) => {
            let deleted = column(Column::DELETED)?.as_boolean_opt().ok_or_else(|| missing(Column::DELETED))?;
            deleted.iter().map(|deleted| Some(deleted != Some(true))).collect()
        }
        (Scd::Type1, DeleteMode::Hard) => return Ok(silver.clone()),
    };
    Ok(filter_record_batch(silver, &keep)?)
}
