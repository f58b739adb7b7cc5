//! SCD type 2: one row per version of a key.
//!
//! The history of a key is the sequence of its states at the positions of its events: the values of an
//! upsert, no row after a delete or a truncate. Neighbouring states that are equal in the tracked columns
//! are one version, with the first position as `__START_AT`, the position of what ended it as `__END_AT`
//! (null while it holds), and the last values. What happens within one position does not show, so no
//! version is empty and none overlap; events of one position count in the order of
//! [`sluice_change::EventSeq`], an upsert after a delete.
//!
//! Every event is kept exactly once: as the row of the version whose values it provided, or in the
//! late-arrival state ([`LateArrivalState`]): deletes, events that changed nothing, events superseded by
//! another of their position. So a late event finds everything it may split, and history is a function of
//! the set of events. A batch needs the versions and the late-arrival state of its keys, and nothing else.

mod late_arrivals;
mod pool;
mod rows;
mod versions;

pub use late_arrivals::{HistoryChange, LateArrivalState};

use crate::error::EngineError;
use crate::events::Conflict;
use crate::keys::KeyEncoder;
use crate::silver::ValidityType;
use arrow::array::RecordBatch;
use pool::{Origin, Pool};
use sluice_change::{ChangeBatch, EventSeq, RowLedger};
use sluice_contract::Contract;
use versions::{Effect, KeyVersions, Version, VersionBuilder};

/// What a batch does to a silver SCD 2 table: `replaced` rows are taken out, `upserts` are written.
#[derive(Debug)]
pub struct HistoryPlan {
    /// New and changed versions with system columns, sorted by key and start.
    pub upserts: RecordBatch,
    /// Rows of `existing` that are replaced: batch and row, ascending.
    pub replaced: Vec<(usize, usize)>,
    /// What changes in the late-arrival state; hand it to [`LateArrivalState::apply`] after the commit.
    pub late_arrivals: HistoryChange,
    /// Keys that have a current version before and none after.
    pub lost_rows: u64,
    /// Counts; both laws hold. Rows are versions here.
    pub ledger: RowLedger,
    /// Ties between different events of the batch, at most [`Conflict::MAX_PER_BATCH`].
    pub conflicts: Vec<Conflict>,
}

/// Plans what changes do to an SCD 2 table.
///
/// * `existing`: batches of silver with system columns. They have to hold every version of every key in
///   `changes`, and all rows when `changes` has a truncate; others may be there too.
/// * `state`: the late-arrival state of the table.
/// * `silver_before`: rows (versions) of the whole table.
/// * `quarantined`: records of the batch that are in quarantine, for the ledger.
///
/// # Errors
/// [`EngineError`] when silver or the late-arrival state is damaged or the ledger does not balance.
pub fn plan_history(
    contract: &Contract,
    existing: &[RecordBatch],
    state: &LateArrivalState,
    changes: &[ChangeBatch],
    silver_before: u64,
    quarantined: u64,
) -> Result<HistoryPlan, EngineError> {
    let encoder = KeyEncoder::new(contract)?;
    let validity = ValidityType::of(contract);
    let mut ledger = RowLedger { silver_before, quarantined, ..RowLedger::default() };
    ledger.rows_in = quarantined + changes.iter().map(|batch| batch.len() as u64).sum::<u64>();
    let new_truncates = count_truncates(state, changes, &mut ledger);
    let pool = Pool::gather(contract, &encoder, &validity, existing, state, changes, !new_truncates.is_empty())?;
    let keys = encoder.encode(&pool.rows)?;
    let mut order: Vec<u32> = (0..pool.len()).collect();
    order.sort_unstable_by(|&a, &b| {
        let by_key = keys.row(a as usize).cmp(&keys.row(b as usize));
        by_key.then_with(|| pool.event(a).order().cmp(&pool.event(b).order()))
    });
    let mut truncates: Vec<EventSeq> = state.truncates().iter().chain(&new_truncates).copied().collect();
    truncates.sort_unstable();
    let mut builder = VersionBuilder::new(contract, &validity, &pool, &truncates)?;
    let mut plan = Plan { pool: &pool, ledger, lost_rows: 0, conflicts: Vec::new(), output: Output::default() };
    let mut from = 0;
    while from < order.len() {
        let key = keys.row(order[from] as usize);
        let length = order[from..].iter().take_while(|&&at| keys.row(at as usize) == key).count();
        plan.key(&mut builder, &mut order[from..from + length])?;
        from += length;
    }
    let Plan { mut ledger, lost_rows, conflicts, mut output, .. } = plan;
    ledger.silver_after = (ledger.silver_before + ledger.inserted).saturating_sub(ledger.deleted);
    ledger.check()?;
    output.replaced.sort_unstable();
    Ok(HistoryPlan {
        upserts: rows::version_rows(contract, &validity, &pool, &output.versions)?,
        late_arrivals: HistoryChange {
            taken: output.state_taken.iter().filter_map(|&at| pool.state_place(at)).collect(),
            added: rows::state_rows(contract, &pool, &output.state_added)?,
            truncates: new_truncates,
        },
        replaced: output.replaced,
        lost_rows,
        ledger,
        conflicts,
    })
}

/// Counts truncates, and returns those that are not known yet.
fn count_truncates(state: &LateArrivalState, changes: &[ChangeBatch], ledger: &mut RowLedger) -> Vec<EventSeq> {
    let mut fresh: Vec<EventSeq> = Vec::new();
    for seq in changes.iter().flat_map(ChangeBatch::truncates) {
        if state.truncates().contains(&seq) || fresh.contains(&seq) {
            ledger.superseded += 1;
            ledger.duplicate += 1;
        } else {
            ledger.truncates += 1;
            fresh.push(seq);
        }
    }
    fresh
}

/// The result, as places in the pool.
#[derive(Default)]
struct Output {
    versions: Vec<Version>,
    replaced: Vec<(usize, usize)>,
    state_added: Vec<u32>,
    state_taken: Vec<u32>,
}

struct Plan<'a> {
    pool: &'a Pool,
    ledger: RowLedger,
    lost_rows: u64,
    conflicts: Vec<Conflict>,
    output: Output,
}

impl Plan<'_> {
    /// Plans one key; `events` are its events in order, duplicates next to each other.
    fn key(&mut self, builder: &mut VersionBuilder<'_>, events: &mut [u32]) -> Result<(), EngineError> {
        let events = self.without_duplicates(events);
        let history = builder.build(events)?;
        let rows_before = events.iter().filter(|&&at| self.pool.stored(at).is_some()).count();
        let known = |at: &&u32| !self.pool.event(**at).is_new();
        let newest_known = events.iter().rfind(known).map(|&at| self.pool.event(at).seq);
        let mut new = 0;
        let mut effective = 0;
        for (&at, &effect) in events.iter().zip(&history.effects) {
            let event = self.pool.event(at);
            if event.is_new() {
                new += 1;
                self.ledger.late_applied_to_history += u64::from(newest_known.is_some_and(|seq| event.seq < seq));
                match effect {
                    Effect::Ended if event.is_filtered => {
                        effective += 1;
                        self.ledger.filtered += 1;
                        self.ledger.filtered_rows += 1;
                    }
                    Effect::Provides | Effect::Ended => effective += 1,
                    Effect::Nothing if event.is_filtered => self.ledger.filtered += 1,
                    Effect::Nothing if event.is_delete => self.ledger.delete_of_absent += 1,
                    Effect::Nothing => self.ledger.unchanged += 1,
                    Effect::Superseded => self.ledger.superseded += 1,
                }
            }
            let is_row = effect == Effect::Provides;
            match event.origin {
                Origin::State(_) if is_row => self.output.state_taken.push(at),
                Origin::Row(_) | Origin::New(_) if !is_row => self.output.state_added.push(at),
                _ => {}
            }
        }
        self.count_rows(rows_before, history.versions.len(), effective);
        let (had_open, has_open) =
            (self.had_open(events), history.versions.last().is_some_and(|version| version.end.is_none()));
        self.lost_rows += u64::from(had_open && !has_open);
        let was_deleted = newest_known.is_some() && rows_before > 0 && !had_open;
        if was_deleted && new > 0 && has_open {
            self.ledger.reinserted += 1;
        }
        self.keep(events, history);
        Ok(())
    }

    fn had_open(&self, events: &[u32]) -> bool {
        events.iter().any(|&at| self.pool.stored(at).is_some_and(|stored| stored.end.is_none()))
    }

    /// Counts versions that were inserted or deleted, and those of them that no event accounts for.
    fn count_rows(&mut self, before: usize, after: usize, effective: u64) {
        let inserted = after.saturating_sub(before) as u64;
        let deleted = before.saturating_sub(after) as u64;
        self.ledger.inserted += inserted;
        self.ledger.deleted += deleted;
        let moved = inserted + deleted;
        self.ledger.updated += effective.saturating_sub(moved);
        self.ledger.split_rows += moved.saturating_sub(effective);
    }

    /// Takes out duplicates of events that are known or were read before; counts them, and ties.
    fn without_duplicates<'e>(&mut self, events: &'e mut [u32]) -> &'e [u32] {
        let mut kept = 0;
        for next in 0..events.len() {
            let event = self.pool.event(events[next]);
            if kept > 0 {
                let last = self.pool.event(events[kept - 1]);
                if last.seq == event.seq {
                    self.ledger.duplicate += 1;
                    self.ledger.superseded += 1;
                    continue;
                }
                if last.seq.ties_with(&event.seq) && (last.is_new() || event.is_new()) {
                    self.ledger.ties += 1;
                    if let (Origin::New(loser), Origin::New(winner)) = (last.origin, event.origin)
                        && self.conflicts.len() < Conflict::MAX_PER_BATCH
                    {
                        let (winner, loser) = (self.pool.origin_of(winner), self.pool.origin_of(loser));
                        self.conflicts.push(Conflict { winner, loser });
                    }
                }
            }
            events[kept] = events[next];
            kept += 1;
        }
        &events[..kept]
    }

    /// Keeps the versions that are new or differ from their row.
    fn keep(&mut self, events: &[u32], history: &mut KeyVersions) {
        let mut same: Vec<usize> = Vec::new();
        for version in history.versions.drain(..) {
            for (_, written_by) in &version.values.patches {
                match written_by {
                    Some(_) => self.ledger.absent_filled += u64::from(self.pool.event(version.values.event).is_new()),
                    None => self.ledger.unresolved_columns += u64::from(self.pool.event(version.values.event).is_new()),
                }
            }
            if self.is_same(&version) {
                same.push(version.provided_by);
            } else {
                self.output.versions.push(version);
            }
        }
        for (index, &at) in events.iter().enumerate() {
            if let Origin::Row(place) = self.pool.event(at).origin
                && same.binary_search(&index).is_err()
            {
                self.output.replaced.push(place);
            }
        }
    }

    /// Whether a version is equal to its row in silver.
    fn is_same(&self, version: &Version) -> bool {
        let Some(stored) = self.pool.stored(version.values.event) else { return false };
        let written_by = version.values.patches.iter().map(|(column, written_by)| {
            let written_by = written_by.map(|at| self.pool.event(at).seq);
            (*column, written_by)
        });
        stored.start == Some(version.start)
            && stored.end == version.end
            && stored.written_by.iter().copied().eq(written_by)
    }
}
