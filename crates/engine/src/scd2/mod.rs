//! SCD type 2: one row per version of a key.
//!
//! The history of a key is the sequence of its states at the positions of its events: what an upsert
//! says, nothing after a delete or a truncate. Neighbouring states that are equal in the tracked columns
//! are one version, with the first position as `__START_AT`, the position of what ended it as `__END_AT`
//! (null while it holds), and the last values. What happens within one position is not seen, so no
//! version is empty and none overlap; events of one position count in the order of
//! [`sluice_change::EventSeq`], an upsert after a delete.
//!
//! Every event is kept exactly once: as the row of the version whose values it told, or in the side
//! state ([`HistorySide`]): deletes, events that changed nothing, events hidden by another of their
//! position. So a late event finds everything it may split, and history is a function of the set of
//! events. Rows and side state of the touched keys are all that a batch needs.

mod late_arrivals;
mod pool;
mod rows;
mod versions;

pub use late_arrivals::{HistoryChange, HistorySide};

use crate::silver::Axis;
use crate::{Conflict, EngineError, KeyEncoder, MergePlan};
use arrow::array::RecordBatch;
use pool::{Origin, Pool};
use sluice_change::{ChangeBatch, EventSeq, RowLedger};
use sluice_contract::Contract;
use versions::{Folded, Folder, Run};

/// What a batch does to a silver table with history: `replaced` rows go, `upserts` come.
#[derive(Debug)]
pub struct HistoryPlan {
    /// New and changed versions with system columns, sorted by key and start.
    pub upserts: RecordBatch,
    /// Rows of `existing` that are replaced: batch and row, ascending.
    pub replaced: Vec<(usize, usize)>,
    /// What changes in the side state; hand it to [`HistorySide::apply`] once the commit is there.
    pub side: HistoryChange,
    /// Counts; both laws hold. Rows are versions here.
    pub ledger: RowLedger,
    /// Ties between different events of the batch, at most [`MergePlan::CONFLICTS_MAX`].
    pub conflicts: Vec<Conflict>,
}

/// Plans what changes do to a table with history.
///
/// * `existing`: batches of silver with system columns. They have to hold every version of every key in
///   `changes`, and all rows when `changes` has a truncate; others may be there too.
/// * `side`: the side state of the table.
/// * `silver_before`: rows (versions) of the whole table.
/// * `quarantined`: records of the batch that are in quarantine, for the ledger.
///
/// # Errors
/// [`EngineError`] when silver or the side state is damaged or the ledger does not balance.
pub fn plan_history(
    contract: &Contract,
    existing: &[RecordBatch],
    side: &HistorySide,
    changes: &[ChangeBatch],
    silver_before: u64,
    quarantined: u64,
) -> Result<HistoryPlan, EngineError> {
    let encoder = KeyEncoder::new(contract)?;
    let axis = Axis::of(contract);
    let mut ledger = RowLedger { silver_before, quarantined, ..RowLedger::default() };
    ledger.rows_in = quarantined + changes.iter().map(|batch| batch.len() as u64).sum::<u64>();
    let new_truncates = count_truncates(side, changes, &mut ledger);
    let pool = Pool::gather(contract, &encoder, &axis, existing, side, changes, !new_truncates.is_empty())?;
    let keys = encoder.encode(&pool.rows)?;
    let mut order: Vec<u32> = (0..pool.len()).collect();
    order.sort_unstable_by(|&a, &b| {
        let by_key = keys.row(a as usize).cmp(&keys.row(b as usize));
        by_key.then_with(|| pool.event(a).order().cmp(&pool.event(b).order()))
    });
    let mut truncates: Vec<EventSeq> = side.truncates().iter().chain(&new_truncates).copied().collect();
    truncates.sort_unstable();
    let mut folder = Folder::new(contract, &axis, &pool, &truncates)?;
    let mut plan = Plan { pool: &pool, ledger, conflicts: Vec::new(), output: Output::default() };
    let mut from = 0;
    while from < order.len() {
        let key = keys.row(order[from] as usize);
        let length = order[from..].iter().take_while(|&&at| keys.row(at as usize) == key).count();
        plan.key(&mut folder, &mut order[from..from + length])?;
        from += length;
    }
    let Plan { mut ledger, conflicts, mut output, .. } = plan;
    ledger.silver_after = (ledger.silver_before + ledger.inserted).saturating_sub(ledger.deleted);
    ledger.check()?;
    output.replaced.sort_unstable();
    Ok(HistoryPlan {
        upserts: rows::versions(contract, &axis, &pool, &output.versions)?,
        side: HistoryChange {
            taken: output.side_taken.iter().filter_map(|&at| pool.side_place(at)).collect(),
            added: rows::side_rows(contract, &pool, &output.side_added)?,
            truncates: new_truncates,
        },
        replaced: output.replaced,
        ledger,
        conflicts,
    })
}

/// Counts truncates; those that are not known yet.
fn count_truncates(side: &HistorySide, changes: &[ChangeBatch], ledger: &mut RowLedger) -> Vec<EventSeq> {
    let mut fresh: Vec<EventSeq> = Vec::new();
    for seq in changes.iter().flat_map(ChangeBatch::truncates) {
        if side.truncates().contains(&seq) || fresh.contains(&seq) {
            ledger.superseded += 1;
            ledger.duplicate += 1;
        } else {
            ledger.truncates += 1;
            fresh.push(seq);
        }
    }
    fresh
}

/// What comes out, as places in the pool.
#[derive(Default)]
struct Output {
    versions: Vec<Run>,
    replaced: Vec<(usize, usize)>,
    side_added: Vec<u32>,
    side_taken: Vec<u32>,
}

struct Plan<'a> {
    pool: &'a Pool,
    ledger: RowLedger,
    conflicts: Vec<Conflict>,
    output: Output,
}

impl Plan<'_> {
    /// Plans one key; `events` are its events in order, copies next to each other.
    fn key(&mut self, folder: &mut Folder<'_>, events: &mut [u32]) -> Result<(), EngineError> {
        let events = self.without_copies(events);
        let folded = folder.fold(events)?;
        let rows_before = events.iter().filter(|&&at| self.pool.stored(at).is_some()).count();
        let known = |at: &&u32| !self.pool.event(**at).is_new();
        let newest_known = events.iter().rfind(known).map(|&at| self.pool.event(at).seq);
        let mut new = 0;
        let mut effective = 0;
        for (&at, &effect) in events.iter().zip(&folded.effects) {
            let event = self.pool.event(at);
            if event.is_new() {
                new += 1;
                self.ledger.late_applied_to_history += u64::from(newest_known.is_some_and(|seq| event.seq < seq));
                match effect {
                    versions::Effect::Told | versions::Effect::Ended => effective += 1,
                    versions::Effect::Nothing if event.is_delete => self.ledger.delete_of_absent += 1,
                    versions::Effect::Nothing => self.ledger.unchanged += 1,
                    versions::Effect::Hidden => self.ledger.superseded += 1,
                }
            }
            let is_row = effect == versions::Effect::Told;
            match event.origin {
                Origin::Side(_) if is_row => self.output.side_taken.push(at),
                Origin::Row(_) | Origin::New(_) if !is_row => self.output.side_added.push(at),
                _ => {}
            }
        }
        self.count_rows(rows_before, folded.runs.len(), effective);
        let was_dead = newest_known.is_some() && rows_before > 0 && !self.had_open(events);
        if was_dead && new > 0 && folded.runs.last().is_some_and(|run| run.end.is_none()) {
            self.ledger.revived += 1;
        }
        self.keep(events, folded);
        Ok(())
    }

    fn had_open(&self, events: &[u32]) -> bool {
        events.iter().any(|&at| self.pool.stored(at).is_some_and(|stored| stored.end.is_none()))
    }

    /// Versions that came or went, and how many of them an event accounts for.
    fn count_rows(&mut self, before: usize, after: usize, effective: u64) {
        let came = after.saturating_sub(before) as u64;
        let gone = before.saturating_sub(after) as u64;
        self.ledger.inserted += came;
        self.ledger.deleted += gone;
        let moved = came + gone;
        self.ledger.updated += effective.saturating_sub(moved);
        self.ledger.split_rows += moved.saturating_sub(effective);
    }

    /// Takes out copies of events that are known or were read before; counts them, and ties.
    fn without_copies<'e>(&mut self, events: &'e mut [u32]) -> &'e [u32] {
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
                        && self.conflicts.len() < MergePlan::CONFLICTS_MAX
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

    /// Keeps the versions that are new or other than their row.
    fn keep(&mut self, events: &[u32], folded: &mut Folded) {
        let mut same: Vec<usize> = Vec::new();
        for run in folded.runs.drain(..) {
            for (_, author) in &run.values.patches {
                match author {
                    Some(_) => self.ledger.absent_filled += u64::from(self.pool.event(run.values.event).is_new()),
                    None => self.ledger.absent_unfilled += u64::from(self.pool.event(run.values.event).is_new()),
                }
            }
            if self.is_same(&run) {
                same.push(run.told_by);
            } else {
                self.output.versions.push(run);
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

    /// Whether a version is the row that it was.
    fn is_same(&self, run: &Run) -> bool {
        let Some(stored) = self.pool.stored(run.values.event) else { return false };
        let authors = run.values.patches.iter().map(|(column, author)| {
            let author = author.map(|at| self.pool.event(at).seq);
            (*column, author)
        });
        stored.start == Some(run.start) && stored.end == run.end && stored.authors.iter().copied().eq(authors)
    }
}
