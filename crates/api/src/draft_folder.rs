//! A folder of contracts and models, for example of a git repository, kept in step with a lake's draft.

use serde::{Deserialize, Serialize};

/// How a file of the draft stands to the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftFileState {
    /// Both are the same.
    Same,
    /// Changed in the folder since both were the same: `push` takes it to the lake.
    ChangedHere,
    /// Changed in the lake: `pull` takes it into the folder.
    ChangedInLake,
    /// Changed on both sides; neither goes over the other.
    Conflict,
}

impl DraftFileState {
    /// What it says to people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::ChangedHere => "changed here",
            Self::ChangedInLake => "changed in the lake",
            Self::Conflict => "changed on both sides",
        }
    }
}

/// A file of the draft, of the folder, or of both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftFile {
    /// Path in the lake and below the folder.
    pub path: String,
    /// How it stands.
    pub state: DraftFileState,
    /// Text in the folder; `None` if it is not there.
    pub here: Option<String>,
    /// Text in the lake; `None` likewise.
    pub lake: Option<String>,
}

/// A folder beside a draft, or what became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftFolder {
    /// The folder.
    pub folder: String,
    /// Files that differ, by path; after a `pull` or `push` those that still do.
    pub files: Vec<DraftFile>,
    /// Files that are the same.
    pub same: u64,
    /// Files that were written or removed, by path.
    pub moved: Vec<String>,
}
