//! What the plan says: names of its releases, how many changes of a grade, and whether there are any.

use sluice_api::{Grade, PublishPlan};

/// `r15`.
pub(super) fn release(number: u64) -> String {
    format!("r{number}")
}

/// The release that the draft is compared with, in words.
pub(super) fn base(plan: &PublishPlan) -> String {
    plan.base.map_or_else(|| "nothing".to_owned(), release)
}

/// Whether the draft is the current release, or empty.
pub(super) fn nothing_to_publish(plan: &PublishPlan) -> bool {
    plan.is_published() || (plan.base.is_none() && plan.contracts == 0)
}

/// How many changes are of this grade.
pub(super) fn count(plan: &PublishPlan, grade: Grade) -> u64 {
    plan.changes.iter().filter(|change| change.grade == grade).count() as u64
}
