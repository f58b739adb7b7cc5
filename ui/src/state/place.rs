//! The places of the rail.

use serde::{Deserialize, Serialize};

/// An entry of the rail; [`Place::row`] is its row in the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Tables and their rows.
    #[default]
    Lake,
    /// Batches.
    Replay,
    /// Two versions.
    Diff,
    /// Checks and quarantine.
    Quality,
    /// Queries.
    Sql,
    /// Releases.
    Publish,
}

impl Place {
    /// In the order of the rail.
    pub const ALL: [Self; 6] = [Self::Lake, Self::Replay, Self::Diff, Self::Quality, Self::Sql, Self::Publish];
}
