//! The silver layer of one table: what it holds, how a merge is planned and written, and how it becomes visible.
//!
//! In this order: [`state`] opens the table; [`merge`] locates rows ([`locate`]), asks the engine for a plan,
//! decides about the files that are there ([`file_actions`]) and writes new ones ([`new_files`]), which gives a
//! [`candidate`]; [`publish`] writes what is to be remembered ([`tombstones`]) and commits. A table that is made anew
//! gets its candidate of [`from_nothing`], in as much memory as [`event_runs`] holds at a time; new columns are filled by [`column_fill`].

pub(crate) mod candidate;
pub(crate) mod changed_keep;
pub(crate) mod column_fill;
pub(crate) mod data_files;
mod event_bytes;
pub(crate) mod event_runs;
mod file_actions;
pub(crate) mod from_nothing;
pub(crate) mod key_rows;
mod locate;
pub(crate) mod merge;
mod missing_base;
mod new_files;
pub(crate) mod newest_time;
pub(crate) mod publish;
pub(crate) mod recomputed_keys;
pub(crate) mod review;
pub(crate) mod row_file;
pub(crate) mod schema_change;
pub(crate) mod schema_document;
mod state;
pub(crate) mod tombstones;
pub(crate) mod watermark;

pub(crate) use candidate::Candidate;
pub(crate) use publish::SilverCommit;
pub(crate) use state::Silver;
