//! One file per command.

pub(crate) mod batch;
pub(crate) mod batches;
pub(crate) mod bisect;
pub(crate) mod compare;
pub(crate) mod diff;
pub(crate) mod doctor;
pub(crate) mod draft;
pub(crate) mod explain;
pub(crate) mod fingerprint;
pub(crate) mod history;
pub(crate) mod init;
pub(crate) mod maintain;
pub(crate) mod onboard;
pub(crate) mod publish;
pub(crate) mod quality;
pub(crate) mod query;
pub(crate) mod release;
pub(crate) mod releases;
pub(crate) mod replay;
pub(crate) mod rows;
pub(crate) mod run;
pub(crate) mod sandbox;
pub(crate) mod schema;
pub(crate) mod status;
pub(crate) mod trace;
pub(crate) mod verify;
