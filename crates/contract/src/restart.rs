//! A source that starts again: a full load is loaded anew, or its log counts from the beginning.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What starts again with a batch (`source.restarts`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restart {
    /// `reload`: the batch begins with all rows of the table. Older rows and changes are gone.
    Reload,
    /// `position`: positions count anew, so its events are newer than all before. Older rows stay.
    Position,
    /// `same`: nothing; the same files were delivered again.
    Same,
}

impl Restart {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Reload, Self::Position, Self::Same];

    /// The word in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reload => "reload",
            Self::Position => "position",
            Self::Same => "same",
        }
    }
}

impl fmt::Display for Restart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How often a source has started again when a batch was delivered. Every event of a later epoch is newer than all of
/// an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epoch {
    /// Starts before and with the batch, without the first.
    pub number: u8,
    /// The batch begins the epoch with all rows of the table.
    pub is_reload: bool,
}

impl Epoch {
    /// Starts that a position has room for.
    pub const MAX: usize = 100;
}
