//! Long work: started with an id of the caller's choice, watched by snapshots, cancelled by id.

use crate::ApiError;
use serde::{Deserialize, Serialize};

/// Chosen by the caller, unique within its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobId(pub u64);

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Ingests new files by the draft.
    Replay,
    /// Decodes and merges one batch again.
    Reprocess,
    /// Replays the published release.
    Run,
    /// Maintains tables.
    Maintain,
    /// Compares two versions.
    Diff,
    /// Compares files with the log.
    Verify,
    /// Searches the versions of a table.
    Bisect,
    /// Looks for the events of a row, and makes the index of the records that it lacks.
    Explain,
    /// Runs the tests of a draft.
    Test,
    /// Compares a table with its source.
    Reconcile,
}

/// How far one table of a job is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct JobProgress {
    /// Table or step.
    pub what: String,
    /// Units done (files, of a maintenance groups of files).
    pub done: u64,
    /// Units in all; 0 if not known.
    pub total: u64,
    /// Rows read so far.
    pub rows: u64,
    /// One word on the state, for example `done`, `quarantined 3`.
    pub note: String,
}

/// State of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum JobState {
    /// Not begun.
    Queued,
    /// Under way.
    Running,
    /// Finished.
    Done,
    /// Stopped by the person; whole batches stay.
    Cancelled,
    /// Failed.
    Failed {
        /// Why.
        error: ApiError,
    },
}

/// Snapshot of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobView {
    /// Id.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// The same with its tables, for people, for example `Replay shop.orders`.
    pub title: String,
    /// State.
    #[serde(flatten)]
    pub state: JobState,
    /// Per table.
    pub progress: Vec<JobProgress>,
    /// Milliseconds since its start.
    pub elapsed_ms: u64,
    /// Last log lines, oldest first; no row values.
    pub log: Vec<String>,
}
