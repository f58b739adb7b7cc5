//! What the formats of AWS DMS share: full load and changes, with the operation in a column of the row.
//!
//! AWS DMS guide, "Using Amazon S3 as a target", "Indicating source DB operations in migrated S3 data".

pub(crate) mod files;
pub(crate) mod own_place;
pub(crate) mod row;
pub(crate) mod sample;

use crate::files::csv_layout::{CsvExtras, OperationField};
use crate::plan::markers::Markers;

/// Operation column.
pub(crate) const OPERATION: &str = "Op";
/// Commit time column under its usual name (`TimestampColumnName`).
pub(crate) const TIME: &str = "dms_timestamp";
/// Change sequence column (`AR_H_CHANGE_SEQ`) under its usual name.
pub(crate) const SEQUENCE: &str = "transact_seq";
/// What stands before the name of a column for its value before the change (`add-before-image-columns`).
pub(crate) const BEFORE: &str = "BI_";

/// Members of a row that are not the table's.
pub(crate) const MARKERS: Markers = Markers {
    operation: Some(OPERATION),
    time: Some(TIME),
    before_key: Some(BEFORE),
    position_members: &[SEQUENCE],
    position_prefixes: &[""],
    is_own: |name| name == SEQUENCE || name.starts_with(BEFORE),
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
