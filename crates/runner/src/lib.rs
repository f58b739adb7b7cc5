//! Takes change files to tables that can be queried, and answers whoever asks about them.
//!
//! **What flows.** The files of a source become a claimed batch; its records are decoded, landed in bronze as they
//! were delivered, and merged into silver, where the checks of the contract decide whether readers see them; gold
//! models read silver. [`replay`] does that for the tables of a [`ContractSet`]: the draft for the window and
//! `sluice replay`, a published release for [`run`]. The function is the same, so what the window previews is what
//! production commits. Only this crate writes through `sluice-lake`.
//!
//! **Where to begin.** `pipeline/mod.rs` lists the steps of a batch in order, each a file; `pipeline/table_run.rs`
//! is that order as code. `silver/mod.rs` says how a merge is planned and written.
//!
//! **The rooms**, each of which imports only from those to its left:
//!
//! Rooms: `error < contract_set < support < silver_hash < quality < silver < previewed < gold < maintain < pipeline < lake_tests < reconcile < host`
//!
//! | room | what it holds |
//! |---|---|
//! | `contract_set` | the contracts and models that work is done by |
//! | `support` | leases, jobs, threads, names and small conversions that every room needs |
//! | `silver_hash` | the hash of what decides silver, by which a changed contract is found |
//! | `quality` | outcomes of checks as they are kept, parents of foreign keys, and their evaluation after a run |
//! | `silver` | one silver table: its state, how a merge is planned and written, how it becomes visible |
//! | `previewed` | whether tables are as they were where their release was tried |
//! | `gold` | models in SQL over silver |
//! | `maintain` | compaction, Z-order, vacuum, and the compaction that a writer does after its commits |
//! | `doctor` | the checks of a change feed, without I/O |
//! | `pipeline` | the steps of a batch, tables under their leases, and runs on a schedule |
//! | `lake_tests` | tests of a lake, each replayed over a lake in memory |
//! | `reconcile` | silver beside its source: what differs, and what puts it right |
//! | `host` | requests of the window and the command line, and the views that answer them |

mod contract_set;
mod doctor;
mod error;
mod gold;
mod host;
mod lake_tests;
mod maintain;
mod pipeline;
mod previewed;
mod quality;
mod reconcile;
mod silver;
mod silver_hash;
mod support;

pub use contract_set::{ContractSet, Model};
pub use error::RunError;
pub use host::compare::compare_with_source;
pub use host::{Host, HostOptions, LogOptions, MissingLake, log_to};
pub use maintain::{
    DEAD_SHARE_DEFAULT, IN_FLIGHT_DEFAULT, MaintainOptions, RETENTION_DEFAULT, TARGET_BYTES_DEFAULT, maintain,
};
pub use pipeline::batch_ledger::{batch_ledger, plan_next_batch};
pub use pipeline::decoder::{DecoderOptions, decode_worker};
pub use pipeline::release_rule::Unpublished;
pub use pipeline::replay::{replay, replay_batch};
pub use pipeline::replay_options::ReplayOptions;
pub use pipeline::run::{BeginRelease, RunOptions, run};
pub use pipeline::silver_table::SilverTable;
pub use previewed::Previews;
pub use sluice_api::{
    BatchLedger, FileStatus, LedgerFile, Maintained, PlannedBatch, PlannedFile, RunMode, TableComparison,
};
pub use sluice_lake::{Clock, Secrets, StoreTimes};
pub use support::column_texts::ColumnTexts;
pub use support::job::{Job, JobRegistry};
pub use support::lease::LEASE_WAIT_DEFAULT;
pub use support::sql_worker::sql_worker;
pub use support::time_text::time_ms;
