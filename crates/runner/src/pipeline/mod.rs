//! The batches of a table, from files to silver.

pub(crate) mod audit;
pub(crate) mod batch_ledger;
pub(crate) mod bronze;
pub(crate) mod decoder;
pub(crate) mod disk_space;
pub(crate) mod quarantine;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod snapshot_files;
pub(crate) mod source_files;
pub(crate) mod table_run;
pub(crate) mod ties;
