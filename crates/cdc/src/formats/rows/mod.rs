//! What the formats of plain rows share: no operation; every row is an upsert ordered by a watermark column, part of a
//! full snapshot, or an event that is appended.
//!
//! A table export that is pulled incrementally, a sheet, a partner's file.

pub(crate) mod row;
pub(crate) mod sample;
pub(crate) mod watermark;

use crate::files::csv_layout::CsvExtras;

/// What is around the columns in CSV: nothing.
pub(crate) const CSV_EXTRAS: CsvExtras =
    CsvExtras { operation: None, table: None, sequence: None, time: None, nested: None };
