//! What became of a record, in words.

use crate::widget::number;
use sluice_api::{EventOutcome, TracedRecord};

/// What became of a record, and because of which other.
pub(super) fn words(record: &TracedRecord) -> String {
    let what = match &record.outcome {
        None => "not in silver yet",
        Some(EventOutcome::Applied) => "applied",
        Some(EventOutcome::Partly { .. }) => "partly applied",
        Some(EventOutcome::Older { .. }) => "superseded",
        Some(EventOutcome::Duplicate { .. }) => "duplicate",
        Some(EventOutcome::Tie { .. }) => "tie",
        Some(EventOutcome::BeforeDelete { .. }) => "before a delete",
        Some(EventOutcome::NothingToDelete) => "nothing to delete",
        Some(EventOutcome::NoNewVersion) => "no new version",
        Some(EventOutcome::LeftOut) => "left out by keep",
        Some(EventOutcome::BeforeStart) => "before the table begins",
        Some(EventOutcome::Dropped { decision: Some(of) }) => return format!("{}, {}", of.action.done(), of.by),
        Some(EventOutcome::Dropped { decision: None }) => "dropped before, delivered again",
        Some(EventOutcome::Quarantined { reason, .. }) => return format!("quarantine, {reason}"),
    };
    match &record.by {
        Some(by) => format!("{what}, batch {} record {}", by.batch, number::count(by.record.get())),
        None => what.to_owned(),
    }
}
