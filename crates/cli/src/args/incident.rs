//! Options of `incident`.

use clap::{Args, Subcommand};
use sluice_api::TableName;
use std::path::PathBuf;

/// Options of `incident`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Incident {
    #[command(subcommand)]
    pub(crate) action: Option<IncidentAction>,
    /// dataset.table
    #[arg(required = true)]
    pub(crate) table: Option<TableName>,
    /// Number of the batch.
    #[arg(long, required = true)]
    pub(crate) batch: Option<u64>,
    /// Write contract, ledger, findings, records, versions and environment into this new file (JSON).
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Write a test of the batch: a NAME of the lake's draft, or a FILE with / or .yaml in it.
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) save_test: Option<String>,
}

/// What to do with an incident.
#[derive(Debug, Subcommand)]
pub(crate) enum IncidentAction {
    /// Make a lake of the file of an incident alone, and replay its batches there.
    Open {
        /// A file of `sluice incident TABLE --batch N --out FILE`.
        file: PathBuf,
        /// An empty or new folder.
        #[arg(long, value_name = "DIR")]
        into: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use crate::args::Arguments;
    use clap::Parser;

    #[test]
    fn a_batch_or_a_file_is_named() {
        let read = |words: &[&str]| Arguments::try_parse_from([&["sluice", "incident"], words].concat());
        assert!(read(&["shop.orders", "--batch", "3", "--out", "i.json"]).is_ok());
        assert!(read(&["open", "i.json", "--into", "dir"]).is_ok());
        for words in [&["shop.orders"][..], &["--batch", "3"], &["open", "i.json"], &[]] {
            assert!(read(words).is_err(), "{words:?}");
        }
    }
}
