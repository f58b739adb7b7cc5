//! Kinds of changes: inserted, updated, deleted rows, or all.

/// Kind of changes shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// All.
    #[default]
    All,
    /// `+`.
    Inserted,
    /// `~`.
    Updated,
    /// `−`.
    Deleted,
}

impl Kind {
    /// As a condition over the rows.
    pub(super) fn condition(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::Inserted => Some("_change = '+'"),
            Self::Updated => Some("_change = '~'"),
            Self::Deleted => Some("_change = '-'"),
        }
    }

    /// The kind that a typed character stands for.
    pub(super) fn of_key(text: &str) -> Option<Self> {
        match text {
            "+" => Some(Self::Inserted),
            "~" => Some(Self::Updated),
            "-" => Some(Self::Deleted),
            _ => None,
        }
    }
}
