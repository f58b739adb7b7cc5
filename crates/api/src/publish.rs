//! What publishing would do, and what came of it.

use crate::plan::PlanDocument;
use crate::release::{IncidentLock, ProposalView, ReleaseView};
use crate::{CanaryTable, LakeTestReport, TableName, TableRef};
use serde::{Deserialize, Serialize};

/// What publishing would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishPlan {
    /// What it decides.
    #[serde(flatten)]
    pub document: PlanDocument,
    /// Number the new release would have.
    pub next: u64,
    /// Contracts that it would have.
    pub contracts: u64,
    /// Rows that the decisions on records change where they were tried: inserted, updated, deleted, by table.
    #[serde(default)]
    pub changed_rows: Vec<(TableName, [u64; 3])>,
    /// Of a rollback: records that stay dropped or edited, by table. Decisions on them are no part of a release's contracts.
    #[serde(default)]
    pub stay_decided: Vec<(TableName, u64)>,
    /// What stands in the way: contract errors and failing checks, one sentence each.
    pub blockers: Vec<String>,
    /// Fingerprints of silver that the runner has to reach, `(table, version, hash)`: those of [`PlanDocument::previewed`].
    pub fingerprints: Vec<(TableName, u64, String)>,
    /// Who would be its author if nobody else is named; `None` if this machine does not say.
    pub author: Option<String>,
    /// People beside the author who have to approve the plan.
    pub approvals_needed: u32,
    /// What came of the tests of what would be published; `None` for a rollback, whose tests passed then.
    #[serde(default)]
    pub tests: Option<LakeTestReport>,
    /// The plan as it was proposed, if it was.
    pub proposal: Option<Box<ProposalView>>,
    /// An incident, during which nothing but a rollback is published.
    pub lock: Option<IncidentLock>,
    /// Releases, latest first.
    pub releases: Vec<ReleaseView>,
}

impl PublishPlan {
    /// Whether the current release holds the very texts already and no record is decided on, so that there is nothing to publish.
    #[must_use]
    pub fn is_published(&self) -> bool {
        self.document.records.is_empty() && self.document.base_hash.as_deref() == Some(self.document.hash.as_str())
    }

    /// Whether somebody else has to approve the plan before it can be published.
    #[must_use]
    pub fn waits_for_approval(&self) -> bool {
        let given = self.proposal.as_ref().map_or(0, |proposal| proposal.approvals.len());
        u32::try_from(given).unwrap_or(u32::MAX) < self.approvals_needed
    }
}

/// A publish that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedView {
    /// The release.
    pub release: ReleaseView,
    /// Where it was written.
    pub location: String,
    /// From a sandbox, a canary, or back to an earlier release: the tables that are others by this release, and whether
    /// files that are there already are it now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<PublishedTable>,
    /// Built beside production first: what it changes there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub canary: Vec<CanaryTable>,
}

/// What became of a table whose silver is another by a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedTable {
    /// Table.
    pub table: TableRef,
    /// The version that took over the sandbox's files; `None` if none did.
    pub version: Option<u64>,
    /// One sentence: adopted, or why the next run rebuilds it.
    pub note: String,
}
