//! What every other room uses: threads, leases, jobs, names of things in a lake, and small conversions.

pub(crate) mod arrow_ipc;
pub(crate) mod author;
pub(crate) mod blocking;
pub(crate) mod column_texts;
pub(crate) mod column_types;
mod document_key;
pub(crate) mod elapsed;
pub(crate) mod foreign;
pub(crate) mod given_key;
pub(crate) mod hash_keys;
pub(crate) mod job;
pub(crate) mod json_edit;
pub(crate) mod lease;
pub(crate) mod local_tables;
pub(crate) mod masked_record;
pub(crate) mod newest_entry;
pub(crate) mod personal;
pub(crate) mod places;
pub(crate) mod program;
pub(crate) mod pseudonyms;
pub(crate) mod rows_file;
pub(crate) mod sql_worker;
pub(crate) mod started;
pub(crate) mod table_content;
pub(crate) mod time_text;
mod written_pseudonym;
