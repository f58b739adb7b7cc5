//! What can go wrong when publishing.

use sluice_contract::Problem;
use sluice_lake::LakeError;

/// Why a release could not be read, published or rolled back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The lake could not be read or written.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// Someone else published first; the sentence says who and what. Look at the plan again.
    #[error("{message}")]
    Conflict {
        /// For people.
        message: String,
    },
    /// The draft has problems.
    #[error("the contracts cannot be published: fix {} first", problems(.blockers))]
    Blocked {
        /// One sentence each.
        blockers: Vec<String>,
    },
    /// No such release was ever current.
    #[error("release r{release} was never published")]
    NotPublished {
        /// Number asked for.
        release: u64,
    },
    /// A release, pointer, proposal or lock does not hold what was written.
    #[error("a file of the releases cannot be used, {reason}: {path}")]
    Corrupt {
        /// What is wrong.
        reason: String,
        /// File.
        path: String,
    },
    /// What the caller passed is wrong.
    #[error("{message}")]
    Input {
        /// What is wrong.
        message: String,
        /// What to do.
        next: String,
    },
    /// The plan is not what would be done now.
    #[error("the plan is stale: {}", moved.join("; "))]
    Stale {
        /// What moved since the plan was made, one sentence each: base, draft, engine, or the lake.
        moved: Vec<String>,
    },
    /// The plan does not have its own hash: it was edited, or is not whole.
    #[error("the plan cannot be used, {reason}")]
    EditedPlan {
        /// What is wrong.
        reason: String,
    },
    /// Others have to agree first, or have asked for a pause.
    #[error("{message}")]
    NotAllowed {
        /// Who is in the way, since when and why.
        message: String,
        /// What to do.
        next: String,
    },
    /// The settings of the lake cannot be read.
    #[error("the settings of the lake are not valid: {0}")]
    Settings(Problem),
}

impl PublishError {
    /// Whether the same call may succeed later without anyone changing anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Lake(source) => source.is_retryable(),
            Self::Conflict { .. }
            | Self::Blocked { .. }
            | Self::NotPublished { .. }
            | Self::Corrupt { .. }
            | Self::Input { .. }
            | Self::Stale { .. }
            | Self::EditedPlan { .. }
            | Self::NotAllowed { .. }
            | Self::Settings(_) => false,
        }
    }

    /// A usage error.
    pub(crate) fn input(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self::Input { message: message.into(), next: next.into() }
    }
}

fn problems(blockers: &[String]) -> String {
    match blockers {
        [one] => format!("1 problem ({one})"),
        many => format!("{} problems", many.len()),
    }
}
