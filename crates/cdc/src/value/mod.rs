//! Values as they arrive, and the cells that they are.

pub(crate) mod document_patch;
pub(crate) mod encoding;
pub(crate) mod extended_json;
pub(crate) mod json;
pub(crate) mod nested;
pub(crate) mod number;
pub(crate) mod reading;
pub(crate) mod time_number;
pub(crate) mod unavailable;
pub(crate) mod written_number;
pub(crate) mod written_time;
