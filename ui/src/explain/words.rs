//! What became of an event, in words and colours.

use crate::widget::{Operation, Tone};
use sluice_api::{EventOutcome, ExplainedEvent, RecordAction};

/// The line of the list.
pub(super) fn outcome(outcome: &EventOutcome) -> String {
    match outcome {
        EventOutcome::Applied => "Applied".to_owned(),
        EventOutcome::Partly { by } => format!("Partly, the rest is of event {by}"),
        EventOutcome::Older { by } => format!("Older than event {by}"),
        EventOutcome::Duplicate { of } => format!("Duplicate of event {of}"),
        EventOutcome::Tie { with } => format!("Tie, event {with} won"),
        EventOutcome::BeforeDelete { by } => format!("Older than the delete of event {by}"),
        EventOutcome::NothingToDelete => "There was no row to delete".to_owned(),
        EventOutcome::NoNewVersion => "No new version".to_owned(),
        EventOutcome::LeftOut => "Left out by keep".to_owned(),
        EventOutcome::BeforeStart => "Before the table begins".to_owned(),
        EventOutcome::Dropped { decision: Some(of) } if of.action == RecordAction::Edit => "Edited".to_owned(),
        EventOutcome::Dropped { .. } => "Dropped".to_owned(),
        EventOutcome::Quarantined { reason, further, .. } if further.is_empty() => format!("Quarantine, {reason}"),
        EventOutcome::Quarantined { reason, further, .. } => format!("Quarantine, {reason} and {} more", further.len()),
    }
}

/// One sentence about it.
pub(super) fn sentence(event: &ExplainedEvent) -> String {
    match &event.outcome {
        EventOutcome::Applied if event.operation == "delete" => "It took the row away".to_owned(),
        EventOutcome::Applied if event.operation == "truncate" => "It emptied the table".to_owned(),
        EventOutcome::Applied => "All that it says is what the row shows".to_owned(),
        EventOutcome::Partly { by } => {
            format!("The row shows {} of it; event {by} is newer and has the others", event.columns.join(", "))
        }
        EventOutcome::Older { by } => format!("Event {by} is newer in the order of the source and took its place"),
        EventOutcome::Duplicate { of } => format!("Event {of} is the same one, delivered before"),
        EventOutcome::Tie { with } => {
            format!("Event {with} has the same position in the source; the contract's `tie_policy` chose that one")
        }
        EventOutcome::BeforeDelete { by } => {
            format!("It is older than the delete of event {by}, so it does not bring the row back")
        }
        EventOutcome::NothingToDelete => "No event before it made a row of this key".to_owned(),
        EventOutcome::NoNewVersion => "It changes no column whose changes the table keeps".to_owned(),
        EventOutcome::LeftOut => {
            "The contract's `keep` does not hold for its row, so there is no row after it".to_owned()
        }
        EventOutcome::BeforeStart => "It is from before the table begins (`source.from`); bronze has it".to_owned(),
        EventOutcome::Dropped { decision: Some(of) } => {
            let what = match of.action {
                RecordAction::Edit => "Another text counts in its place",
                RecordAction::Drop | RecordAction::Undo => "Silver is made without it",
            };
            format!("{what}: {} by {}, because {}", of.action.done(), of.by, of.because)
        }
        EventOutcome::Dropped { decision: None } => {
            "It is the event of a record that was dropped, delivered again".to_owned()
        }
        EventOutcome::Quarantined { reason, column, detail, further } => {
            let column = column.as_ref().map_or_else(String::new, |column| format!(" in column {column}"));
            let further: String = further.iter().map(|reason| format!("; {reason}")).collect();
            format!("It is kept out of silver: {reason}{column}. {detail}{further}")
        }
    }
}

/// Colour of the line.
pub(super) fn tone(outcome: &EventOutcome) -> Tone {
    match outcome {
        EventOutcome::Applied | EventOutcome::Partly { .. } => Tone::Ok,
        EventOutcome::Older { .. }
        | EventOutcome::Duplicate { .. }
        | EventOutcome::NoNewVersion
        | EventOutcome::LeftOut
        | EventOutcome::BeforeStart
        | EventOutcome::Dropped { .. }
        | EventOutcome::NothingToDelete => Tone::Neutral,
        EventOutcome::Tie { .. } | EventOutcome::BeforeDelete { .. } | EventOutcome::Quarantined { .. } => Tone::Warn,
    }
}

/// The mark of what an event does.
pub(super) fn operation(event: &ExplainedEvent) -> Operation {
    match event.operation.as_str() {
        "delete" | "truncate" | "row that keep leaves out" => Operation::Deleted,
        "event" => Operation::Updated,
        "snapshot row" => Operation::Inserted,
        "upsert" => Operation::Updated,
        _ => Operation::Quarantined,
    }
}
