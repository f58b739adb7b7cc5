//! What Sluice does with tables, end to end.

mod backfill;
mod batches;
mod contract_changes;
mod decoder;
mod deletion_vectors;
mod drift_matrix;
mod foreign_keys;
mod from_snapshot;
mod lag;
mod late_events;
mod maintenance;
mod one_door;
mod publish_and_run;
mod rows_by_watermark;
mod scd2_shop;
mod scenarios;
mod schema_change;
mod shop_replay;
mod torn_input;
mod values;
