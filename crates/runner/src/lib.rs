//! The loop: discover, decode, bronze, plan, silver, quality, gold, report; and the [`Host`] that
//! answers the screens and the command line.
//!
//! Only this crate writes through `sluice-lake`. The desktop's replay and the runner's are the same
//! function, [`replay`]; they differ in where the contracts come from.

mod audit;
mod batch_ledger;
mod bronze;
mod changed_rows;
mod compare;
mod contract_set;
mod decoder;
mod disk_space;
mod error;
mod gold;
mod host;
mod job;
mod late;
mod local_tables;
mod maintain;
mod missing_base;
mod newest_entry;
mod onboard;
mod quality;
mod quarantine;
mod replay;
mod row_file;
mod run;
mod schema_change;
mod silver;
mod silver_merge;
mod silver_table;
mod silver_versions;
mod snapshots;
mod source_files;
mod table_run;
mod ties;

pub use batch_ledger::{BatchLedger, FileStatus, LedgerFile, PlannedBatch, PlannedFile, batch_ledger, plan_next_batch};
pub use compare::{TableComparison, compare_with_source};
pub use contract_set::{ContractSet, Model};
pub use decoder::{DecoderOptions, decode_worker};
pub use error::RunError;
pub use host::{Host, HostOptions};
pub use job::{Job, JobRegistry};
pub use maintain::{
    DEAD_SHARE_DEFAULT, IN_FLIGHT_DEFAULT, MaintainOptions, Maintained, RETENTION_DEFAULT, TARGET_BYTES_DEFAULT,
    maintain,
};
pub use replay::{LEASE_WAIT_DEFAULT, ReplayOptions, replay, replay_batch};
pub use run::{RunMode, RunOptions, run};
pub use silver_table::SilverTable;
pub use sluice_lake::{Clock, StoreTimes};
