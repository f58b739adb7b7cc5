//! The words of `sluice quarantine`.

use clap::{Args, Subcommand};
use sluice_api::{QuarantineStatus, TableName};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum Quarantine {
    /// List records with reason, status, attempts, who and when; the records themselves with `show` and `export`.
    Ls {
        /// dataset.table
        table: TableName,
        #[command(flatten)]
        filter: Chosen,
        /// At most this many rows; all are counted.
        #[arg(long, default_value_t = 100)]
        rows: u64,
    },
    /// Show one record with everything that is known of it.
    Show {
        /// dataset.table
        table: TableName,
        /// Its address, as `ls` has it: batch:file:number.
        record: String,
        /// Show personal data as it is.
        #[arg(long)]
        reveal: bool,
    },
    /// Correct a record: its new text takes its place in the order of the source. Bronze keeps the one that came.
    #[command(group(clap::ArgGroup::new("change").required(true).args(["set", "text"])))]
    Edit {
        /// dataset.table
        table: TableName,
        /// Its address, as `ls` has it: batch:file:number.
        record: String,
        /// File with the record as it should have been delivered; `-` reads it from the standard input.
        #[arg(long, value_name = "FILE")]
        text: Option<PathBuf>,
        /// A value that changes: the path of a member of the record, and its new value as JSON. May be given several times.
        #[arg(long, value_name = "PATH=JSON", value_parser = path_and_value)]
        set: Vec<(String, String)>,
        #[command(flatten)]
        decision: Decision,
    },
    /// Merge the records that the contract of today reads, in the order of the source. May be repeated.
    Replay {
        /// dataset.table
        table: TableName,
        #[command(flatten)]
        decision: Decision,
    },
    /// Leave records out for good.
    Ignore {
        /// dataset.table
        table: TableName,
        #[command(flatten)]
        filter: Chosen,
        #[command(flatten)]
        decision: Decision,
    },
    /// Take back what `ignore` decided.
    Reopen {
        /// dataset.table
        table: TableName,
        #[command(flatten)]
        filter: Chosen,
        #[command(flatten)]
        decision: Decision,
    },
    /// Write records with all that is known of them into a new file: Parquet, CSV or JSON lines by its ending.
    Export {
        /// dataset.table
        table: TableName,
        /// The file, which must not exist.
        file: PathBuf,
        #[command(flatten)]
        filter: Chosen,
        /// Personal data as it is.
        #[arg(long)]
        reveal: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Chosen {
    /// Only this record: batch:file:number.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) record: Option<String>,
    /// Only records that stand so: open, readable, waiting, edited, ignored.
    #[arg(long)]
    pub(crate) status: Option<QuarantineStatus>,
    /// Only records with this reason code.
    #[arg(long, value_name = "CODE")]
    pub(crate) reason: Option<String>,
    /// Only records of this batch.
    #[arg(long)]
    pub(crate) batch: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct Decision {
    /// Why, in one sentence without a value of a row; it is kept.
    #[arg(long, value_name = "TEXT")]
    pub(crate) because: String,
    /// Who decides [default: SLUICE_AUTHOR, the user of git or of the system].
    #[arg(long, value_name = "NAME")]
    pub(crate) author: Option<String>,
}

pub(super) fn path_and_value(text: &str) -> Result<(String, String), String> {
    let (path, value) = text.split_once('=').ok_or("write a path and a value, for example after.total=5")?;
    Ok((path.trim().to_owned(), value.trim().to_owned()))
}
