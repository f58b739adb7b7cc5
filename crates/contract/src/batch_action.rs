//! What is decided of a batch.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What is done with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchAction {
    /// It waits, and all batches after it.
    Hold,
    /// Silver is made without its events.
    Skip,
    /// It is merged whatever the guards say of it.
    Release,
}

impl BatchAction {
    /// What has become of the batch then.
    #[must_use]
    pub fn done(self) -> &'static str {
        match self {
            Self::Hold => "held",
            Self::Skip => "skipped",
            Self::Release => "released",
        }
    }
}

impl fmt::Display for BatchAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hold => "hold",
            Self::Skip => "skip",
            Self::Release => "release",
        })
    }
}
