//! The loop: discover, decode, bronze, plan, silver, quality, gold, report; and the [`Host`] that
//! answers the screens and the command line.
//!
//! Only this crate writes through `sluice-lake`. The desktop's replay and the runner's are the same
//! function, [`replay`]; they differ in where the contracts come from.

mod contract_set;
mod error;
mod gold;
mod host;
mod maintain;
mod pipeline;
mod silver;
mod support;

pub use contract_set::{ContractSet, Model};
pub use error::RunError;
pub use host::compare::{TableComparison, compare_with_source};
pub use host::{Host, HostOptions};
pub use maintain::{
    DEAD_SHARE_DEFAULT, IN_FLIGHT_DEFAULT, MaintainOptions, Maintained, RETENTION_DEFAULT, TARGET_BYTES_DEFAULT,
    maintain,
};
pub use pipeline::batch_ledger::{
    BatchLedger, FileStatus, LedgerFile, PlannedBatch, PlannedFile, batch_ledger, plan_next_batch,
};
pub use pipeline::decoder::{DecoderOptions, decode_worker};
pub use pipeline::replay::{LEASE_WAIT_DEFAULT, ReplayOptions, replay, replay_batch};
pub use pipeline::run::{RunMode, RunOptions, run};
pub use silver::table::SilverTable;
pub use sluice_lake::{Clock, StoreTimes};
pub use support::job::{Job, JobRegistry};
