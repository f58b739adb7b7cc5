//! What the formats of AWS DMS share.

pub(crate) mod row;
pub(crate) mod sample;
