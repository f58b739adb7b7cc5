//! Files of text: unpacked, cut into records, and their members and fields.

pub(crate) mod csv_fields;
pub(crate) mod csv_file;
pub(crate) mod csv_layout;
pub(crate) mod json_fields;
pub(crate) mod json_lines;
pub(crate) mod records;
pub(crate) mod unpack;
