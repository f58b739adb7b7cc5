//! Arguments of `sluice schema`.

use clap::{Args, Subcommand};
use sluice_api::{SourceDecision, TableName};
use sluice_contract::{ColumnType, NamePattern};

#[derive(Debug, Subcommand)]
pub(crate) enum Schema {
    /// List changes of sources that nobody decided on, with what is proposed and why.
    Ls {
        /// dataset.table; all if none is given.
        tables: Vec<TableName>,
        /// Also those that are decided: by whom, or by the contract.
        #[arg(long)]
        all: bool,
    },
    /// Decide on changes: the draft's contracts say it from then on, and who decided is kept.
    Decide(Decide),
}

#[derive(Debug, Args)]
pub(crate) struct Decide {
    /// dataset.table.column, or a column of any table; `*` is any letters.
    #[arg(required = true)]
    pub(crate) changes: Vec<NamePattern>,
    /// proposed (what `sluice schema ls` says), add, ignore, widen, rename, remove or added_again.
    #[arg(long = "as", value_name = "DECISION", value_parser = decision)]
    pub(crate) decision: Chosen,
    /// With add and widen: the column's type.
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) data_type: Option<ColumnType>,
    /// With rename: the column of the contract that it is.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) from: Option<String>,
    /// With rename: silver keeps the name that readers know.
    #[arg(long, conflicts_with = "new_name")]
    pub(crate) keep_name: bool,
    /// With rename: silver takes the new name though somebody reads the former one.
    #[arg(long)]
    pub(crate) new_name: bool,
    /// Who decides [default: whom this machine names].
    #[arg(long, env = "SLUICE_AUTHOR")]
    pub(crate) author: Option<String>,
}

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// What is proposed of each.
    Proposed,
    /// The same of all.
    This(SourceDecision),
}

fn decision(text: &str) -> Result<Chosen, String> {
    match text {
        "proposed" => Ok(Chosen::Proposed),
        word => word.parse().map(Chosen::This).map_err(|error| format!("{error} or proposed")),
    }
}
