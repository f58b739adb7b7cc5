//! The words of `sluice batch`.

use super::quarantine::{Decision, path_and_value};
use clap::{Args, Subcommand};
use sluice_api::{RecordState, TableName};
use std::path::PathBuf;

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
    /// List the records of a batch: file, number, what they do, key, how they stand; personal values masked.
    Records {
        /// dataset.table
        table: TableName,
        /// Number of the batch; `sluice batches` lists them.
        batch: u64,
        #[command(flatten)]
        filter: ChosenOfBatch,
        /// Show what each record says, too.
        #[arg(long)]
        text: bool,
        /// At most this many rows; all are counted.
        #[arg(long, default_value_t = 100)]
        rows: u64,
    },
    /// Leave records out of silver, in this run and in every rebuild. On a lake with a release in a sandbox.
    Drop {
        #[command(flatten)]
        of: OfBatch,
        #[command(flatten)]
        filter: ChosenOfBatch,
        #[command(flatten)]
        decision: Decision,
    },
    /// Let other values count than records were delivered with. On a lake with a release in a sandbox.
    #[command(group(clap::ArgGroup::new("change").required(true).args(["set", "text"])))]
    Edit {
        #[command(flatten)]
        of: OfBatch,
        #[command(flatten)]
        filter: ChosenOfBatch,
        /// A value that changes: the path of a member of the record, and its new value as JSON. May be given several times.
        #[arg(long, value_name = "PATH=JSON", value_parser = path_and_value)]
        set: Vec<(String, String)>,
        /// File with the whole record as it should have been delivered; `-` reads it from the standard input. Of one
        /// --record.
        #[arg(long, value_name = "FILE")]
        text: Option<PathBuf>,
        #[command(flatten)]
        decision: Decision,
    },
    /// Let records count again as they were delivered.
    Undo {
        #[command(flatten)]
        of: OfBatch,
        #[command(flatten)]
        filter: ChosenOfBatch,
        #[command(flatten)]
        decision: Decision,
    },
}

#[derive(Debug, Args)]
pub(crate) struct OfBatch {
    /// dataset.table
    pub(crate) table: TableName,
    /// Number of the batch; `sluice batches` lists them.
    pub(crate) batch: u64,
}

#[derive(Debug, Args)]
pub(crate) struct ChosenOfBatch {
    /// Only this record: its file, a colon, its number from 1. May be given several times.
    #[arg(long, value_name = "FILE:NUMBER")]
    pub(crate) record: Vec<String>,
    /// Only records of this key: a column of the key and its value. Given several times for a key of several columns, or region=eu,id=42.
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = path_and_value)]
    pub(crate) key: Vec<(String, String)>,
    /// Only records that stand so: delivered, dropped, edited, quarantined.
    #[arg(long)]
    pub(crate) state: Option<RecordState>,
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
