//! What a failing check does.

use serde::{Deserialize, Serialize};

/// What a failing check does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Reported; the version becomes visible.
    Warn,
    /// The version does not become visible.
    Fail,
}

impl Severity {
    /// As the contract writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}
