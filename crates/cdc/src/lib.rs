//! From the bytes of change files to typed changes.
//!
//! [`decode_file`] turns one file into a [`sluice_change::ChangeBatch`] and rejects;
//! [`decode_records`] does the same for records that bronze kept; [`infer`] proposes a contract.
//! Pure: no I/O, no clock, no randomness, and no panic on any bytes. What a record becomes depends
//! on the record, the contract and the limits only.

#![cfg_attr(not(test), warn(clippy::indexing_slicing, reason = "the bytes may be hostile"))]

mod bronze_record;
mod collector;
mod csv_fields;
mod csv_layout;
mod debezium;
mod debezium_flat;
mod decode;
mod decode_error;
mod decoded_file;
mod dms;
mod dms_csv;
mod dms_parquet;
mod drift;
mod encoding;
mod fault;
mod file_order;
mod infer;
mod json_fields;
mod json_lines;
mod key_change;
mod number;
mod parquet_text;
mod plan;
mod records;
mod row;
mod sequence;
mod sniff;
mod unavailable;
mod unpack;
mod value;

pub use bronze_record::{BronzeRecord, decode_records};
pub use decode::decode_file;
pub use decode_error::DecodeError;
pub use decoded_file::DecodedFile;
pub use drift::Drift;
pub use file_order::{FileOrder, file_order_key};
pub use infer::{Inferred, InferredColumn, InferredEvidence, infer};
pub use sniff::{is_change_file, sniff};

#[cfg(test)]
mod tests;
