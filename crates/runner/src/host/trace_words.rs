//! What became of a file or record, in one sentence.

use sluice_api::{EventOutcome, TraceCounts, TraceStage, TracedRecord};
use sluice_contract::RecordNumber;

/// The verdict.
pub(super) fn verdict(
    stage: TraceStage,
    counts: &TraceCounts,
    records: &[TracedRecord],
    record: Option<RecordNumber>,
    batch: u64,
) -> String {
    match stage {
        TraceStage::Waiting => String::new(),
        TraceStage::Claimed => format!("Batch {batch} has it and was not read yet. `sluice replay` finishes the batch"),
        TraceStage::Bronze => {
            format!("Bronze has it since batch {batch}; silver has not got that batch, it waits or was refused")
        }
        TraceStage::Silver if record.is_none() => {
            let TraceCounts { records: all, applied, superseded, left_out, quarantined, .. } = counts;
            let mut text = format!("{all} records = {applied} applied + {superseded} superseded");
            if *left_out > 0 {
                text.push_str(&format!(" + {left_out} left out"));
            }
            text.push_str(&format!(" + {quarantined} in quarantine, in batch {batch}"));
            let rest = |record: &&TracedRecord| record.operation == "rest of the file";
            if let Some(TracedRecord { outcome: Some(EventOutcome::Quarantined { reason, .. }), .. }) =
                records.iter().find(rest)
            {
                text.push_str(&format!("; the file could not be read to its end: {reason}"));
            }
            text
        }
        TraceStage::Silver => match records.first() {
            Some(TracedRecord {
                outcome: Some(EventOutcome::Quarantined { reason, column, detail, further }), ..
            }) => {
                let column = column.as_ref().map_or_else(String::new, |column| format!(" ({column})"));
                let further: String = further.iter().map(|reason| format!("; {reason}")).collect();
                format!("It is in quarantine since batch {batch}: {reason}{column}. {detail}{further}")
            }
            Some(TracedRecord { outcome: Some(EventOutcome::Dropped { decision: Some(decision) }), .. }) => {
                let (done, by, because) = (decision.action.done(), &decision.by, &decision.because);
                format!("It is of batch {batch}, {done} by {by} because {because}")
            }
            Some(TracedRecord { outcome: Some(EventOutcome::Dropped { decision: None }), .. }) => {
                format!("It is of batch {batch}: the event of a record that was dropped, delivered again")
            }
            Some(TracedRecord { outcome: Some(outcome), by, .. }) => {
                let place = by.as_ref().map_or_else(String::new, |by| {
                    format!(" record {} of {} in batch {}", by.record, by.file, by.batch)
                });
                format!("It reached silver with batch {batch}: {}{place}", words(outcome))
            }
            _ => format!("It is of batch {batch}, and what became of it is not known"),
        },
    }
}

/// What became of a record, as it precedes the place of the event that took its place.
fn words(outcome: &EventOutcome) -> &'static str {
    match outcome {
        EventOutcome::Applied => "applied, silver shows all that it says",
        EventOutcome::Partly { .. } => "partly applied, the newest of the other columns is of",
        EventOutcome::Older { .. } => "superseded by",
        EventOutcome::Duplicate { .. } => "a duplicate of",
        EventOutcome::Tie { .. } => "superseded by one at the same position,",
        EventOutcome::BeforeDelete { .. } => "superseded by the delete or truncate",
        EventOutcome::NothingToDelete => "there was no row to delete",
        EventOutcome::NoNewVersion => "it changes nothing that the table keeps",
        EventOutcome::LeftOut => "the contract leaves its row out",
        EventOutcome::BeforeStart => "it is of before the table begins",
        EventOutcome::Dropped { .. } => "dropped",
        EventOutcome::Quarantined { .. } => "in quarantine",
    }
}
