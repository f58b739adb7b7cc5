//! Runs of the published release.

use crate::{ApiError, ReachedTable, ReplaySummary};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// When to run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunMode {
    /// One run.
    Once,
    /// A run every so often.
    Interval(Duration),
    /// A run as soon as there are files; looks every 200 milliseconds, on a local disk every 50.
    Continuous,
}

/// A round that did something or found something new, or the first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunRound {
    /// Number within the run, from 1, without gaps.
    pub round: u64,
    /// Release that it replayed; of a round with an error that of the round before, 0 for none.
    pub release: u64,
    /// What it did.
    pub replay: ReplaySummary,
    /// What is newly known of whether tables are as the release was previewed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reached: Vec<ReachedTable>,
    /// Why it did nothing at all: the lake or its release cannot be read at the moment. The run continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ApiError>,
}

/// Rounds of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunRounds {
    /// Oldest first; the last 1,000 are kept.
    pub rounds: Vec<RunRound>,
}

/// A run that ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// Rounds that did something.
    pub rounds: u64,
    /// The last of them.
    pub last: Option<RunRound>,
    /// It was stopped by [`crate::Request::Cancel`].
    pub cancelled: bool,
}
