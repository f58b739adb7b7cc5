//! The words of `sluice batch`.

use clap::{Args, Subcommand};
use sluice_api::TableName;

#[derive(Debug, Subcommand)]
pub(crate) enum Batch {
    /// Show what a batch did or would do, why it waits, and what was decided of it.
    Show {
        /// dataset.table
        table: TableName,
        /// Number of the batch; `sluice batches` lists them.
        batch: u64,
    },
    /// Let a batch wait that is not in silver yet, and all batches after it.
    Hold(BatchCall),
    /// Make silver without the events of a batch, in this run and in every rebuild, until it is released.
    Skip(BatchCall),
    /// Let a batch that is held or skipped into silver; the guards stay as they are for all others.
    Release(BatchCall),
}

#[derive(Debug, Args)]
pub(crate) struct BatchCall {
    /// dataset.table
    pub(crate) table: TableName,
    /// Number of the batch; `sluice batches` lists them.
    pub(crate) batch: u64,
    /// Why, in one sentence without a value of a row; it is kept.
    #[arg(long, value_name = "TEXT")]
    pub(crate) because: String,
    /// Who decides [default: SLUICE_AUTHOR, the user of git or of the system].
    #[arg(long, value_name = "NAME")]
    pub(crate) author: Option<String>,
}
