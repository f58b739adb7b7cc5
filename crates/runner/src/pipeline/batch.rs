//! A batch on its way to silver: what its records are, what is counted of them, and what became of it.

use super::late_events::quarantine_late;
use super::tally::{RejectKinds, Tally};
use crate::RunError;
use crate::silver::newest_time::NewestTime;
use crate::silver::watermark::forgotten_before;
use crate::support::elapsed::elapsed_ms;
use sluice_cdc::DecodedFile;
use sluice_change::RowLedger;
use sluice_contract::Contract;
use sluice_lake::{EventSpan, SourceMark};
use std::collections::BTreeMap;
use std::time::Instant;

/// The decoded records that go to silver in one commit: a batch, or several of which all but the last were held
/// or interrupted, or all of bronze.
pub(crate) struct DecodedBatch {
    pub(crate) records: Vec<DecodedFile>,
    pub(crate) summary: BatchSummary,
}

/// What is known of a batch once it is decoded.
#[derive(Clone, Debug)]
pub(crate) struct BatchSummary {
    /// Its number, the last one of several.
    pub(crate) batch: u64,
    /// Files that it was delivered in.
    pub(crate) files: u64,
    /// When work on it began.
    pub(crate) started: Instant,
    /// Events that are not in quarantine.
    pub(crate) events: u64,
    /// Records in quarantine by reason code, files that could not be read to their end included.
    pub(crate) reasons: BTreeMap<String, u64>,
    /// Records in quarantine; a whole file is not one.
    pub(crate) quarantined: u64,
    /// The records in quarantine by reason and column, with an example of each.
    pub(crate) rejects: RejectKinds,
    /// Records by the table of the source that they say they are of.
    pub(crate) source_tables: BTreeMap<String, u64>,
    /// Events by the server whose log they say they are of.
    pub(crate) logs: BTreeMap<String, u64>,
    pub(crate) span: Span,
    /// What its records say of their source.
    pub(crate) source: SourceMark,
    /// Records of other tables of the source, left out.
    pub(crate) left_out: BTreeMap<String, u64>,
    /// Events by what ordered them, where the contract leaves it to the format.
    pub(crate) orders: BTreeMap<String, u64>,
    /// What is known of the records of each of several sources, by name.
    pub(crate) by_source: BTreeMap<String, BatchSummary>,
}

/// First and last position of a batch and its newest source time, for people.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    first: Option<String>,
    last: Option<String>,
    pub(crate) newest: NewestTime,
}

/// What one batch did.
#[derive(Clone, Debug, Default)]
pub(crate) struct BatchDone {
    pub(crate) files: u64,
    pub(crate) ledger: RowLedger,
    pub(crate) reasons: BTreeMap<String, u64>,
    /// Records of other tables of the source, left out.
    pub(crate) left_out: BTreeMap<String, u64>,
    /// Events by what ordered them, where the contract leaves it to the format.
    pub(crate) orders: BTreeMap<String, u64>,
    pub(crate) silver_version: Option<u64>,
    /// Of a dry run: why the batch would be held.
    pub(crate) would_hold: Option<String>,
}

impl BatchDone {
    /// Adds a batch that came after it.
    pub(crate) fn add(&mut self, later: Self) {
        let Self { files, ledger, reasons, left_out, orders, silver_version, would_hold } = later;
        self.files += files;
        self.ledger.add(&ledger);
        for (counts, more) in [(&mut self.reasons, reasons), (&mut self.left_out, left_out), (&mut self.orders, orders)]
        {
            for (name, count) in more {
                *counts.entry(name).or_default() += count;
            }
        }
        self.silver_version = silver_version;
        self.would_hold = would_hold;
    }
}

impl DecodedBatch {
    /// Decoded records with what is counted of them.
    pub(crate) fn new(batch: u64, files: u64, started: Instant, records: Vec<DecodedFile>) -> Self {
        let mut tally = Tally::default();
        records.iter().for_each(|file| tally.add(file));
        Self { records, summary: BatchSummary::of(tally, batch, files, started) }
    }

    /// The same with events in quarantine that are older than the deletes that are remembered. `watermark`: the
    /// newest event time of the batches before.
    ///
    /// # Errors
    /// If the remaining events do not fit together.
    pub(crate) fn without_late(self, contract: &Contract, watermark: Option<i64>) -> Result<Self, RunError> {
        if forgotten_before(contract, watermark).is_none() {
            return Ok(self);
        }
        let BatchSummary { batch, files, started, .. } = self.summary;
        Ok(Self::new(batch, files, started, quarantine_late(contract, self.records, watermark)?))
    }
}

impl BatchSummary {
    /// What is known of a batch of so many files whose records were counted.
    pub(crate) fn of(tally: Tally, batch: u64, files: u64, started: Instant) -> Self {
        let by_source: BTreeMap<String, Self> =
            tally.by_source.iter().map(|(name, of)| (name.clone(), Self::of(of.clone(), batch, 0, started))).collect();
        let marks = by_source.iter().map(|(name, of)| (name.clone(), of.source.clone()));
        let source = SourceMark { by_source: marks.collect(), ..SourceMark::default() };
        // Positions of two sources do not compare, so there is none of all of them.
        let source = if by_source.is_empty() {
            SourceMark {
                tables: tally.source_tables.keys().cloned().collect(),
                last: tally.last_change.map(|seq| seq.to_string()),
                newest_ms: tally.newest_change_ms,
                orders: tally.orders_of_epochs.clone(),
                logs: tally.logs_of_epochs.clone(),
                ..source
            }
        } else {
            source
        };
        let span = Span {
            first: tally.first.map(|seq| seq.position()),
            last: tally.last.map(|seq| seq.position()),
            newest: tally.times.clone().newest(),
        };
        let Tally { events, reasons, quarantined, rejects, source_tables, left_out, orders, logs, .. } = tally;
        Self {
            batch,
            files,
            started,
            events,
            reasons,
            quarantined,
            rejects,
            source_tables,
            logs,
            span,
            source,
            left_out,
            orders,
            by_source,
        }
    }

    /// Events and records in quarantine.
    pub(crate) fn rows(&self) -> u64 {
        self.events + self.quarantined
    }

    /// The batch with what it did to silver, or would.
    pub(crate) fn done(self, ledger: RowLedger, silver_version: Option<u64>) -> BatchDone {
        let Self { files, reasons, left_out, orders, .. } = self;
        BatchDone { files, ledger, reasons, left_out, orders, silver_version, would_hold: None }
    }
}

impl Span {
    /// As a commit has it, with the time since `started`.
    pub(crate) fn of_commit(&self, started: Instant) -> EventSpan {
        let Self { first, last, newest } = self;
        let newest_ms = newest.millis;
        EventSpan { first: first.clone(), last: last.clone(), newest_ms, elapsed_ms: elapsed_ms(started) }
    }
}
