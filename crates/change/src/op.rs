//! What an event does.

use serde::{Deserialize, Serialize};

/// What an event does to the row of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Row of a snapshot or full load.
    Read,
    /// Insert, update or upsert.
    Upsert,
    /// Delete of the key.
    Delete,
    /// Delete of the key in a table with `delete_mode: soft`: an upsert that says no more than that
    /// the key is deleted.
    SoftDelete,
    /// Insert, update or upsert of a row that `apply.keep` leaves out: as a delete of the key.
    Filtered,
    /// An event of before the table begins (`source.from`): it is counted and does nothing.
    Early,
    /// An event of a record that a person dropped, or replaced by another text: it is counted and does nothing.
    Dropped,
    /// Delete of every key whose events are older; has no key.
    Truncate,
}

impl Op {
    /// One letter, as in Debezium: `r`, `u`, `d`, `t`; `s` for a soft delete, `f` for a row that is left out, `e` for an event that is too early, `x`
    /// for one that was dropped.
    #[must_use]
    pub fn letter(self) -> &'static str {
        match self {
            Self::Read => "r",
            Self::Upsert => "u",
            Self::Delete => "d",
            Self::SoftDelete => "s",
            Self::Filtered => "f",
            Self::Early => "e",
            Self::Dropped => "x",
            Self::Truncate => "t",
        }
    }

    /// The operation of that letter.
    #[must_use]
    pub fn from_letter(letter: &str) -> Option<Self> {
        Some(match letter {
            "r" => Self::Read,
            "u" => Self::Upsert,
            "d" => Self::Delete,
            "s" => Self::SoftDelete,
            "f" => Self::Filtered,
            "e" => Self::Early,
            "x" => Self::Dropped,
            "t" => Self::Truncate,
            _ => return None,
        })
    }

    /// Whether the event has no say in the table at all.
    #[must_use]
    pub fn is_left_out(self) -> bool {
        matches!(self, Self::Early | Self::Dropped)
    }

    /// Whether there is no row of the key after the event.
    #[must_use]
    pub fn is_delete(self) -> bool {
        matches!(self, Self::Delete | Self::Filtered)
    }

    /// Whether the event writes columns of a row.
    #[must_use]
    pub fn is_upsert(self) -> bool {
        matches!(self, Self::Read | Self::Upsert | Self::SoftDelete)
    }
}
