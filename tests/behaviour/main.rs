//! What Sluice does with tables, end to end.

mod backfill;
mod batches;
mod contract_changes;
mod decoder;
mod deletion_vectors;
mod discovery;
mod dms_folders;
mod drafts;
mod drift_matrix;
mod foreign_commits;
mod foreign_keys;
mod from_snapshot;
mod lag;
mod late_events;
mod lost_state;
mod maintenance;
mod onboarding;
mod one_door;
mod one_part_fails;
mod personal_data;
mod publish_and_run;
#[cfg(unix)]
mod read_only;
mod refused_batch;
mod rows_by_watermark;
mod sandbox;
mod scd2_shop;
mod scenarios;
mod schema_change;
mod shop_replay;
mod sql_limits;
mod store_refusals;
mod ties;
mod torn_input;
mod values;
mod verify;
