//! What the change of a contract entry does to a table.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What the change of an entry does to the table, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// What is known of the table changes; its rows, columns and checks stay.
    Metadata,
    /// The rows are judged by other checks from the next batch on.
    ChecksOnly,
    /// Batches from now on are made differently; what is in silver stays.
    NewBatchesOnly,
    /// Columns of silver come or go and no data file is written, where bronze proves that older rows stay the
    /// same; else it is a rebuild.
    ColumnsOnly,
    /// Silver is computed again from bronze, in one commit.
    Rebuild,
}

impl Effect {
    /// All effects, the least first.
    pub const ALL: [Self; 5] =
        [Self::Metadata, Self::ChecksOnly, Self::NewBatchesOnly, Self::ColumnsOnly, Self::Rebuild];

    /// The words in documents and on screen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::ChecksOnly => "checks only",
            Self::NewBatchesOnly => "new batches only",
            Self::ColumnsOnly => "columns only",
            Self::Rebuild => "rebuild",
        }
    }

    /// One sentence on what the runner does.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Metadata => "No row, column or check changes",
            Self::ChecksOnly => "Other checks hold from the next batch on",
            Self::NewBatchesOnly => "Holds from the next batch on, silver stays as it is",
            Self::ColumnsOnly => "Only the columns of silver change, no file is written",
            Self::Rebuild => "Silver is rebuilt from bronze",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
