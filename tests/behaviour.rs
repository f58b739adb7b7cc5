//! What Sluice does with tables, end to end.

mod backfill;
mod batches;
mod decoder;
mod deletion_vectors;
mod drift_matrix;
mod foreign_keys;
mod from_snapshot;
mod late_events;
mod maintenance;
mod publish_and_run;
mod scd2_shop;
mod scenarios;
mod schema_change;
mod shop_replay;
mod torn_input;
