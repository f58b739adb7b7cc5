//! What can go wrong when publishing.

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
    /// A release or pointer does not hold what was written.
    #[error("the release cannot be used, {reason}: {path}")]
    Corrupt {
        /// What is wrong.
        reason: String,
        /// File.
        path: String,
    },
}

impl PublishError {
    /// Whether the same call may succeed later without anyone changing anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Lake(source) => source.is_retryable(),
            Self::Conflict { .. } | Self::Blocked { .. } | Self::NotPublished { .. } | Self::Corrupt { .. } => false,
        }
    }
}

fn problems(blockers: &[String]) -> String {
    match blockers {
        [one] => format!("1 problem ({one})"),
        many => format!("{} problems", many.len()),
    }
}
