//! Sandboxes: where a draft is tried over the lake's data while the lake stays as it is.

use serde::{Deserialize, Serialize};

/// Whether a sandbox can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SandboxState {
    /// Its lake keeps what it needs.
    Open,
    /// Its lake may have cleaned up what it needs; remove it and make another one.
    Expired,
    /// Making it was interrupted; remove it and make it again.
    Unfinished,
}

impl SandboxState {
    /// The word on screen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Expired => "expired",
            Self::Unfinished => "unfinished",
        }
    }
}

/// A sandbox of the lake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxView {
    /// Name, unique in its lake.
    pub name: String,
    /// Its address: [`crate::ask::OpenLake`] opens it.
    pub place: String,
    /// Who made it: user and host.
    pub by: String,
    /// When it was made, milliseconds since the Unix epoch.
    pub created_ms: i64,
    /// Until when its lake keeps what it needs, milliseconds since the Unix epoch.
    pub expires_ms: i64,
    /// Whether it can be used.
    pub state: SandboxState,
}

/// The sandbox that is open instead of its lake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InSandbox {
    /// The sandbox.
    pub sandbox: SandboxView,
    /// Address of its lake: [`crate::ask::OpenLake`] opens it.
    pub base: String,
}

/// A sandbox that was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovedSandbox {
    /// Its name.
    pub name: String,
    /// Its address.
    pub place: String,
    /// Its files are gone too; if not, its folder cannot be reached from here or is another one's by now.
    pub files: bool,
}
