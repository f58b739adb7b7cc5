//! How hard the change of a contract entry is for others.

use serde::{Deserialize, Serialize};

/// How hard a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Nobody has to act.
    Info,
    /// Someone may notice.
    Warning,
    /// Someone has to act.
    Breaking,
}
