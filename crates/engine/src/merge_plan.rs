//! What a batch of changes does to silver.

use crate::winner::{Candidate, Place, Winner, join};
use crate::{COL_SEQ, EngineError, KeyEncoder, SEQ, Tombstones, silver_schema};
use arrow::array::{Array, ArrayRef, RecordBatch, StringArray, new_null_array};
use arrow::compute::interleave;
use arrow::row::{RowConverter, SortField};
use sluice_change::{ChangeBatch, EventSeq, Op, RowLedger, RowRef};
use sluice_contract::Contract;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Two different events of one key with the same position; the tie-breaker decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Index of the change batch of the event that won, and its origin.
    pub winner: (usize, RowRef),
    /// The same of the one that lost.
    pub loser: (usize, RowRef),
}

/// What a batch does to silver: `replaced` rows go, `upserts` come, `tombstones` is the new set.
#[derive(Debug)]
pub struct MergePlan {
    /// New and changed rows with system columns, sorted by key.
    pub upserts: RecordBatch,
    /// Rows of `existing` that are replaced or deleted: batch and row, ascending.
    pub replaced: Vec<(usize, usize)>,
    /// All tombstones after the batch.
    pub tombstones: Tombstones,
    /// Counts; both laws hold.
    pub ledger: RowLedger,
    /// Ties between different events, at most [`MergePlan::CONFLICTS_MAX`].
    pub conflicts: Vec<Conflict>,
}

impl MergePlan {
    /// Conflicts reported per batch.
    pub const CONFLICTS_MAX: usize = 1_000;
}

/// Plans a merge.
///
/// * `existing`: batches of silver with system columns. They have to hold every row whose key is in
///   `changes`, and all rows when `changes` has a truncate; others may be there too.
/// * `silver_before`: rows of the whole table.
/// * `quarantined`: records of the batch that are in quarantine, for the ledger.
///
/// # Errors
/// [`EngineError`] when silver is damaged or the ledger does not balance.
pub fn plan_merge(
    contract: &Contract,
    existing: &[RecordBatch],
    tombstones: &Tombstones,
    changes: &[ChangeBatch],
    silver_before: u64,
    quarantined: u64,
) -> Result<MergePlan, EngineError> {
    let encoder = KeyEncoder::new(contract)?;
    let mut merge = Merge {
        contract,
        existing,
        changes,
        tombstones: tombstones.clone(),
        before: tombstones,
        ledger: RowLedger { silver_before, quarantined, ..RowLedger::default() },
        winners: Vec::new(),
        replaced: Vec::new(),
        conflicts: Vec::new(),
    };
    merge.ledger.rows_in = quarantined + changes.iter().map(|batch| batch.len() as u64).sum::<u64>();
    let groups = merge.group_by_key(&encoder)?;
    merge.apply_truncates();
    for (key, group) in &groups {
        merge.apply_key(key, group)?;
    }
    merge.finish()
}

/// Everything known of one key.
#[derive(Default)]
struct Group {
    /// Row in `existing`.
    row: Option<(usize, usize)>,
    /// Events: batch and row.
    events: Vec<(usize, usize)>,
}

struct Merge<'a> {
    contract: &'a Contract,
    existing: &'a [RecordBatch],
    changes: &'a [ChangeBatch],
    before: &'a Tombstones,
    tombstones: Tombstones,
    ledger: RowLedger,
    winners: Vec<(Winner, Option<(usize, usize)>)>,
    replaced: Vec<(usize, usize)>,
    conflicts: Vec<Conflict>,
}

impl Merge<'_> {
    /// Events by key in key order, with the row of the key; with a truncate also keys without events.
    fn group_by_key(&self, encoder: &KeyEncoder) -> Result<BTreeMap<Box<[u8]>, Group>, EngineError> {
        let mut places: HashMap<Box<[u8]>, Group> = HashMap::new();
        let mut truncates = false;
        for (source, batch) in self.changes.iter().enumerate() {
            let keys = encoder.encode(&batch.rows)?;
            for (row, op) in batch.ops.iter().enumerate() {
                if *op == Op::Truncate {
                    truncates = true;
                    continue;
                }
                let key = keys.row(row);
                match places.get_mut(key.as_ref()) {
                    Some(group) => group.events.push((source, row)),
                    None => {
                        places.insert(key.as_ref().into(), Group { row: None, events: vec![(source, row)] });
                    }
                }
            }
        }
        for (source, batch) in self.existing.iter().enumerate() {
            let keys = encoder.encode(batch)?;
            for row in 0..batch.num_rows() {
                let key = keys.row(row);
                match places.get_mut(key.as_ref()) {
                    Some(group) => group.row = Some((source, row)),
                    None if truncates => {
                        places.insert(key.as_ref().into(), Group { row: Some((source, row)), events: Vec::new() });
                    }
                    None => {}
                }
            }
        }
        Ok(places.into_iter().collect())
    }

    fn apply_truncates(&mut self) {
        let mut seqs: Vec<EventSeq> = Vec::new();
        for batch in self.changes {
            let all = batch.ops.iter().zip(&batch.seqs);
            seqs.extend(all.filter(|(op, _)| **op == Op::Truncate).map(|(_, seq)| *seq));
        }
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
        self.tombstones.truncate_at(newest);
    }

    fn event(&self, (source, row): (usize, usize)) -> (Op, EventSeq) {
        (self.changes[source].ops[row], self.changes[source].seqs[row])
    }

    fn apply_key(&mut self, key: &[u8], group: &Group) -> Result<(), EngineError> {
        let horizon_before = self.before.horizon(key);
        let old = match group.row {
            Some(place) => Some(self.old_candidate(place)?),
            None => None,
        };
        let old_seq = old.as_ref().map(|candidate| candidate.seq);
        let old_older = old.as_ref().map(|candidate| candidate.older.clone()).unwrap_or_default();
        let mut events: Vec<((usize, usize), Op, EventSeq)> =
            group.events.iter().map(|&place| (place, self.event(place).0, self.event(place).1)).collect();
        events.sort_by_key(|(_, _, seq)| std::cmp::Reverse(*seq));
        self.count_copies(&events, old_seq, horizon_before);
        events.dedup_by_key(|event| event.2);

        let newest_delete = events.iter().find(|(_, op, _)| *op == Op::Delete).map(|(_, _, seq)| *seq);
        if let Some(seq) = newest_delete
            && Some(seq) > self.tombstones.horizon(key)
        {
            self.tombstones.delete(key, seq);
        }
        let horizon = self.tombstones.horizon(key);
        let mut candidates: Vec<Candidate> = old.into_iter().collect();
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
        let count = group.events.len() as u64;
        let from_batch = |winner: &Winner| Some(winner.seq) > old_seq;
        match (group.row, winner) {
            (None, Some(winner)) => {
                self.ledger.inserted += 1;
                self.ledger.superseded += count - 1;
                self.keep(winner, None);
            }
            (Some(place), Some(winner)) => {
                // A late event fills a hole, or a late delete takes away what filled one.
                let mends = winner.older != old_older;
                if from_batch(&winner) || mends {
                    // One event took effect; whether a value changed is known once the rows are built.
                    self.ledger.superseded += count - 1;
                    self.keep(winner, Some(place));
                } else {
                    self.ledger.superseded += count;
                }
            }
            (Some(place), None) => {
                self.ledger.deleted += 1;
                self.replaced.push(place);
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

    /// Counts exact copies and remembers ties between different events.
    fn count_copies(
        &mut self,
        newest_first: &[((usize, usize), Op, EventSeq)],
        old_seq: Option<EventSeq>,
        horizon: Option<EventSeq>,
    ) {
        for pair in newest_first.windows(2) {
            let [(winner, _, a), (loser, _, b)] = pair else { continue };
            if a == b {
                self.ledger.duplicate += 1;
            } else if a.ties_with(b) {
                self.ledger.ties += 1;
                if self.conflicts.len() < MergePlan::CONFLICTS_MAX {
                    let origin = |place: &(usize, usize)| (place.0, self.changes[place.0].refs[place.1]);
                    self.conflicts.push(Conflict { winner: origin(winner), loser: origin(loser) });
                }
            }
        }
        let mut known = 0;
        let mut last = None;
        for (_, _, seq) in newest_first {
            if last != Some(seq) && (Some(*seq) == old_seq || Some(*seq) == horizon) {
                known += 1;
            }
            last = Some(seq);
        }
        self.ledger.duplicate += known;
    }

    fn keep(&mut self, winner: Winner, replaces: Option<(usize, usize)>) {
        for author in winner.older.values() {
            match author {
                Some(_) => self.ledger.absent_filled += 1,
                None => self.ledger.absent_unfilled += 1,
            }
        }
        self.replaced.extend(replaces);
        self.winners.push((winner, replaces));
    }

    /// The row as it stands in silver.
    fn old_candidate(&self, (source, row): (usize, usize)) -> Result<Candidate, EngineError> {
        let batch = &self.existing[source];
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

    fn finish(mut self) -> Result<MergePlan, EngineError> {
        let upserts = self.build_upserts()?;
        let (updated, unchanged) = self.compare_replaced(&upserts)?;
        self.ledger.updated = updated;
        self.ledger.unchanged = unchanged;
        self.ledger.silver_after =
            (self.ledger.silver_before + self.ledger.inserted).saturating_sub(self.ledger.deleted);
        self.ledger.check()?;
        self.replaced.sort_unstable();
        Ok(MergePlan {
            upserts,
            replaced: self.replaced,
            tombstones: self.tombstones,
            ledger: self.ledger,
            conflicts: self.conflicts,
        })
    }

    /// One array per source for a column of the contract, and a last one with a single null.
    fn sources(&self, position: usize) -> Result<Vec<ArrayRef>, EngineError> {
        let column = &self.contract.columns[position];
        let wanted = sluice_change::arrow_type(&column.data_type);
        let mut arrays = Vec::with_capacity(self.existing.len() + self.changes.len() + 1);
        for batch in self.existing {
            let array = batch.column_by_name(&column.name).filter(|array| *array.data_type() == wanted);
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
        let seqs = self.winners.iter().map(|(winner, _)| winner.seq.to_string());
        columns.push(Arc::new(StringArray::from_iter_values(seqs)));
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
        let pairs: Vec<(usize, (usize, usize))> = self
            .winners
            .iter()
            .enumerate()
            .filter_map(|(row, (_, replaces))| replaces.map(|place| (row, place)))
            .collect();
        if pairs.is_empty() {
            return Ok((0, 0));
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
        Ok((updated, pairs.len() as u64 - updated))
    }
}

fn text_at<'a>(batch: &'a RecordBatch, name: &'static str, row: usize) -> Result<Option<&'a str>, EngineError> {
    let column = batch
        .column_by_name(name)
        .and_then(|column| column.as_any().downcast_ref::<StringArray>())
        .ok_or_else(|| EngineError::Column(name.to_owned()))?;
    Ok(column.is_valid(row).then(|| column.value(row)))
}
