//! Releases of the contract set.

use crate::{ContractChange, Effect, TableName};
use serde::{Deserialize, Serialize};

/// A published release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseView {
    /// Number; shown as `r14`.
    pub release: u64,
    /// When, milliseconds since the Unix epoch.
    pub published_ms: i64,
    /// Who.
    pub author: String,
    /// Note.
    pub note: String,
    /// Contracts in it.
    pub contracts: u64,
    /// BLAKE3 of the contract set, hex.
    pub hash: String,
    /// The runner takes this one.
    pub current: bool,
}

/// What publishing would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishPlan {
    /// Release the draft is compared with.
    pub base: Option<u64>,
    /// Number the new release would have.
    pub next: u64,
    /// Contracts in the draft.
    pub contracts: u64,
    /// BLAKE3 of the draft's texts, hex; the hash that the release would have.
    pub hash: String,
    /// Differences, hardest first: the explanation of what the hash decides.
    pub changes: Vec<ContractChange>,
    /// What the runner does to each table whose contract differs, or whose silver is not of the draft.
    pub tables: Vec<TableEffect>,
    /// What stands in the way: contract errors and failing checks, one sentence each.
    pub blockers: Vec<String>,
    /// Fingerprints of silver that the runner has to reach, `(table, version, hash)`.
    pub fingerprints: Vec<(TableName, u64, String)>,
    /// Releases, latest first.
    pub releases: Vec<ReleaseView>,
}

impl PublishPlan {
    /// Whether the current release holds the very texts of the draft, so that there is nothing to publish.
    #[must_use]
    pub fn is_published(&self) -> bool {
        self.releases.iter().any(|release| release.current && release.hash == self.hash)
    }
}

/// What the runner does to a table by the draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableEffect {
    /// Table.
    pub table: TableName,
    /// How much of it changes.
    pub effect: Effect,
    /// One sentence.
    pub note: String,
}

/// A publish that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedView {
    /// The release.
    pub release: ReleaseView,
    /// Where it was written.
    pub location: String,
}
