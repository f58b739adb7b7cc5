//! What Sluice does with tables, end to end.

#[cfg(target_os = "linux")]
mod address_space;
mod as_previewed;
mod backfill;
mod batches;
mod canary;
mod contract_changes;
mod decoder;
mod deletion_vectors;
mod delta_feed;
mod diffs;
mod discovery;
mod dms_folders;
mod draft_folder;
mod drafts;
mod drift_matrix;
mod explain;
mod foreign_commits;
mod foreign_keys;
mod from_snapshot;
mod keep;
mod keyed_hashes;
mod lag;
mod late_events;
mod lost_state;
mod maintenance;
mod mariadb_replay;
mod nested_values;
mod onboarding;
mod one_door;
mod one_part_fails;
#[cfg(unix)]
mod outside;
mod personal_data;
mod plain_files;
mod publish_and_run;
#[cfg(unix)]
mod read_only;
mod rebuild_in_ranges;
mod refused_batch;
mod releases;
mod rows_by_watermark;
mod sandbox;
mod scd2_shop;
mod scenarios;
mod schema_change;
mod shop_replay;
mod source_changes;
mod sql_limits;
mod starts;
mod store_refusals;
mod ties;
mod torn_input;
mod unprepared;
mod values;
mod verify;
