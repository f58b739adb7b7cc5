//! What a batch of changes does to silver.

use crate::keyed_changes::EventAt;
use crate::seq_texts::seq_texts;
use crate::winner::{Candidate, Place, Winner, join};
use crate::{COL_SEQ, EngineError, KeyEncoder, KeyedChanges, NewTombstones, SEQ, Tombstones, silver_schema};
use arrow::array::{Array, ArrayRef, RecordBatch, StringArray, new_null_array};
use arrow::compute::interleave;
use arrow::row::{RowConverter, SortField};
use sluice_change::{ChangeBatch, EventSeq, Op, RowLedger, RowRef};
use sluice_contract::Contract;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Two different events of one key with the same position; the tie-breaker decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Index of the change batch of the event that won, and its origin.
    pub winner: (usize, RowRef),
    /// The same of the one that lost.
    pub loser: (usize, RowRef),
}

/// Place of a row of silver: number of its data file, and its position in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowAt {
    /// Number of the file, as the caller counts files.
    pub file: u32,
    /// Row in the file, from 0.
    pub row: u32,
}

/// Rows of silver that were read.
#[derive(Clone, Debug)]
pub struct ExistingRows {
    /// Columns of the contract and the system columns.
    pub rows: RecordBatch,
    /// Where each is.
    pub at: Vec<RowAt>,
}

/// What a merge has to know of silver: every row whose key has events, and all rows when there is a
/// truncate; further rows do no harm.
#[derive(Clone, Copy, Debug)]
pub struct Existing<'a> {
    /// Rows with their content.
    pub read: &'a [ExistingRows],
    /// Rows of which only the hash of the key and the place are known. For each of them
    /// [`KeyedChanges::needs_row`] was false.
    pub unread: &'a [(u128, RowAt)],
    /// Rows of the whole table.
    pub rows: u64,
}

/// What a batch does to silver: `replaced` rows go, `upserts` come.
#[derive(Debug)]
pub struct MergePlan {
    /// New and changed rows with system columns, sorted by key.
    pub upserts: RecordBatch,
    /// Oldest and newest sequence in `upserts`.
    pub span: Option<(EventSeq, EventSeq)>,
    /// Rows of silver that are replaced or deleted, ascending.
    pub replaced: Vec<RowAt>,
    /// What the batch adds to the tombstones.
    pub tombstones: NewTombstones,
    /// Counts; both laws hold. A replaced row that was not read counts as updated.
    pub ledger: RowLedger,
    /// Ties between different events, at most [`MergePlan::CONFLICTS_MAX`].
    pub conflicts: Vec<Conflict>,
}

impl MergePlan {
    /// Conflicts reported per batch.
    pub const CONFLICTS_MAX: usize = 1_000;
}

/// Plans a merge of `changes`, which `keyed` groups. `quarantined` are the records of the batch that
/// are in quarantine, for the ledger.
///
/// # Errors
/// [`EngineError`] when silver is damaged or the ledger does not balance.
pub fn plan_merge(
    contract: &Contract,
    existing: Existing<'_>,
    tombstones: &Tombstones,
    changes: &[ChangeBatch],
    keyed: &KeyedChanges,
    quarantined: u64,
) -> Result<MergePlan, EngineError> {
    let encoder = KeyEncoder::new(contract)?;
    let mut merge = Merge {
        contract,
        existing: existing.read,
        changes,
        before: tombstones,
        horizon_of_truncates: tombstones.truncate(),
        tombstones: NewTombstones::default(),
        ledger: RowLedger { silver_before: existing.rows, quarantined, ..RowLedger::default() },
        winners: Vec::new(),
        replaced: Vec::new(),
        conflicts: Vec::new(),
    };
    merge.ledger.rows_in = quarantined + changes.iter().map(|batch| batch.len() as u64).sum::<u64>();
    merge.apply_truncates(&keyed.truncates);
    let mut old: Vec<Option<OldRow>> = vec![None; keyed.hashes().len()];
    for (source, existing) in existing.read.iter().enumerate() {
        for (row, hash) in encoder.hashes(&existing.rows)?.into_iter().enumerate() {
            match keyed.find(hash) {
                Some(key) => old[key] = Some(OldRow::Read((source, row))),
                None if keyed.has_truncates() => merge.apply_key(hash, Some(OldRow::Read((source, row))), &[])?,
                None => {}
            }
        }
    }
    for (hash, at) in existing.unread {
        if let Some(key) = keyed.find(*hash) {
            old[key] = Some(OldRow::Unread(*at));
        }
    }
    for (key, (hash, old)) in keyed.hashes().iter().zip(old).enumerate() {
        merge.apply_key(*hash, old, keyed.of(key))?;
    }
    merge.finish(&encoder)
}

/// The row of a key in silver.
#[derive(Clone, Copy, Debug)]
enum OldRow {
    /// Batch and row of what was read.
    Read((usize, usize)),
    /// Older than every event of its key.
    Unread(RowAt),
}

struct Merge<'a> {
    contract: &'a Contract,
    existing: &'a [ExistingRows],
    changes: &'a [ChangeBatch],
    before: &'a Tombstones,
    /// The newest truncate, those of the batch included.
    horizon_of_truncates: Option<EventSeq>,
    tombstones: NewTombstones,
    ledger: RowLedger,
    winners: Vec<(Winner, Option<OldRow>)>,
    replaced: Vec<RowAt>,
    conflicts: Vec<Conflict>,
}

impl Merge<'_> {
    fn apply_truncates(&mut self, truncates: &[EventSeq]) {
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

    fn apply_key(&mut self, hash: u128, old: Option<OldRow>, events: &[EventAt]) -> Result<(), EngineError> {
        let count = events.len() as u64;
        let horizon_before = self.before.horizon(hash);
        let candidate = match old {
            Some(OldRow::Read(place)) => Some(self.old_candidate(place)?),
            Some(OldRow::Unread(_)) | None => None,
        };
        let old_seq = candidate.as_ref().map(|candidate| candidate.seq);
        let old_older = candidate.as_ref().map(|candidate| candidate.older.clone()).unwrap_or_default();
        let mut events: Vec<((usize, usize), Op, EventSeq)> = events
            .iter()
            .map(|at| {
                let (source, row) = (at.source as usize, at.row as usize);
                ((source, row), self.changes[source].ops[row], self.changes[source].seqs[row])
            })
            .collect();
        events.sort_by_key(|(_, _, seq)| std::cmp::Reverse(*seq));
        let copies = self.count_copies(&events, old_seq, horizon_before);
        events.dedup_by_key(|event| event.2);

        let mut horizon = horizon_before.max(self.horizon_of_truncates);
        let newest_delete = events.iter().find(|(_, op, _)| *op == Op::Delete).map(|(place, _, seq)| (*place, *seq));
        if let Some((place, seq)) = newest_delete
            && Some(seq) > horizon
        {
            self.tombstones.deletes.push((hash, place, seq));
            horizon = Some(seq);
        }
        let newest_delete = newest_delete.map(|(_, seq)| seq);
        let mut candidates: Vec<Candidate> = candidate.into_iter().collect();
        let first_event_source = self.existing.len();
        for ((source, row), op, seq) in &events {
            if op.is_upsert() {
                let absent = u32::try_from(*row).ok().and_then(|row| self.changes[*source].absent.get(&row));
                candidates.push(Candidate {
                    place: Place { source: first_event_source + source, row: *row },
                    seq: *seq,
                    older: absent.into_iter().flatten().map(|&column| (column, None)).collect(),
                });
            }
        }
        let winner = join(&mut candidates, horizon);
        let from_batch = |winner: &Winner| Some(winner.seq) > old_seq;
        match (old, winner) {
            (None, Some(winner)) => {
                self.ledger.inserted += 1;
                self.ledger.revived += u64::from(horizon_before.is_some());
                self.ledger.superseded += count - 1;
                self.keep(winner, None);
            }
            (Some(old), Some(winner)) => {
                // A late event fills a hole, or a late delete takes away what filled one.
                let mends = winner.older != old_older;
                let stale = |(_, op, seq): &&(_, Op, EventSeq)| {
                    op.is_upsert() && Some(*seq) < old_seq && Some(*seq) > horizon_before
                };
                let stale = events.iter().filter(stale).count() as u64;
                self.ledger.stale_ignored += stale.saturating_sub(u64::from(mends));
                if from_batch(&winner) || mends {
                    // One event took effect; whether a value changed is known once the rows are built.
                    // Where all are copies it was a truncate, which took away what had filled a hole.
                    let by_event = u64::from(count > copies);
                    self.ledger.superseded += count - by_event;
                    self.ledger.split_rows += 1 - by_event;
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
        let blocked = events.iter().filter(|(_, op, seq)| op.is_upsert() && Some(*seq) <= horizon_before).count();
        self.ledger.tombstone_blocked += blocked as u64;
        Ok(())
    }

    fn place_of(&self, old: OldRow) -> RowAt {
        match old {
            OldRow::Read((source, row)) => self.existing[source].at[row],
            OldRow::Unread(at) => at,
        }
    }

    /// Counts exact copies, which it returns too, and remembers ties between different events.
    fn count_copies(
        &mut self,
        newest_first: &[((usize, usize), Op, EventSeq)],
        old_seq: Option<EventSeq>,
        horizon: Option<EventSeq>,
    ) -> u64 {
        let mut copies = 0;
        for pair in newest_first.windows(2) {
            let [(winner, _, a), (loser, _, b)] = pair else { continue };
            if a == b {
                copies += 1;
            } else if a.ties_with(b) {
                self.ledger.ties += 1;
                if self.conflicts.len() < MergePlan::CONFLICTS_MAX {
                    let origin = |place: &(usize, usize)| (place.0, self.changes[place.0].refs[place.1]);
                    self.conflicts.push(Conflict { winner: origin(winner), loser: origin(loser) });
                }
            }
        }
        let mut last = None;
        for (_, _, seq) in newest_first {
            if last != Some(seq) && (Some(*seq) == old_seq || Some(*seq) == horizon) {
                copies += 1;
            }
            last = Some(seq);
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
        self.replaced.extend(replaces.map(|old| self.place_of(old)));
        self.winners.push((winner, replaces));
    }

    /// The row as it stands in silver.
    fn old_candidate(&self, (source, row): (usize, usize)) -> Result<Candidate, EngineError> {
        let batch = &self.existing[source].rows;
        let seq = text_at(batch, SEQ, row)?.ok_or(EngineError::Sequence(SEQ))?;
        let seq = EventSeq::parse(seq).ok_or(EngineError::Sequence(SEQ))?;
        let mut older = BTreeMap::new();
        if let Some(json) = text_at(batch, COL_SEQ, row)? {
            let written: BTreeMap<String, Option<String>> =
                serde_json::from_str(json).map_err(|_| EngineError::Sequence(COL_SEQ))?;
            for (name, author) in written {
                let Some(position) = self.contract.columns.iter().position(|column| column.name == name) else {
                    continue;
                };
                let author = match author {
                    Some(text) => Some(EventSeq::parse(&text).ok_or(EngineError::Sequence(COL_SEQ))?),
                    None => None,
                };
                older.insert(u16::try_from(position).unwrap_or(u16::MAX), author);
            }
        }
        Ok(Candidate { place: Place { source, row }, seq, older })
    }

    fn finish(mut self, encoder: &KeyEncoder) -> Result<MergePlan, EngineError> {
        self.sort_winners(encoder)?;
        let upserts = self.build_upserts()?;
        let (updated, unchanged) = self.compare_replaced(&upserts)?;
        self.ledger.updated = updated;
        self.ledger.unchanged = unchanged;
        self.ledger.silver_after =
            (self.ledger.silver_before + self.ledger.inserted).saturating_sub(self.ledger.deleted);
        self.ledger.check()?;
        self.replaced.sort_unstable();
        let seqs = || self.winners.iter().map(|(winner, _)| winner.seq);
        Ok(MergePlan {
            upserts,
            span: seqs().min().zip(seqs().max()),
            replaced: self.replaced,
            tombstones: self.tombstones,
            ledger: self.ledger,
            conflicts: self.conflicts,
        })
    }

    /// Brings the winners into the order of their keys.
    fn sort_winners(&mut self, encoder: &KeyEncoder) -> Result<(), EngineError> {
        let mut arrays: Vec<Vec<ArrayRef>> = Vec::new();
        for position in self.contract.key_positions() {
            arrays.push(self.sources(position)?);
        }
        let places: Vec<(usize, usize)> =
            self.winners.iter().map(|(winner, _)| (winner.place.source, winner.place.row)).collect();
        let mut columns = Vec::with_capacity(arrays.len());
        for sources in &arrays {
            let sources: Vec<&dyn Array> = sources.iter().map(AsRef::as_ref).collect();
            columns.push(interleave(&sources, &places)?);
        }
        let keys = encoder.encode_columns(&columns)?;
        let mut order: Vec<u32> = (0..u32::try_from(places.len()).unwrap_or(u32::MAX)).collect();
        order.sort_unstable_by(|a, b| keys.row(*a as usize).cmp(&keys.row(*b as usize)));
        let mut winners: Vec<Option<(Winner, Option<OldRow>)>> =
            std::mem::take(&mut self.winners).into_iter().map(Some).collect();
        self.winners = order.into_iter().filter_map(|row| winners.get_mut(row as usize)?.take()).collect();
        Ok(())
    }

    /// One array per source for a column of the contract, and a last one with a single null.
    fn sources(&self, position: usize) -> Result<Vec<ArrayRef>, EngineError> {
        let column = &self.contract.columns[position];
        let wanted = sluice_change::arrow_type(&column.data_type);
        let mut arrays = Vec::with_capacity(self.existing.len() + self.changes.len() + 1);
        for batch in self.existing {
            let array = batch.rows.column_by_name(&column.name).filter(|array| *array.data_type() == wanted);
            arrays.push(array.cloned().ok_or_else(|| EngineError::Column(column.name.clone()))?);
        }
        for batch in self.changes {
            arrays.push(Arc::clone(batch.rows.column(position)));
        }
        arrays.push(new_null_array(&wanted, 1));
        Ok(arrays)
    }

    fn build_upserts(&self) -> Result<RecordBatch, EngineError> {
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.contract.columns.len() + 2);
        let plain: Vec<(usize, usize)> =
            self.winners.iter().map(|(winner, _)| (winner.place.source, winner.place.row)).collect();
        for position in 0..self.contract.columns.len() {
            let arrays = self.sources(position)?;
            let nothing = (arrays.len() - 1, 0);
            let column = u16::try_from(position).unwrap_or(u16::MAX);
            let mut indices = plain.clone();
            for (index, (winner, _)) in indices.iter_mut().zip(&self.winners) {
                if let Some(patch) = winner.patches.get(&column) {
                    *index = patch.map_or(nothing, |place| (place.source, place.row));
                }
            }
            let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
            columns.push(interleave(&arrays, &indices)?);
        }
        columns.push(Arc::new(seq_texts(self.winners.iter().map(|(winner, _)| winner.seq))?));
        let older = self.winners.iter().map(|(winner, _)| self.older_json(winner));
        columns.push(Arc::new(StringArray::from_iter(older)));
        let rows = RecordBatch::try_new(Arc::new(silver_schema(self.contract)), columns)?;
        Ok(rows)
    }

    fn older_json(&self, winner: &Winner) -> Option<String> {
        if winner.older.is_empty() {
            return None;
        }
        let named: BTreeMap<&str, Option<String>> = winner
            .older
            .iter()
            .filter_map(|(&position, author)| {
                let column = self.contract.columns.get(usize::from(position))?;
                Some((column.name.as_str(), author.map(|seq| seq.to_string())))
            })
            .collect();
        serde_json::to_string(&named).ok()
    }

    /// How many of the replacing rows differ from the row they replace, and how many are equal.
    fn compare_replaced(&self, upserts: &RecordBatch) -> Result<(u64, u64), EngineError> {
        let mut unread = 0;
        let mut pairs: Vec<(usize, (usize, usize))> = Vec::new();
        for (row, (_, replaces)) in self.winners.iter().enumerate() {
            match replaces {
                Some(OldRow::Read(place)) => pairs.push((row, *place)),
                Some(OldRow::Unread(_)) => unread += 1,
                None => {}
            }
        }
        if pairs.is_empty() {
            return Ok((unread, 0));
        }
        let fields: Vec<SortField> = self
            .contract
            .columns
            .iter()
            .map(|column| SortField::new(sluice_change::arrow_type(&column.data_type)))
            .collect();
        let converter = RowConverter::new(fields)?;
        let mut old = Vec::new();
        let mut new = Vec::new();
        let new_rows: Vec<(usize, usize)> = pairs.iter().map(|(row, _)| (0, *row)).collect();
        let old_rows: Vec<(usize, usize)> = pairs.iter().map(|(_, place)| *place).collect();
        for position in 0..self.contract.columns.len() {
            let arrays = self.sources(position)?;
            let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
            old.push(interleave(&arrays, &old_rows)?);
            new.push(interleave(&[upserts.column(position).as_ref()], &new_rows)?);
        }
        let (old, new) = (converter.convert_columns(&old)?, converter.convert_columns(&new)?);
        let updated = old.iter().zip(new.iter()).filter(|(a, b)| a != b).count() as u64;
        Ok((unread + updated, pairs.len() as u64 - updated))
    }
}

fn text_at<'a>(batch: &'a RecordBatch, name: &'static str, row: usize) -> Result<Option<&'a str>, EngineError> {
    let column = batch
        .column_by_name(name)
        .and_then(|column| column.as_any().downcast_ref::<StringArray>())
        .ok_or_else(|| EngineError::Column(name.to_owned()))?;
    Ok(column.is_valid(row).then(|| column.value(row)))
}
