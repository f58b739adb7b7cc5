//! Text: unpacked, in UTF-8, cut into records, and their members and fields.

pub(crate) mod content;
pub(crate) mod csv_dialect;
pub(crate) mod csv_fields;
pub(crate) mod json_fields;
pub(crate) mod json_values;
pub(crate) mod records;
pub(crate) mod unpack;
