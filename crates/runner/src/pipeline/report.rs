//! What a replay reports of a table, while it runs and at its end.

use super::batch::BatchDone;
use sluice_api::{Counters, TableReplay};
use sluice_change::RowLedger;
use sluice_contract::TableName;
use std::collections::BTreeMap;

/// What was done so far; of a table that stopped, everything before its error.
pub(crate) struct Report {
    table: TableName,
    batches: u64,
    files: u64,
    counters: Counters,
    reasons: BTreeMap<String, u64>,
    /// The version that readers see.
    pub(crate) silver_version: Option<u64>,
}

impl Report {
    /// Nothing yet.
    pub(crate) fn new(table: &TableName) -> Self {
        Self {
            table: table.clone(),
            batches: 0,
            files: 0,
            counters: Counters::default(),
            reasons: BTreeMap::new(),
            silver_version: None,
        }
    }

    /// Adds a batch; one without files is none.
    pub(crate) fn add(&mut self, done: &BatchDone) {
        let BatchDone { files, ledger, reasons, silver_version } = done;
        self.batches += u64::from(*files > 0);
        self.files += files;
        self.counters.add(&counters(ledger));
        for (reason, count) in reasons {
            *self.reasons.entry(reason.clone()).or_default() += count;
        }
        self.silver_version = *silver_version;
    }

    /// Records in quarantine, and files that could not be read to their end.
    pub(crate) fn quarantined(&self) -> u64 {
        self.reasons.values().sum()
    }

    /// As the screens and the command line see it.
    pub(crate) fn into_view(self, error: Option<sluice_api::ApiError>) -> TableReplay {
        let Self { table, batches, files, counters, reasons, silver_version } = self;
        TableReplay { table, batches, files, counters, silver_version, reasons: reasons.into_iter().collect(), error }
    }
}

/// The ledger as the screens see it.
pub(crate) fn counters(ledger: &RowLedger) -> Counters {
    Counters {
        rows_in: ledger.rows_in,
        inserted: ledger.inserted,
        updated: ledger.updated,
        deleted: ledger.deleted,
        delete_of_absent: ledger.delete_of_absent,
        unchanged: ledger.unchanged,
        superseded: ledger.superseded,
        duplicate: ledger.duplicate,
        tombstone_blocked: ledger.tombstone_blocked,
        quarantined: ledger.quarantined,
        ties: ledger.ties,
        truncates: ledger.truncates,
        truncated_rows: ledger.truncated_rows,
        split_rows: ledger.split_rows,
        late_applied_to_history: ledger.late_applied_to_history,
        revived: ledger.revived,
        stale_ignored: ledger.stale_ignored,
        absent_filled: ledger.absent_filled,
        absent_unfilled: ledger.absent_unfilled,
        silver_before: ledger.silver_before,
        silver_after: ledger.silver_after,
    }
}
