//! The batches of a table, from the files of its source to silver.
//!
//! A [`table_run`] takes a batch through six steps, each of which hands a value to the next:
//!
//! | step | from | to |
//! |---|---|---|
//! | [`discover`] | the files of the source, the manifests | a claimed batch: its manifest |
//! | [`decode`] | the files of a manifest, or bronze | a decoded batch ([`batch`]) |
//! | [`land`] | a decoded batch, of a [`large_file`] a part at a time | rows in quarantine and bronze |
//! | [`merge`] | a decoded batch, silver | a candidate with its commit, written but not visible |
//! | [`audit`] | a candidate | the outcomes of the checks, or a refusal |
//! | [`publish`] | a candidate | the version that readers see |
//!
//! What is asked before the first step: whether the disk has the space ([`disk_space`]). Above the steps:
//! [`replay`] runs tables beside each other, each with its lease ([`replay_table`]), and [`run`] repeats that on a
//! schedule.

pub(crate) mod adopt;
pub(crate) mod audit;
mod batch;
mod batch_contract;
pub(crate) mod batch_ledger;
pub(crate) mod batch_records;
pub(crate) mod bronze;
mod changes_table;
pub(crate) mod context;
mod corrections;
mod counts_anew;
pub(crate) mod decided_keys;
pub(crate) mod decided_records;
mod decode;
pub(crate) mod decoder;
pub(crate) mod delta_feed;
mod discover;
mod disk_space;
pub(crate) mod doctor;
mod doctor_state;
mod dry_run;
pub(crate) mod explain;
pub(crate) mod fill_columns;
mod folder_watch;
mod guards;
mod hold_rules;
pub(crate) mod incident_records;
pub(crate) mod key_events;
pub(crate) mod key_files;
pub(crate) mod land;
mod large_file;
mod large_file_keys;
mod late_events;
pub(crate) mod late_keys;
mod left_out;
mod lost_bronze;
pub(crate) mod lost_files;
mod lost_manifests;
mod merge;
mod pending;
mod publish;
mod quarantine;
pub(crate) mod quarantine_life;
mod quarantine_listing;
mod rebuild;
mod recomputed_keys;
mod record_index;
pub(crate) mod release_rule;
pub(crate) mod repair_records;
pub(crate) mod replay;
pub(crate) mod replay_options;
pub(crate) mod replay_quarantine;
mod replay_table;
pub(crate) mod report;
mod retry;
pub(crate) mod run;
mod same_files;
pub(crate) mod sides;
mod silver_commit;
pub(crate) mod silver_table;
mod skipped;
mod snapshot_changes;
mod snapshot_files;
mod snapshot_version;
pub(crate) mod source_changes;
pub(crate) mod source_files;
pub(crate) mod source_listing;
mod source_manifests;
mod table_run;
pub(crate) mod table_state;
pub(crate) mod take_over;
pub(crate) mod take_over_gold;
mod tally;
mod ties;
pub(crate) mod trace;
