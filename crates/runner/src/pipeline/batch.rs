//! A batch on its way to silver: what its records are, what is counted of them, and what became of it.

use super::late_events::quarantine_late;
use super::quarantine::{reasons, rejected_rows};
use crate::RunError;
use crate::silver::newest_time::{NewestTime, newest_time};
use crate::silver::watermark::forgotten_before;
use crate::support::elapsed::elapsed_ms;
use sluice_cdc::DecodedFile;
use sluice_change::RowLedger;
use sluice_contract::Contract;
use sluice_lake::{EventSpan, SourceMark};
use std::collections::{BTreeMap, BTreeSet};
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
    /// Records in quarantine by reason code, files that could not be read to their end included.
    pub(crate) reasons: BTreeMap<String, u64>,
    /// Records in quarantine; a whole file is not one.
    pub(crate) quarantined: u64,
    pub(crate) span: Span,
    /// What its records say of their source.
    pub(crate) source: SourceMark,
    /// Records of other tables of the source, left out.
    pub(crate) left_out: BTreeMap<String, u64>,
    /// Events by what ordered them, where the contract leaves it to the format.
    pub(crate) orders: BTreeMap<String, u64>,
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
}

impl DecodedBatch {
    /// Decoded records with what is counted of them.
    pub(crate) fn new(batch: u64, files: u64, started: Instant, records: Vec<DecodedFile>) -> Self {
        let summary = BatchSummary {
            batch,
            files,
            started,
            reasons: reasons(&records),
            quarantined: rejected_rows(&records),
            span: Span::of(&records),
            source: source_mark(&records),
            left_out: summed(&records, |file| &file.other_tables),
            orders: summed(&records, |file| &file.orders),
        };
        Self { records, summary }
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

    /// Events and records in quarantine.
    pub(crate) fn rows(&self) -> u64 {
        self.records.iter().map(|file| file.changes.len() as u64).sum::<u64>() + self.summary.quarantined
    }
}

impl BatchSummary {
    /// The batch with what it did to silver, or would.
    pub(crate) fn done(self, ledger: RowLedger, silver_version: Option<u64>) -> BatchDone {
        let Self { files, reasons, left_out, orders, batch: _, started: _, quarantined: _, span: _, source: _ } = self;
        BatchDone { files, ledger, reasons, left_out, orders, silver_version }
    }
}

fn source_mark(records: &[DecodedFile]) -> SourceMark {
    let events = || records.iter().flat_map(|file| file.changes.seqs.iter().zip(file.changes.source_times_ms.iter()));
    let changes = || events().filter(|(seq, _)| seq.is_change());
    SourceMark {
        tables: records.iter().flat_map(|file| file.source_tables.keys().cloned()).collect(),
        last: changes().map(|(seq, _)| seq).max().map(|seq| seq.to_string()),
        newest_ms: changes().filter_map(|(_, time)| time).max(),
        orders: orders_of(records),
    }
}

fn summed(records: &[DecodedFile], of: impl Fn(&DecodedFile) -> &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for (name, count) in records.iter().flat_map(of) {
        *counts.entry(name.clone()).or_default() += count;
    }
    counts
}

/// What ordered the events, with the epoch of the source that they are of.
pub(crate) fn orders_of(records: &[DecodedFile]) -> BTreeSet<(u8, String)> {
    // The events of a file are of one epoch, which is in their ranks.
    let of_file = |file: &DecodedFile| {
        let epoch = file.changes.seqs.iter().map(|seq| seq.rank / 2).max().unwrap_or(0);
        file.orders.keys().map(move |words| (epoch, words.clone())).collect::<Vec<_>>()
    };
    records.iter().flat_map(of_file).collect()
}

impl Span {
    fn of(records: &[DecodedFile]) -> Self {
        let seqs = || records.iter().flat_map(|file| file.changes.seqs.iter());
        Self {
            first: seqs().min().map(|seq| seq.position()),
            last: seqs().max().map(|seq| seq.position()),
            newest: newest_time(records.iter().flat_map(|file| file.changes.source_times_ms.iter()).flatten()),
        }
    }

    /// As a commit has it, with the time since `started`.
    pub(crate) fn of_commit(&self, started: Instant) -> EventSpan {
        let Self { first, last, newest } = self;
        let newest_ms = newest.millis;
        EventSpan { first: first.clone(), last: last.clone(), newest_ms, elapsed_ms: elapsed_ms(started) }
    }
}
