//! From the bytes of change files to typed changes, and from a sample of them to a proposed contract.
//!
//! A tour, from the outside in:
//!
//! * **Which files?** [`is_change_file`] tells change files from what lies beside them, [`file_order_key`] the order
//!   in which to read them.
//! * **What is in one?** [`decode_file`] turns a file into a [`sluice_change::ChangeBatch`] and rejects;
//!   [`decode_records`] does the same for records that bronze kept, with the same result.
//! * **What is a folder?** [`sniff`] names its format, [`infer`] proposes a whole contract and the evidence for it.
//!
//! Inside, a format is a folder in `formats/` with a type that is a `Format` (`format.rs`), and the registry
//! `formats/mod.rs` is the one place that knows which there are. What formats share lies by topic, each folder above
//! those it uses: `files/` (whole files of JSON, CSV, Parquet, Avro, workbooks), `profile/` (counts over a sample), `row/` (values
//! of a record become cells), `plan/` (the contract prepared), `outcome/` (events, rejects, drift), `value/` (values and
//! their encodings), `columnar/` (values of Arrow), `text/` (compressions, encodings, records, members of JSON, fields of CSV).
//!
//! Pure: no I/O, no clock, no randomness, and no panic on any bytes. What a record becomes depends
//! on the record, the contract and the limits only.

#![cfg_attr(not(test), warn(clippy::indexing_slicing, reason = "the bytes may be hostile"))]

mod bronze_record;
mod column_guess;
mod columnar;
mod decode;
mod definitions;
mod file_order;
mod files;
mod folder_values;
mod foreign_table;
mod format;
mod formats;
mod generations;
mod infer;
mod key_file;
mod listing_start;
mod outcome;
mod parts;
mod plan;
mod profile;
mod row;
mod sniff;
mod table_folder;
mod text;
mod unused_folders;
mod value;

pub use bronze_record::{BronzeRecord, decode_records};
pub use column_guess::{ColumnGuess, guess_column};
pub use decode::{check_contract, decode_file, decode_file_part, is_decoded_by_parts, needs_own_process};
pub use file_order::{
    FileOrder, file_order_key, folders_of_tables, full_export, full_load_name, is_full_load, is_of_changes,
};
pub use files::feed_file::{FeedPart, PartRows, feed_file};
pub use foreign_table::{ForeignTable, TableFormat, foreign_table};
pub use formats::debezium::log_position::LogPosition;
pub use formats::rows::watermark::has_watermark_name;
pub use infer::{Inferred, InferredColumn, InferredEvidence, InferredQuestion, infer, infer_table, is_description};
pub use key_file::{KeyFile, decode_file_with_keys, is_key_file, lacks_key};
pub use listing_start::{ListingStart, listing_start};
pub use outcome::decode_error::DecodeError;
pub use outcome::decoded_file::DecodedFile;
pub use outcome::drift::Drift;
pub use outcome::record_keys::{KeyCounts, KeyLines, RecordKeys, key_file_paths, why_not_these_keys};
pub use parts::FilePart;
pub use profile::guess::WrittenReading;
pub use row::column_value::key_check;
pub use sniff::{are_beside_tables, column_names_of, is_change_file, sniff};
pub use table_folder::table_folder;
pub use text::json_fields::inside as json_inside;
pub use unused_folders::unused_folders;

#[cfg(test)]
mod tests;
