//! Releases as they were published, and what is agreed on before one is.

use crate::plan::PlanDocument;
use crate::reached::{ReachedTable, reached_summary};
use crate::{ContractChange, TableRef};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What is shown for something that a release does not say, because a version of Sluice published it that did not
/// record it.
pub const UNKNOWN: &str = "unknown";

/// A published release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseView {
    /// Number; shown as `r14`.
    pub release: u64,
    /// When, milliseconds since the Unix epoch.
    pub published_ms: i64,
    /// Who; `None` if that was not recorded.
    pub author: Option<String>,
    /// Why, in the author's words; `None` if that was not recorded, empty if there are none.
    #[serde(rename = "note")]
    pub message: Option<String>,
    /// Release that was current before.
    pub base: Option<u64>,
    /// The release whose contracts and models it has again.
    pub rollback: Option<u64>,
    /// Hash of the plan that it was published by; `None` if that was not recorded.
    pub plan: Option<String>,
    /// Version of the engine that published it; `None` if that was not recorded.
    pub engine: Option<String>,
    /// Who approved its plan.
    pub approved_by: Vec<String>,
    /// Contracts in it.
    pub contracts: u64,
    /// Tables and models whose contract or SQL is another than in the release before; `None` if that one cannot be
    /// read.
    pub changed: Option<Vec<TableRef>>,
    /// BLAKE3 of the contract set, hex.
    pub hash: String,
    /// The runner takes this one.
    pub current: bool,
    /// Tests in it.
    #[serde(default)]
    pub tests: u64,
    /// Why it was published though a test did not pass; `None` if all did.
    #[serde(default)]
    pub without_tests: Option<String>,
    /// Tables that were previewed; `None` if that was not recorded.
    #[serde(default)]
    pub previewed: Option<u64>,
    /// How those of them that the runner has taken compare with that.
    #[serde(default)]
    pub reached: Vec<ReachedTable>,
}

impl ReleaseView {
    /// Who, in words.
    #[must_use]
    pub fn author_text(&self) -> &str {
        self.author.as_deref().unwrap_or(UNKNOWN)
    }

    /// Whether the runner reached what was previewed, in words.
    #[must_use]
    pub fn reached_text(&self) -> String {
        reached_summary(self.previewed, &self.reached)
    }

    /// Why, in words; empty if the author gave none.
    #[must_use]
    pub fn message_text(&self) -> &str {
        self.message.as_deref().unwrap_or(UNKNOWN)
    }
}

/// Every release, and what stands before the next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseList {
    /// Releases, latest first.
    pub releases: Vec<ReleaseView>,
    /// Plans that were proposed and not published, latest first.
    pub proposals: Vec<ProposalView>,
    /// Proposals that cannot be read, a sentence each.
    pub problems: Vec<String>,
    /// People beside the author who have to approve a plan.
    pub approvals_needed: u32,
    /// An incident, during which nothing but a rollback is published.
    pub lock: Option<IncidentLock>,
}

/// A release with everything that is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseDetail {
    /// The release.
    pub release: ReleaseView,
    /// The plan that it was published by; `None` if that was not recorded.
    pub plan: Option<PlanDocument>,
    /// Contracts and models, by path.
    pub texts: Vec<ReleaseText>,
}

/// A contract or model of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseText {
    /// Its table; `None` if the text names none.
    pub table: Option<TableRef>,
    /// Path in the lake.
    pub path: String,
    /// YAML or SQL.
    pub text: String,
}

/// A side of a comparison of releases: `r14`, or `draft`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseSide {
    /// The draft as it is now.
    Draft,
    /// A release.
    Release(u64),
}

impl fmt::Display for ReleaseSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Draft => f.write_str("draft"),
            Self::Release(number) => write!(f, "r{number}"),
        }
    }
}

impl FromStr for ReleaseSide {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "draft" { Ok(Self::Draft) } else { release_number(text).map(Self::Release) }
    }
}

/// The number of `r14`; `14` alone is the same.
///
/// # Errors
/// A sentence if it is neither.
pub fn release_number(text: &str) -> Result<u64, String> {
    let number = text.strip_prefix('r').unwrap_or(text).parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("`{text}` is not a release, write for example r14"))
}

/// What differs between two releases, or a release and the draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseDiff {
    /// Side before.
    pub from: ReleaseSide,
    /// Side after.
    pub to: ReleaseSide,
    /// Tables and models that differ, by name.
    pub tables: Vec<ReleaseTableDiff>,
}

/// What differs for one table or model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseTableDiff {
    /// Which; `None` for a text that names no table.
    pub table: Option<TableRef>,
    /// Path of its text, that after if it has one.
    pub path: String,
    /// Graded changes, hardest first; `None` if one of the two texts is not valid, so that they cannot be compared.
    pub changes: Option<Vec<ContractChange>>,
    /// Lines that differ, with three equal ones around them.
    pub lines: Vec<DiffLine>,
}

/// A line of two compared texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    /// `-` only before, `+` only after, a space for both.
    pub kind: char,
    /// Number in the text before, from 1.
    pub old: Option<u32>,
    /// Number in the text after, from 1.
    pub new: Option<u32>,
    /// The line without its end.
    pub text: String,
}

/// A plan that waits for others to approve it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalView {
    /// The plan.
    pub document: PlanDocument,
    /// When it was proposed, milliseconds since the Unix epoch.
    pub proposed_ms: i64,
    /// Who proposed it, and is the author of the release.
    pub author: String,
    /// Why.
    pub message: String,
    /// Who approved it; never the author.
    pub approvals: Vec<Approval>,
    /// How many approvals it needs.
    pub approvals_needed: u32,
    /// The release that is current now, if that is another one than the plan was made on: the plan is stale.
    pub overtaken_by: Option<u64>,
}

/// An approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who.
    pub by: String,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// A note that nothing is to be published for the time being.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentLock {
    /// Who locked.
    pub by: String,
    /// When, milliseconds since the Unix epoch.
    pub since_ms: i64,
    /// Why.
    pub because: String,
}

#[cfg(test)]
mod tests {
    use super::{ReleaseSide, release_number};

    #[test]
    fn a_release_is_named_as_it_is_shown() {
        assert_eq!((release_number("r14"), release_number("14")), (Ok(14), Ok(14)));
        for text in ["", "r", "r0", "0", "draft", "r-1", "rr1", "v3"] {
            assert!(release_number(text).is_err_and(|why| why.contains("r14")), "{text}");
        }
        assert_eq!("draft".parse(), Ok(ReleaseSide::Draft));
        assert_eq!("r3".parse::<ReleaseSide>().map(|side| side.to_string()), Ok("r3".to_owned()));
    }
}
