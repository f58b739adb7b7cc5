//! What the events of one key do to its row.

use super::winner::{Candidate, Place, Winner, join};
use crate::events::{Against, EventAt};
use crate::keys::key_order;
use crate::rows::{Chosen, Patched, interleaved, text_at};
use crate::{
    COL_SEQ, Conflict, EngineError, KeyEncoder, KeyedChanges, MergePlan, NewRows, NewTombstones, PlanSources, RowAt,
    Tombstones,
};
use arrow::row::{RowConverter, SortField};
use sluice_change::{EventSeq, RowLedger};
use std::collections::BTreeMap;

/// The row of a key in silver.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OldRow {
    /// Batch and row of what was read.
    Read { source: u32, row: u32 },
    /// Older than every event of its key.
    Unread(RowAt),
}

/// The state of a plan between two keys.
pub(crate) struct Merge<'a> {
    sources: PlanSources<'a>,
    keyed: &'a KeyedChanges,
    before: &'a Tombstones,
    /// The newest truncate, those of the batch included.
    horizon_of_truncates: Option<EventSeq>,
    tombstones: NewTombstones,
    ledger: RowLedger,
    /// New rows.
    rows: Vec<Chosen>,
    patched: Vec<Patched>,
    /// New rows and the rows that were read and that they replace.
    pairs: Vec<(Chosen, Place)>,
    /// No new row is newer.
    newest: Option<EventSeq>,
    replaced: Vec<RowAt>,
    conflicts: Vec<Conflict>,
}

/// The row of a key after its events, and what it was made of.
struct Outcome {
    winner: Option<Winner>,
    /// Sequence of the row before, if it was read.
    old_seq: Option<EventSeq>,
    /// The newest event of the row is one of the batch.
    is_new: bool,
    /// A late event fills a hole, or a late delete takes away what filled one.
    mends: bool,
}

impl<'a> Merge<'a> {
    pub(crate) fn new(
        sources: PlanSources<'a>,
        keyed: &'a KeyedChanges,
        before: &'a Tombstones,
        ledger: RowLedger,
    ) -> Self {
        Self {
            sources,
            keyed,
            before,
            horizon_of_truncates: before.truncate(),
            tombstones: NewTombstones::default(),
            ledger,
            rows: Vec::with_capacity(keyed.hashes().len()),
            patched: Vec::new(),
            pairs: Vec::new(),
            newest: keyed.newest_upsert,
            replaced: Vec::new(),
            conflicts: Vec::new(),
        }
    }

    pub(crate) fn apply_truncates(&mut self, truncates: &[EventSeq]) {
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
            self.horizon_of_truncates = Some(newest);
        }
    }

    /// Applies the events of a key, the newest first; `against` says how each stands to the one before.
    pub(crate) fn apply_key(
        &mut self,
        hash: u128,
        old: Option<OldRow>,
        events: &[EventAt],
        against: &[Against],
    ) -> Result<(), EngineError> {
        let changes = self.sources.changes;
        let count = events.len() as u64;
        let horizon_before = self.before.horizon(hash);
        let mut horizon = horizon_before.max(self.horizon_of_truncates);
        let newest_delete = events.iter().find(|at| at.is_delete()).map(|at| (*at, at.seq(changes)));
        if let Some((at, seq)) = newest_delete
            && Some(seq) > horizon
        {
            self.tombstones.deletes.push((hash, (at.source(), at.row as usize), seq));
            horizon = Some(seq);
        }
        let newest_delete = newest_delete.map(|(_, seq)| seq);
        let is_plain = !matches!(old, Some(OldRow::Read { .. })) && !self.keyed.has_partial(changes, events);
        let outcome = if is_plain { self.newest(events, horizon) } else { self.joined(old, events, against, horizon)? };
        let Outcome { winner, old_seq, is_new, mends } = outcome;
        let copies = self.count_copies(events, against, old_seq, horizon_before);
        match (old, winner) {
            (None, Some(winner)) => {
                self.ledger.inserted += 1;
                self.ledger.revived += u64::from(horizon_before.is_some());
                self.ledger.superseded += count - 1;
                self.keep(winner, None);
            }
            (Some(old), Some(winner)) => {
                let stale = |seq: EventSeq| Some(seq) < old_seq && Some(seq) > horizon_before;
                let stale = if old_seq.is_some() { self.upserts(events, against, stale) } else { 0 };
                self.ledger.stale_ignored += stale.saturating_sub(u64::from(mends));
                if is_new || mends {
                    // One event took effect; whether a value changed is known once the rows are built.
                    // Where all are copies it was a truncate, which took away what had filled a hole.
                    let by_event = u64::from(count > copies);
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
                self.replaced.push(self.place_of(old));
                let by_event = newest_delete.is_some_and(|seq| Some(seq) > old_seq && Some(seq) >= horizon);
                if by_event {
                    self.ledger.superseded += count - 1;
                } else {
                    self.ledger.truncated_rows += 1;
                    self.ledger.superseded += count;
                }
            }
            (None, None) => {
                let takes_effect = newest_delete.is_some_and(|seq| Some(seq) > horizon_before && Some(seq) >= horizon);
                self.ledger.delete_of_absent += u64::from(takes_effect);
                self.ledger.superseded += count - u64::from(takes_effect);
            }
        }
        if horizon_before.is_some() {
            self.ledger.tombstone_blocked += self.upserts(events, against, |seq| Some(seq) <= horizon_before);
        }
        Ok(())
    }

    /// The row where every event tells all columns and the row before was not read: the newest upsert.
    fn newest(&self, events: &[EventAt], horizon: Option<EventSeq>) -> Outcome {
        // Without a horizon nobody has to look at the sequence, which is somewhere in memory.
        let after = |at: &&EventAt| horizon.is_none() || Some(at.seq(self.sources.changes)) > horizon;
        let winner = events.iter().find(|at| at.is_upsert()).filter(after);
        let whole = |at: &EventAt| Winner { place: self.place(*at), patches: BTreeMap::new(), older: BTreeMap::new() };
        Outcome { winner: winner.map(whole), old_seq: None, is_new: true, mends: false }
    }

    /// The row where columns may come from several events, or from the row before.
    fn joined(
        &self,
        old: Option<OldRow>,
        events: &[EventAt],
        against: &[Against],
        horizon: Option<EventSeq>,
    ) -> Result<Outcome, EngineError> {
        let changes = self.sources.changes;
        let mut candidates = Vec::with_capacity(events.len() + 1);
        if let Some(OldRow::Read { source, row }) = old {
            candidates.push(self.old_candidate(Place { source, row })?);
        }
        let old_seq = candidates.first().map(|old: &Candidate| old.seq);
        let old_older = candidates.first().map(|old| old.older.clone()).unwrap_or_default();
        for (at, against) in events.iter().zip(against) {
            if at.is_upsert() && *against != Against::Copy {
                let absent = changes[at.source()].absent.get(&at.row);
                candidates.push(Candidate {
                    place: self.place(*at),
                    seq: at.seq(changes),
                    older: absent.into_iter().flatten().map(|&column| (column, None)).collect(),
                });
            }
        }
        let winner = join(&mut candidates, horizon);
        let mends = winner.as_ref().is_some_and(|winner| winner.older != old_older);
        let is_new = candidates.first().is_some_and(|newest| Some(newest.seq) > old_seq);
        Ok(Outcome { winner, old_seq, is_new, mends })
    }

    /// How many of the different upserts `counts`.
    fn upserts(&self, events: &[EventAt], against: &[Against], counts: impl Fn(EventSeq) -> bool) -> u64 {
        let changes = self.sources.changes;
        let different = events.iter().zip(against).filter(|(_, against)| **against != Against::Copy);
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

    /// Counts exact copies, which it returns too, and remembers ties between different events.
    fn count_copies(
        &mut self,
        events: &[EventAt],
        against: &[Against],
        old_seq: Option<EventSeq>,
        horizon: Option<EventSeq>,
    ) -> u64 {
        let changes = self.sources.changes;
        let mut copies = 0;
        for (pair, against) in events.windows(2).zip(against.iter().skip(1)) {
            let [winner, loser] = pair else { continue };
            match against {
                Against::Other => {}
                Against::Copy => copies += 1,
                Against::Tie => {
                    self.ledger.ties += 1;
                    if self.conflicts.len() < MergePlan::CONFLICTS_MAX {
                        let origin = |at: &EventAt| (at.source(), changes[at.source()].refs.at(at.row as usize));
                        self.conflicts.push(Conflict { winner: origin(winner), loser: origin(loser) });
                    }
                }
            }
        }
        if old_seq.is_some() || horizon.is_some() {
            let different = events.iter().zip(against).filter(|(_, against)| **against != Against::Copy);
            let known = |seq: EventSeq| Some(seq) == old_seq || Some(seq) == horizon;
            copies += different.filter(|(at, _)| known(at.seq(changes))).count() as u64;
        }
        self.ledger.duplicate += copies;
        copies
    }

    fn keep(&mut self, winner: Winner, replaces: Option<OldRow>) {
        for author in winner.older.values() {
            match author {
                Some(_) => self.ledger.absent_filled += 1,
                None => self.ledger.absent_unfilled += 1,
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

    /// The row as it stands in silver.
    fn old_candidate(&self, place: Place) -> Result<Candidate, EngineError> {
        let (source, row) = place.pair();
        let mut older = BTreeMap::new();
        if let Some(json) = text_at(&self.sources.existing[source].rows, COL_SEQ, row)? {
            let written: BTreeMap<String, Option<String>> =
                serde_json::from_str(json).map_err(|_| EngineError::Sequence(COL_SEQ))?;
            for (name, author) in written {
                let Some(position) = self.sources.contract.columns.iter().position(|column| column.name == name) else {
                    continue;
                };
                let author = match author {
                    Some(text) => Some(EventSeq::parse(&text).ok_or(EngineError::Sequence(COL_SEQ))?),
                    None => None,
                };
                older.insert(u16::try_from(position).unwrap_or(u16::MAX), author);
            }
        }
        Ok(Candidate { place, seq: self.sources.seq(place)?, older })
    }

    pub(crate) fn finish(mut self, encoder: &KeyEncoder) -> Result<MergePlan, EngineError> {
        self.compare_replaced()?;
        let rows = self.sorted_rows(encoder)?;
        self.ledger.silver_after =
            (self.ledger.silver_before + self.ledger.inserted).saturating_sub(self.ledger.deleted);
        self.ledger.check()?;
        self.replaced.sort_unstable();
        Ok(MergePlan {
            upserts: NewRows::chosen(rows, self.patched),
            newest: self.newest,
            replaced: self.replaced,
            tombstones: self.tombstones,
            ledger: self.ledger,
            conflicts: self.conflicts,
        })
    }

    /// The new rows in the order of their keys.
    fn sorted_rows(&self, encoder: &KeyEncoder) -> Result<Vec<Chosen>, EngineError> {
        let positions = self.sources.contract.key_positions();
        let columns = positions.iter().map(|&position| self.sources.column(position, &self.rows, &self.patched));
        let order = key_order(encoder, &columns.collect::<Result<Vec<_>, _>>()?)?;
        Ok(order.into_iter().filter_map(|row| self.rows.get(row as usize).copied()).collect())
    }

    /// Counts how many of the replacing rows differ from the row they replace, and how many are equal.
    fn compare_replaced(&mut self) -> Result<(), EngineError> {
        if self.pairs.is_empty() {
            return Ok(());
        }
        let contract = self.sources.contract;
        let type_of = |column: &sluice_contract::Column| sluice_change::arrow_type(&column.data_type);
        let fields = contract.columns.iter().map(|column| SortField::new(type_of(column))).collect();
        let converter = RowConverter::new(fields)?;
        let new_rows: Vec<Chosen> = self.pairs.iter().map(|(row, _)| *row).collect();
        let old_places: Vec<(usize, usize)> = self.pairs.iter().map(|(_, place)| place.pair()).collect();
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for position in 0..contract.columns.len() {
            old.push(interleaved(&self.sources.arrays(position)?, &old_places)?);
            new.push(self.sources.column(position, &new_rows, &self.patched)?);
        }
        let (old, new) = (converter.convert_columns(&old)?, converter.convert_columns(&new)?);
        let updated = old.iter().zip(new.iter()).filter(|(a, b)| a != b).count() as u64;
        self.ledger.updated += updated;
        self.ledger.unchanged += self.pairs.len() as u64 - updated;
        Ok(())
    }
}
