//! What a replay reports of a table, while it runs and at its end.

use super::batch::BatchDone;
use super::table_run::TableRun;
use crate::RunError;
use sluice_api::{SilverRemade, TableReplay};
use sluice_change::RowLedger;
use sluice_contract::TableName;
use std::collections::BTreeMap;

/// What was done so far; of a table that stopped, everything before its error.
pub(crate) struct Report {
    table: TableName,
    batches: u64,
    files: u64,
    counters: RowLedger,
    reasons: BTreeMap<String, u64>,
    left_out: BTreeMap<String, u64>,
    orders: BTreeMap<String, u64>,
    would_hold: Option<String>,
    remade: Vec<SilverRemade>,
    would_remake: bool,
    would_recompute: Option<u64>,
    would_fill: Vec<String>,
    /// The version that readers see.
    pub(crate) silver_version: Option<u64>,
    /// Its rows.
    pub(crate) silver_rows: Option<u64>,
}

impl Report {
    /// Nothing yet.
    pub(crate) fn new(table: &TableName) -> Self {
        Self {
            table: table.clone(),
            batches: 0,
            files: 0,
            counters: RowLedger::default(),
            reasons: BTreeMap::new(),
            left_out: BTreeMap::new(),
            orders: BTreeMap::new(),
            would_hold: None,
            remade: Vec::new(),
            would_remake: false,
            would_recompute: None,
            would_fill: Vec::new(),
            silver_version: None,
            silver_rows: None,
        }
    }

    /// Adds a batch; one without files is none.
    pub(crate) fn add(&mut self, done: &BatchDone) {
        let BatchDone { files, ledger, reasons, left_out, orders, silver_version, would_hold } = done;
        self.batches += u64::from(*files > 0);
        self.files += files;
        self.counters.add(ledger);
        for (reason, count) in reasons {
            *self.reasons.entry(reason.clone()).or_default() += count;
        }
        for (table, count) in left_out {
            *self.left_out.entry(table.clone()).or_default() += count;
        }
        for (words, count) in orders {
            *self.orders.entry(words.clone()).or_default() += count;
        }
        self.silver_version = *silver_version;
        self.would_hold.clone_from(would_hold);
    }

    /// What silver is at the end, and what of it was made anew.
    pub(crate) fn see(&mut self, run: &TableRun) {
        self.silver_version = run.silver_version();
        self.silver_rows = run.silver_rows();
        self.remade = run.remade().to_vec();
    }

    /// Of a dry run: what silver would be.
    pub(crate) async fn foresee(&mut self, run: &TableRun) -> Result<(), RunError> {
        self.would_recompute = run.keys_to_recompute().await?.map(|concerned| concerned.keys.len() as u64);
        self.would_remake = self.would_recompute.is_none() && run.will_remake().await?;
        self.would_fill = run.will_fill().await?;
        // How many rows there are afterwards is known once it is made.
        let is_known = !self.would_remake && self.would_recompute.is_none();
        self.silver_rows = is_known.then_some(self.counters.silver_after);
        Ok(())
    }

    /// Records in quarantine, and files that could not be read to their end.
    pub(crate) fn quarantined(&self) -> u64 {
        self.reasons.values().sum()
    }

    /// As the screens and the command line see it.
    pub(crate) fn into_view(self, error: Option<sluice_api::ApiError>) -> TableReplay {
        TableReplay {
            table: self.table,
            batches: self.batches,
            files: self.files,
            counters: self.counters,
            silver_version: self.silver_version,
            silver_rows: self.silver_rows,
            remade: self.remade,
            would_remake: self.would_remake,
            would_recompute: self.would_recompute,
            would_fill: self.would_fill,
            reasons: self.reasons.into_iter().collect(),
            left_out: self.left_out.into_iter().collect(),
            orders: self.orders.into_iter().collect(),
            would_hold: self.would_hold,
            error,
        }
    }
}
