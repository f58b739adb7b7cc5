//! Full snapshots of a table as changes: a row that is new or differs is an upsert, a row that is missing a
//! delete.

use crate::error::EngineError;
use crate::keys::KeyEncoder;
use arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray, new_null_array};
use arrow::row::{RowConverter, Rows, SortField};
use sluice_change::{
    ChangeBatch, EventSeq, Op, RowLedger, RowRef, RowRefs, SeqParts, SourceTimes, arrow_type, contract_schema,
};
use sluice_contract::{Column, Contract, DeleteMode};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Every row of the source table at one moment.
#[derive(Clone, Debug)]
pub struct FullSnapshot {
    /// Its place in the order of the snapshots: larger is later.
    pub ordinal: u64,
    /// Its rows, as upserts; their sequences are ignored, except for their tie-breakers.
    pub rows: Vec<ChangeBatch>,
    /// Whether a key that it lacks is deleted. False where a record of it cannot be read, because the record's
    /// key is unknown.
    pub delete_missing: bool,
}

/// How many rows a snapshot lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotCounts {
    /// Which snapshot, as [`FullSnapshot::ordinal`].
    pub ordinal: u64,
    /// Rows of the table before it.
    pub before: u64,
    /// Of these, rows that it deletes.
    pub deleted: u64,
}

/// What full snapshots of a table change.
#[derive(Clone, Debug, Default)]
pub struct SnapshotChanges {
    /// Per snapshot batches of upserts and one of deletes, at the position of the snapshot.
    pub changes: Vec<ChangeBatch>,
    /// Rows of the snapshots that equal the row before, so that no event is made of them.
    pub unchanged: u64,
    /// Rows of the snapshots that another row of their key and snapshot supersedes, and records that are no row.
    pub superseded: u64,
    /// Rows of the snapshots that the contract leaves out.
    pub filtered: u64,
    /// Deletes of missing keys; they are no records of a file.
    pub deletes: u64,
    /// Counts of every snapshot that was compared, in their order.
    pub snapshots: Vec<SnapshotCounts>,
}

impl SnapshotChanges {
    /// Adds the counts of other keys.
    pub fn add_counts(&mut self, other: &Self) {
        self.unchanged += other.unchanged;
        self.superseded += other.superseded;
        self.filtered += other.filtered;
        self.deletes += other.deletes;
    }

    /// The ledger of the records, from the ledger of a plan of the changes: records without a change are
    /// counted, deletes without a record are not.
    #[must_use]
    pub fn of_records(&self, plan: RowLedger) -> RowLedger {
        let took_effect = self.deletes.min(plan.applied());
        RowLedger {
            rows_in: (plan.rows_in + self.unchanged + self.superseded + self.filtered).saturating_sub(self.deletes),
            filtered: plan.filtered + self.filtered,
            unchanged: plan.unchanged + self.unchanged,
            superseded: (plan.superseded + self.superseded).saturating_sub(self.deletes - took_effect),
            split_rows: plan.split_rows + took_effect,
            ..plan
        }
    }
}

/// Compares full snapshots with what came before them: the rows of silver, then one snapshot after the other.
///
/// * `current`: all rows of silver that the source has now ([`crate::current_rows`]).
/// * `applied`: ordinal of the newest snapshot in silver; snapshots up to it are superseded, because a row
///   that an older snapshot lacks may be newer than it.
///
/// Of the rows of a key that occurs twice in a snapshot, the one with the larger tie-breaker counts.
///
/// # Errors
/// [`EngineError`] if silver or a snapshot is of another table.
pub fn snapshot_changes(
    contract: &Contract,
    current: &[RecordBatch],
    applied: Option<u64>,
    snapshots: &[FullSnapshot],
) -> Result<SnapshotChanges, EngineError> {
    let encoder = KeyEncoder::new(contract)?;
    let values = ValueEncoder::new(contract)?;
    let mut live: HashMap<Box<[u8]>, [u8; 32]> = HashMap::new();
    for batch in current {
        let (keys, rows) = (encoder.encode(batch)?, values.encode(batch)?);
        for (key, row) in keys.iter().zip(rows.iter()) {
            live.insert(key.as_ref().into(), *blake3::hash(row.as_ref()).as_bytes());
        }
    }
    let (mut in_order, late): (Vec<&FullSnapshot>, Vec<&FullSnapshot>) =
        snapshots.iter().partition(|snapshot| Some(snapshot.ordinal) > applied);
    in_order.sort_by_key(|snapshot| snapshot.ordinal);
    let mut out = SnapshotChanges::default();
    out.superseded += late.iter().flat_map(|snapshot| &snapshot.rows).map(ChangeBatch::len).sum::<usize>() as u64;
    for FullSnapshot { ordinal, rows: batches, delete_missing } in in_order {
        let parts = EventSeq::parts_of([*ordinal]);
        let before = live.len() as u64;
        let keys = batches.iter().map(|batch| encoder.encode(&batch.rows)).collect::<Result<Vec<_>, _>>()?;
        let rows = batches.iter().map(|batch| values.encode(&batch.rows)).collect::<Result<Vec<_>, _>>()?;
        let present = one_row_per_key(batches, &keys);
        let mut keep: Vec<Vec<bool>> = batches.iter().map(|batch| vec![false; batch.len()]).collect();
        for (source, batch) in batches.iter().enumerate() {
            for (row, op) in batch.ops.iter().enumerate() {
                let key = keys[source].row(row).data();
                if !op.is_upsert() || present.get(key) != Some(&(source, row)) {
                    continue;
                }
                let hash = *blake3::hash(rows[source].row(row).as_ref()).as_bytes();
                if live.get(key) == Some(&hash) {
                    out.unchanged += 1;
                } else {
                    live.insert(key.into(), hash);
                    keep[source][row] = true;
                }
            }
        }
        let filtered = batches.iter().flat_map(|batch| &batch.ops).filter(|op| **op == Op::Filtered).count();
        out.filtered += filtered as u64;
        out.superseded += (batches.iter().map(ChangeBatch::len).sum::<usize>() - present.len() - filtered) as u64;
        let is_missing = |key: &[u8]| *delete_missing && !present.contains_key(key);
        let missing: BTreeSet<Box<[u8]>> = live.keys().filter(|key| is_missing(key.as_ref())).cloned().collect();
        live.retain(|key, _| !missing.contains(key));
        out.snapshots.push(SnapshotCounts { ordinal: *ordinal, before, deleted: missing.len() as u64 });
        for (batch, keep) in batches.iter().zip(&keep) {
            let mut upserts = batch.clone().filter(keep)?;
            upserts.seqs = upserts.seqs.iter().map(|seq| EventSeq { rank: 1, parts, ..seq }).collect();
            out.changes.push(upserts);
        }
        if !missing.is_empty() {
            out.deletes += missing.len() as u64;
            out.changes.push(deletes(contract, &encoder, parts, &missing)?);
        }
    }
    Ok(out)
}

/// The row of every key of a snapshot, as batch and row: of several the one with the largest tie-breaker.
fn one_row_per_key<'a>(batches: &[ChangeBatch], keys: &'a [Rows]) -> HashMap<&'a [u8], (usize, usize)> {
    let mut present: HashMap<&[u8], (usize, usize)> = HashMap::new();
    for (source, batch) in batches.iter().enumerate() {
        for row in batch.ops.iter().enumerate().filter(|(_, op)| op.is_upsert()).map(|(row, _)| row) {
            let newest = present.entry(keys[source].row(row).data()).or_insert((source, row));
            if batches[newest.0].seqs.ties().at(newest.1) < batch.seqs.ties().at(row) {
                *newest = (source, row);
            }
        }
    }
    present
}

/// Deletes of missing keys at the position of their snapshot.
fn deletes(
    contract: &Contract,
    encoder: &KeyEncoder,
    parts: SeqParts,
    keys: &BTreeSet<Box<[u8]>>,
) -> Result<ChangeBatch, EngineError> {
    let count = keys.len();
    let soft = contract.apply.delete_mode == DeleteMode::Soft;
    let seq = |key: &[u8]| {
        let mut head = [0; 8];
        head.copy_from_slice(&blake3::hash(key).as_bytes()[..8]);
        EventSeq::new(1, parts, false, u64::from_be_bytes(head))
    };
    let seqs: Vec<EventSeq> = keys.iter().map(|key| seq(key)).collect();
    let key_columns = encoder.decode(keys.iter().map(AsRef::as_ref))?;
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(contract.columns.len());
    let mut absent = Vec::new();
    for (position, column) in contract.columns.iter().enumerate() {
        let in_key = encoder.names().iter().position(|name| *name == column.name);
        columns.push(match (in_key.and_then(|at| key_columns.get(at)), column.name.as_str()) {
            (Some(key), _) => Arc::clone(key),
            (None, Column::DELETED) => Arc::new(BooleanArray::from(vec![true; count])),
            (None, Column::DELETED_SEQ) => {
                Arc::new(StringArray::from_iter_values(seqs.iter().map(EventSeq::to_string)))
            }
            (None, _) => {
                absent.extend(u16::try_from(position));
                new_null_array(&arrow_type(&column.data_type), count)
            }
        });
    }
    let rows = u32::try_from(count).unwrap_or(u32::MAX);
    let absent: BTreeMap<u32, Vec<u16>> =
        if soft { (0..rows).map(|row| (row, absent.clone())).collect() } else { BTreeMap::new() };
    Ok(ChangeBatch {
        files: Vec::new(),
        rows: RecordBatch::try_new(Arc::new(contract_schema(contract)), columns)?,
        ops: vec![if soft { Op::SoftDelete } else { Op::Delete }; count],
        seqs: seqs.into_iter().collect(),
        refs: RowRefs::same(RowRef { file: 0, row: 0, offset: 0 }, count),
        absent,
        source_times_ms: SourceTimes::all_null(count),
        records: vec![String::new(); count],
    })
}

/// Rows as bytes of the columns that the source has, to tell whether two rows are equal.
struct ValueEncoder {
    converter: RowConverter,
    names: Vec<String>,
}

impl ValueEncoder {
    fn new(contract: &Contract) -> Result<Self, EngineError> {
        let columns: Vec<&Column> = contract.columns.iter().filter(|column| !column.is_system()).collect();
        let fields = columns.iter().map(|column| SortField::new(arrow_type(&column.data_type))).collect();
        let names = columns.iter().map(|column| column.name.clone()).collect();
        Ok(Self { converter: RowConverter::new(fields)?, names })
    }

    fn encode(&self, batch: &RecordBatch) -> Result<Rows, EngineError> {
        let column =
            |name: &String| batch.column_by_name(name).cloned().ok_or_else(|| EngineError::Column(name.clone()));
        let columns = self.names.iter().map(column).collect::<Result<Vec<_>, _>>()?;
        self.converter.convert_columns(&columns).map_err(|_| EngineError::Column(self.names.join(", ")))
    }
}
