//! What the formats of Debezium share: schemas, row images, positions, samples.

pub(crate) mod connect_schema;
pub(crate) mod files;
pub(crate) mod guess;
pub(crate) mod order;
pub(crate) mod position;
pub(crate) mod row;
pub(crate) mod sample;
pub(crate) mod source_table;
