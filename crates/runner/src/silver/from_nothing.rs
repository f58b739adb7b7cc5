//! A table made anew of all its events, one range of keys after the other, as one candidate.
//!
//! The files of a range are written before the next but one is read, so that memory follows the range and not the
//! table. No reader sees any of them before the one commit.

use super::candidate::{Candidate, NewDeletes};
use super::event_runs::EventRanges;
use super::missing_base::{MissingColumns, missing_base};
use super::new_files::{RowSource, RowSources, write_new_files};
use crate::RunError;
use crate::support::blocking::blocking;
use arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt};
use sluice_change::{ChangeBatch, RowLedger};
use sluice_contract::{Contract, MissingBase};
use sluice_engine::{
    HistoryChange, KeyEncoder, MergePlan, NewTombstones, RangesLedger, SilverPlan, Tombstones, merge_segments,
    plan_from_nothing,
};
use sluice_lake::{DataFile, DeltaStore, NewFile};
use std::sync::Arc;

/// Ranges worked on at once: while the files of one are written, the next is read and planned.
const RANGES_AT_ONCE: usize = 2;

/// Plans and writes a table of these events. `screen` makes of the events of a range those that count, with what is to be
/// known of them, which is returned range by range.
///
/// # Errors
/// If the temporary file or the store fails, or the ledger does not balance; files that were written are discarded then.
pub(crate) async fn prepare_from_nothing<T: Send + 'static>(
    store: &DeltaStore,
    contract: &Arc<Contract>,
    ranges: EventRanges,
    screen: impl Fn(Vec<ChangeBatch>) -> Result<(Vec<ChangeBatch>, T), RunError> + Send + Sync + 'static,
) -> Result<(Candidate, Vec<T>), RunError> {
    let (ranges, screen) = (Arc::new(ranges), Arc::new(screen));
    let work = (0..ranges.len()).map(|number| {
        let (store, contract) = (store.clone(), Arc::clone(contract));
        let (ranges, screen) = (Arc::clone(&ranges), Arc::clone(&screen));
        async move {
            let prepared = blocking(move || {
                let (changes, known) = screen(ranges.read(number)?)?;
                Ok((plan_range(&contract, changes)?, known))
            });
            let (planned, known) = prepared.await?;
            let add = write_new_files(&store, Arc::new(planned.source), false).await?;
            Ok::<_, RunError>((add, planned.range, known))
        }
    });
    let work: Vec<_> = work.collect();
    let mut done = futures::stream::iter(work).buffered(RANGES_AT_ONCE);
    let mut all = Ranges::new(contract, ranges.truncates())?;
    let mut of_ranges = Vec::new();
    loop {
        match done.try_next().await {
            Ok(Some((add, range, known))) => {
                all.add(add, range);
                of_ranges.push(known);
            }
            Ok(None) => break,
            Err(error) => {
                drop(done);
                store.writer().discard(&all.add).await;
                return Err(error);
            }
        }
    }
    Ok((all.into_candidate(contract)?, of_ranges))
}

/// A range that is planned.
struct PlannedRange {
    source: RowSource,
    range: Range,
}

/// What stays in memory of a range.
struct Range {
    rows: usize,
    missing: MissingColumns,
    tombstones: NewTombstones,
    segment: Option<RecordBatch>,
    history: Option<HistoryChange>,
    ledger: RowLedger,
}

fn plan_range(contract: &Arc<Contract>, changes: Vec<ChangeBatch>) -> Result<PlannedRange, RunError> {
    let SilverPlan { merge, history } = plan_from_nothing(contract, &changes)?;
    let MergePlan { upserts, newest, replaced: _, tombstones, lost_rows: _, ledger, conflicts: _ } = merge;
    let segment = match tombstones.is_empty() {
        true => None,
        false => {
            let times = contract.apply.tombstone_retention.is_some();
            Some(tombstones.segment(&KeyEncoder::new(contract)?, &changes, times)?)
        }
    };
    let rows = upserts.num_rows();
    let sources = RowSources { contract: Arc::clone(contract), existing: Vec::new(), changes: Arc::new(changes) };
    let sources = Arc::new(sources);
    let missing = match contract.apply.missing_base {
        MissingBase::Hold => missing_base(contract, &upserts.build(sources.as_plan_sources(), 0..rows)?),
        MissingBase::InsertPartial => MissingColumns::default(),
    };
    let upserts = upserts.arranged(sources.as_plan_sources())?;
    let range = Range { rows, missing, tombstones, segment, history, ledger };
    Ok(PlannedRange { source: RowSource { rows: upserts, newest, sources }, range })
}

/// The ranges so far.
struct Ranges {
    add: Vec<NewFile>,
    rows: usize,
    missing: MissingColumns,
    tombstones: Tombstones,
    segments: Vec<RecordBatch>,
    history: Vec<HistoryChange>,
    ledger: RangesLedger,
}

impl Ranges {
    fn new(contract: &Contract, truncates: &[ChangeBatch]) -> Result<Self, RunError> {
        Ok(Self {
            add: Vec::new(),
            rows: 0,
            missing: MissingColumns::default(),
            tombstones: Tombstones::default(),
            segments: Vec::new(),
            history: Vec::new(),
            ledger: RangesLedger::new(contract, truncates)?,
        })
    }

    fn add(&mut self, add: Vec<NewFile>, range: Range) {
        let Range { rows, missing, tombstones, segment, history, ledger } = range;
        self.add.extend(add);
        self.rows += rows;
        self.missing.add(missing);
        self.tombstones.add(&tombstones);
        self.segments.extend(segment);
        self.history.extend(history);
        self.ledger.add(ledger);
    }

    fn into_candidate(self, contract: &Contract) -> Result<Candidate, RunError> {
        let segment = match self.segments.as_slice() {
            [] => None,
            [only] => Some(only.clone()),
            several => Some(merge_segments(&KeyEncoder::new(contract)?, several)?),
        };
        let files: Vec<DataFile> = self.add.iter().map(NewFile::as_data_file).collect();
        Ok(Candidate {
            writes_nothing: self.rows == 0,
            hold_reason: self.missing.hold_reason(),
            deletes: NewDeletes::All(self.tombstones, segment),
            lost_rows: 0,
            ledger: self.ledger.finish(0)?,
            history: HistoryChange::joined(self.history)?,
            add: self.add,
            remove: Vec::new(),
            update: Vec::new(),
            files,
        })
    }
}
