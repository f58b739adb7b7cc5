//! What is decided of single records of a batch.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What is done with records of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordAction {
    /// Silver is made without their events.
    Drop,
    /// Silver is made with another text in the place of each.
    Edit,
    /// They count again as they were delivered.
    Undo,
}

impl RecordAction {
    /// What has become of the records then.
    #[must_use]
    pub fn done(self) -> &'static str {
        match self {
            Self::Drop => "dropped",
            Self::Edit => "edited",
            Self::Undo => "as delivered",
        }
    }
}

impl fmt::Display for RecordAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Drop => "drop",
            Self::Edit => "edit",
            Self::Undo => "undo",
        })
    }
}
