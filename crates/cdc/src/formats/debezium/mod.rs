//! What the formats of Debezium share: schemas, values, positions, samples.

pub(crate) mod beside;
pub(crate) mod connect_schema;
pub(crate) mod connectors;
pub(crate) mod document;
pub(crate) mod guess;
pub(crate) mod log_position;
pub(crate) mod order;
pub(crate) mod own_position;
pub(crate) mod position;
pub(crate) mod row;
pub(crate) mod sample;
pub(crate) mod source_table;
pub(crate) mod wrapping;
