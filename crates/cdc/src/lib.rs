//! From the bytes of change files to typed changes.
//!
//! [`decode_file`] turns one file into a [`sluice_change::ChangeBatch`] and rejects;
//! [`decode_records`] does the same for records that bronze kept; [`infer`] proposes a contract.
//! Pure: no I/O, no clock, no randomness, and no panic on any bytes. What a record becomes depends
//! on the record, the contract and the limits only.

#![cfg_attr(not(test), warn(clippy::indexing_slicing, reason = "the bytes may be hostile"))]

mod bronze_record;
mod columnar;
mod decode;
mod file_order;
mod formats;
mod infer;
mod outcome;
mod plan;
mod profile;
mod row;
mod sniff;
mod text;
mod value;

pub use bronze_record::{BronzeRecord, decode_records};
pub use decode::decode_file;
pub use file_order::{FileOrder, file_order_key};
pub use infer::{Inferred, InferredColumn, InferredEvidence, infer};
pub use outcome::decode_error::DecodeError;
pub use outcome::decoded_file::DecodedFile;
pub use outcome::drift::Drift;
pub use sniff::{is_change_file, sniff};

#[cfg(test)]
mod tests;
