//! What the formats of AWS DMS share: full load and changes, with the operation in a column of the row.
//!
//! AWS DMS guide, "Using Amazon S3 as a target", "Indicating source DB operations in migrated S3 data".

pub(crate) mod files;
mod members;
pub(crate) mod own_place;
pub(crate) mod row;
pub(crate) mod sample;

use crate::files::csv_layout::{CsvExtras, OperationField};
use crate::plan::markers::Markers;
pub(crate) use members::{BEFORE, DOCUMENT, OPERATION, SEQUENCE, TIME, is_document, is_operation_name};

/// Members of a row that are not the table's.
pub(crate) const MARKERS: Markers = Markers {
    operation: Some(OPERATION),
    operation_of_any_case: true,
    time: Some(TIME),
    before_key: Some(BEFORE),
    position_members: &[SEQUENCE],
    position_prefixes: &[""],
    is_own: |name| name == SEQUENCE || name.starts_with(BEFORE),
    is_document,
    ..Markers::CHANGE
};

/// What is around the columns in CSV.
pub(crate) const CSV_EXTRAS: CsvExtras = CsvExtras {
    operation: Some(OperationField { name: OPERATION, is_operation: row::is_operation }),
    table: None,
    sequence: Some(SEQUENCE),
    time: Some(TIME),
    nested: None,
};
