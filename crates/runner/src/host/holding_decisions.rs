//! The decisions on single records that hold, as people see them.

use sluice_api::{DecidedRecordView, RecordDecisionView};
use sluice_contract::RecordNumber;
use sluice_lake::{RecordDecision, RecordDecisions};
use std::collections::BTreeMap;

/// The decisions that hold, by batch, file and number in the file.
pub(super) struct Holding<'a>(BTreeMap<(u64, &'a str, u64), &'a RecordDecision>);

impl<'a> Holding<'a> {
    /// Those of all.
    pub(super) fn of(decisions: &'a RecordDecisions) -> Self {
        let in_force = decisions.in_force().into_iter();
        Self(in_force.map(|(place, (_, decision))| ((place.batch, place.file.as_str(), place.row), decision)).collect())
    }

    /// The decision on a record.
    pub(super) fn on(&self, batch: u64, file: &str, row: u64) -> Option<RecordDecisionView> {
        self.0.get(&(batch, file, row)).map(|decision| view(decision))
    }

    /// All of a batch.
    pub(super) fn of_batch(&self, batch: u64) -> Vec<DecidedRecordView> {
        let of_batch = self.0.iter().filter(|((of, ..), _)| *of == batch);
        let record = |((_, file, row), decision): (&(u64, &str, u64), &&RecordDecision)| DecidedRecordView {
            file: (*file).to_owned(),
            record: RecordNumber::of_row(*row),
            decision: view(decision),
        };
        of_batch.map(record).collect()
    }
}

fn view(decision: &RecordDecision) -> RecordDecisionView {
    let RecordDecision { action, because, by, at_ms, .. } = decision;
    RecordDecisionView { action: *action, because: because.clone(), by: by.clone(), at_ms: *at_ms }
}
