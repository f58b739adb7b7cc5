//! Text: unpacked, cut into records, and their members and fields.

pub(crate) mod csv_fields;
pub(crate) mod json_fields;
pub(crate) mod json_values;
pub(crate) mod records;
pub(crate) mod unpack;
