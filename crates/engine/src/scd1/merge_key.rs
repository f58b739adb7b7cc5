//! What the events of one key do to its row.

use super::tombstones::{NewTombstones, Tombstones};
use super::winner::{Candidate, Winner, join};
use crate::error::EngineError;
use crate::events::{Conflict, DuplicateKind, EventAt, KeyedChanges};
use crate::rows::{Chosen, Patched, Place, PlanSources, RowAt};
use crate::silver::{COL_SEQ, col_seq, text_column};
use arrow::array::{Array, AsArray};
use sluice_change::{EventSeq, Op, RowLedger};
use sluice_contract::{Column, DeleteMode};
use std::collections::BTreeMap;

/// The row of a key in silver.
#[derive(Clone, Copy, Debug)]
pub(super) enum OldRow {
    /// Batch and row of what was read.
    Read { source: u32, row: u32 },
    /// Older than every event of its key.
    Unread(RowAt),
}

/// A merge between two keys: what it reads, and what the keys so far came to.
pub(super) struct Merge<'a> {
    pub(super) sources: PlanSources<'a>,
    keyed: &'a KeyedChanges,
    before: &'a Tombstones,
    /// The newest truncate, those of the batch included.
    truncate_watermark: Option<EventSeq>,
    pub(super) tombstones: NewTombstones,
    pub(super) ledger: RowLedger,
    /// Keys whose row readers no longer see.
    pub(super) lost_rows: u64,
    /// New rows.
    pub(super) rows: Vec<Chosen>,
    pub(super) patched: Vec<Patched>,
    /// New rows and the rows that were read and that they replace.
    pub(super) pairs: Vec<(Chosen, Place)>,
    /// No new row is newer.
    pub(super) newest: Option<EventSeq>,
    pub(super) replaced: Vec<RowAt>,
    pub(super) conflicts: Vec<Conflict>,
}

/// The row of a key after its events, and what it was made of.
struct Outcome {
    winner: Option<Winner>,
    /// Sequence of the row before, if it was read.
    old_seq: Option<EventSeq>,
    /// The newest event of the row is one of the batch.
    is_new: bool,
    /// A late event fills an absent column, or a late delete takes away what filled one.
    backfills_column: bool,
}

impl<'a> Merge<'a> {
    pub(super) fn new(
        sources: PlanSources<'a>,
        keyed: &'a KeyedChanges,
        before: &'a Tombstones,
        ledger: RowLedger,
    ) -> Self {
        Self {
            sources,
            keyed,
            before,
            truncate_watermark: before.truncate(),
            tombstones: NewTombstones::default(),
            ledger,
            lost_rows: 0,
            rows: Vec::with_capacity(keyed.hashes().len()),
            patched: Vec::new(),
            pairs: Vec::new(),
            newest: keyed.newest_upsert,
            replaced: Vec::new(),
            conflicts: Vec::new(),
        }
    }

    pub(super) fn apply_truncates(&mut self, truncates: &[EventSeq]) {
        let mut seqs = truncates.to_vec();
        let Some(newest) = seqs.iter().max().copied() else { return };
        let known = self.before.truncate();
        let takes_effect = Some(newest) > known;
        self.ledger.truncates += u64::from(takes_effect);
        self.ledger.superseded += seqs.len() as u64 - u64::from(takes_effect);
        seqs.sort_unstable();
        let total = seqs.len();
        seqs.dedup();
        let distinct = seqs.iter().filter(|seq| Some(**seq) != known).count();
        self.ledger.duplicate += (total - distinct) as u64;
        if takes_effect {
            self.tombstones.truncate = Some(newest);
            self.truncate_watermark = Some(newest);
        }
    }

    /// Applies the events of a key, the newest first; `kinds` says of each whether it is the same as the one before.
    pub(super) fn apply_key(
        &mut self,
        hash: u128,
        old: Option<OldRow>,
        events: &[EventAt],
        kinds: &[DuplicateKind],
    ) -> Result<(), EngineError> {
        let changes = self.sources.changes;
        let count = events.len() as u64;
        let watermark_before = self.before.delete_watermark(hash);
        let mut delete_watermark = watermark_before.max(self.truncate_watermark);
        let newest_delete = events.iter().find(|at| at.is_delete()).map(|at| (*at, at.seq(changes)));
        if let Some((at, seq)) = newest_delete
            && Some(seq) > delete_watermark
        {
            self.tombstones.deletes.push((hash, (at.source(), at.row as usize), seq));
            delete_watermark = Some(seq);
        }
        let is_filtered = newest_delete.is_some_and(|(at, _)| at.is_filtered());
        let newest_delete = newest_delete.map(|(_, seq)| seq);
        let is_plain = !matches!(old, Some(OldRow::Read { .. })) && !self.keyed.has_partial(changes, events);
        let outcome = if is_plain {
            self.newest(events, delete_watermark)
        } else {
            self.joined(old, events, kinds, delete_watermark)?
        };
        let Outcome { winner, old_seq, is_new, backfills_column } = outcome;
        let duplicates = self.count_duplicates(events, kinds, old_seq, watermark_before);
        match (old, winner) {
            (None, Some(winner)) => {
                self.ledger.inserted += 1;
                self.ledger.reinserted += u64::from(watermark_before.is_some());
                self.ledger.superseded += count - 1;
                self.keep(winner, None);
            }
            (Some(old), Some(winner)) => {
                let stale = |seq: EventSeq| Some(seq) < old_seq && Some(seq) > watermark_before;
                let stale = if old_seq.is_some() { self.upserts(events, kinds, stale) } else { 0 };
                self.ledger.stale_ignored += stale.saturating_sub(u64::from(backfills_column));
                if is_new || backfills_column {
                    self.lost_rows += u64::from(self.marks_as_deleted(&winner) && self.is_live(old)?);
                    // One event took effect; whether a value changed is known once the rows are built.
                    // Where all are duplicates it was a truncate, which took away what had filled an absent column.
                    let by_event = u64::from(count > duplicates);
                    self.ledger.superseded += count - by_event;
                    self.ledger.split_rows += 1 - by_event;
                    self.newest = self.newest.max(old_seq);
                    self.keep(winner, Some(old));
                } else {
                    self.ledger.superseded += count;
                }
            }
            (Some(old), None) => {
                self.ledger.deleted += 1;
                self.lost_rows += u64::from(self.is_live(old)?);
                self.replaced.push(self.place_of(old));
                let by_event = newest_delete.is_some_and(|seq| Some(seq) > old_seq && Some(seq) >= delete_watermark);
                if by_event {
                    self.ledger.filtered += u64::from(is_filtered);
                    self.ledger.filtered_rows += u64::from(is_filtered);
                    self.ledger.superseded += count - 1;
                } else {
                    self.ledger.truncated_rows += 1;
                    self.ledger.superseded += count;
                }
            }
            (None, None) => {
                let takes_effect =
                    newest_delete.is_some_and(|seq| Some(seq) > watermark_before && Some(seq) >= delete_watermark);
                self.ledger.delete_of_absent += u64::from(takes_effect && !is_filtered);
                self.ledger.filtered += u64::from(takes_effect && is_filtered);
                self.ledger.superseded += count - u64::from(takes_effect);
            }
        }
        if watermark_before.is_some() {
            self.ledger.tombstone_blocked += self.upserts(events, kinds, |seq| Some(seq) <= watermark_before);
        }
        Ok(())
    }

    /// The row where every event provides all columns and the row before was not read: the newest upsert.
    fn newest(&self, events: &[EventAt], delete_watermark: Option<EventSeq>) -> Outcome {
        // Without a watermark the sequence, which costs a random memory access, is not read.
        let after = |at: &&EventAt| delete_watermark.is_none() || Some(at.seq(self.sources.changes)) > delete_watermark;
        let winner = events.iter().find(|at| at.is_upsert()).filter(after);
        let whole = |at: &EventAt| Winner { place: self.place(*at), patches: BTreeMap::new(), older: BTreeMap::new() };
        Outcome { winner: winner.map(whole), old_seq: None, is_new: true, backfills_column: false }
    }

    /// The row where columns may come from several events, or from the row before.
    fn joined(
        &self,
        old: Option<OldRow>,
        events: &[EventAt],
        kinds: &[DuplicateKind],
        delete_watermark: Option<EventSeq>,
    ) -> Result<Outcome, EngineError> {
        let changes = self.sources.changes;
        let mut candidates = Vec::with_capacity(events.len() + 1);
        if let Some(OldRow::Read { source, row }) = old {
            candidates.push(self.old_candidate(Place { source, row })?);
        }
        let old_seq = candidates.first().map(|old: &Candidate| old.seq);
        let old_older = candidates.first().map(|old| old.older.clone()).unwrap_or_default();
        for (at, kind) in events.iter().zip(kinds) {
            if at.is_upsert() && *kind != DuplicateKind::Duplicate {
                let absent = changes[at.source()].absent.get(&at.row);
                candidates.push(Candidate {
                    place: self.place(*at),
                    seq: at.seq(changes),
                    older: absent.into_iter().flatten().map(|&column| (column, None)).collect(),
                });
            }
        }
        let winner = join(&mut candidates, delete_watermark);
        let backfills_column = winner.as_ref().is_some_and(|winner| winner.older != old_older);
        let is_new = candidates.first().is_some_and(|newest| Some(newest.seq) > old_seq);
        Ok(Outcome { winner, old_seq, is_new, backfills_column })
    }

    /// How many of the different upserts `counts`.
    fn upserts(&self, events: &[EventAt], kinds: &[DuplicateKind], counts: impl Fn(EventSeq) -> bool) -> u64 {
        let changes = self.sources.changes;
        let different = events.iter().zip(kinds).filter(|(_, kind)| **kind != DuplicateKind::Duplicate);
        different.filter(|(at, _)| at.is_upsert() && counts(at.seq(changes))).count() as u64
    }

    fn place(&self, at: EventAt) -> Place {
        let first = u32::try_from(self.sources.existing.len()).unwrap_or(u32::MAX);
        Place { source: first.saturating_add(u32::try_from(at.source()).unwrap_or(u32::MAX)), row: at.row }
    }

    fn place_of(&self, old: OldRow) -> RowAt {
        match old {
            OldRow::Read { source, row } => self.sources.existing[source as usize].at[row as usize],
            OldRow::Unread(at) => at,
        }
    }

    /// Counts duplicates, which it returns too, and ties between different events.
    fn count_duplicates(
        &mut self,
        events: &[EventAt],
        kinds: &[DuplicateKind],
        old_seq: Option<EventSeq>,
        delete_watermark: Option<EventSeq>,
    ) -> u64 {
        let changes = self.sources.changes;
        let mut duplicates = kinds.iter().filter(|kind| **kind == DuplicateKind::Duplicate).count() as u64;
        let mut may_tie = kinds.contains(&DuplicateKind::Tie);
        let newest_known = old_seq.max(delete_watermark);
        if newest_known.is_some() {
            let different = events.iter().zip(kinds).filter(|(_, kind)| **kind != DuplicateKind::Duplicate);
            for seq in different.map(|(at, _)| at.seq(changes)) {
                duplicates += u64::from(Some(seq) == old_seq || Some(seq) == delete_watermark);
                may_tie |= newest_known.is_some_and(|known| known.ties_with(&seq));
            }
        }
        if may_tie {
            self.count_ties(events, newest_known);
        }
        self.ledger.duplicate += duplicates;
        duplicates
    }

    /// Counts the events that came when the newest event of their key was another one at their position. Silver knows
    /// the newest event of a key only, so that this is the count which is the same for any cut of the files into batches.
    fn count_ties(&mut self, events: &[EventAt], newest_known: Option<EventSeq>) {
        let changes = self.sources.changes;
        let mut arrived = events.to_vec();
        arrived.sort_unstable_by_key(|at| at.place());
        let mut newest = newest_known;
        let mut newest_of_batch: Option<EventAt> = None;
        for at in arrived {
            let seq = at.seq(changes);
            if let Some(known) = newest.filter(|known| known.ties_with(&seq) && *known != seq) {
                self.ledger.ties += 1;
                if let Some(other) = newest_of_batch
                    && self.conflicts.len() < Conflict::MAX_PER_BATCH
                {
                    let (winner, loser) = if seq > known { (at, other) } else { (other, at) };
                    let origin = |at: EventAt| (at.source(), changes[at.source()].refs.at(at.row as usize));
                    self.conflicts.push(Conflict { winner: origin(winner), loser: origin(loser) });
                }
            }
            if newest.is_none_or(|known| seq > known) {
                newest = Some(seq);
                newest_of_batch = Some(at);
            }
        }
    }

    fn keep(&mut self, winner: Winner, replaces: Option<OldRow>) {
        for written_by in winner.older.values() {
            match written_by {
                Some(_) => self.ledger.absent_filled += 1,
                None => self.ledger.unresolved_columns += 1,
            }
        }
        let mut row = Chosen { place: winner.place, patched: Chosen::WHOLE };
        if !winner.older.is_empty() {
            row.patched = u32::try_from(self.patched.len()).unwrap_or(Chosen::WHOLE);
            self.patched.push(Patched { patches: winner.patches, older: winner.older });
        }
        match replaces {
            // Whether anything changed is not known without reading it.
            Some(OldRow::Unread(_)) => self.ledger.updated += 1,
            Some(OldRow::Read { source, row: old }) => self.pairs.push((row, Place { source, row: old })),
            None => {}
        }
        self.replaced.extend(replaces.map(|old| self.place_of(old)));
        self.rows.push(row);
    }

    /// Whether a new row is one that a soft delete leaves.
    fn marks_as_deleted(&self, winner: &Winner) -> bool {
        let (source, row) = winner.place.pair();
        let event = source.checked_sub(self.sources.existing.len()).and_then(|source| self.sources.changes.get(source));
        event.and_then(|changes| changes.ops.get(row)).is_some_and(|op| *op == Op::SoftDelete)
    }

    /// Whether readers see a row of silver: not if a soft delete marked it. One that was not read counts as seen.
    fn is_live(&self, old: OldRow) -> Result<bool, EngineError> {
        match old {
            OldRow::Read { source, row } if self.sources.contract.apply.delete_mode == DeleteMode::Soft => {
                let rows = &self.sources.existing[source as usize].rows;
                let missing = || EngineError::Column(Column::DELETED.to_owned());
                let marks = rows.column_by_name(Column::DELETED).and_then(|column| column.as_boolean_opt());
                let marks = marks.ok_or_else(missing)?;
                let row = row as usize;
                Ok(marks.is_null(row) || !marks.value(row))
            }
            OldRow::Read { .. } | OldRow::Unread(_) => Ok(true),
        }
    }

    /// The row as it stands in silver.
    fn old_candidate(&self, place: Place) -> Result<Candidate, EngineError> {
        let (source, row) = place.pair();
        let texts = text_column(&self.sources.existing[source].rows, COL_SEQ)?;
        let older =
            if texts.is_valid(row) { col_seq::read(self.sources.contract, texts.value(row))? } else { BTreeMap::new() };
        Ok(Candidate { place, seq: self.sources.seq(place)?, older })
    }
}
