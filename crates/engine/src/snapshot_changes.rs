//! Full images of a table as changes: what is new or other is an upsert, what is not there any more a
//! delete.

use crate::{EngineError, KeyEncoder};
use arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray, new_null_array};
use arrow::row::{RowConverter, Rows, SortField};
use sluice_change::{ChangeBatch, EventSeq, Op, RowRef, arrow_type, contract_schema};
use sluice_contract::{Column, Contract, DeleteMode};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A full image of the source table.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Its place in the order of the images: larger is later.
    pub ordinal: u64,
    /// Its rows, as upserts; what they say of their order does not count.
    pub rows: ChangeBatch,
}

/// What images of a table change.
#[derive(Clone, Debug, Default)]
pub struct SnapshotChanges {
    /// Per image a batch of upserts and one of deletes, at the position of the image.
    pub changes: Vec<ChangeBatch>,
    /// Rows of the images that are as they were, so that no event came of them.
    pub unchanged: u64,
    /// Rows of the images that another row of their key and image stands for, and what is no row.
    pub superseded: u64,
    /// Deletes that came of absence; they are no records of a file.
    pub deletes: u64,
}

/// Compares images with what came before them: the rows of silver, then one image after the other.
///
/// * `current`: all rows of silver that hold now ([`crate::current_rows`]).
/// * `applied`: ordinal of the newest image in silver; images up to it are left out, because what an
///   older image does not have may be newer than it.
///
/// Of the rows of a key that occurs twice in an image, the one with the larger tie-breaker counts.
///
/// # Errors
/// [`EngineError`] if silver or an image is of another table.
pub fn snapshot_changes(
    contract: &Contract,
    current: &[RecordBatch],
    applied: Option<u64>,
    snapshots: &[Snapshot],
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
    let mut in_order: Vec<&Snapshot> = snapshots.iter().filter(|snapshot| Some(snapshot.ordinal) > applied).collect();
    in_order.sort_by_key(|snapshot| snapshot.ordinal);
    let mut out = SnapshotChanges::default();
    for Snapshot { ordinal, rows: image } in in_order {
        let parts = [*ordinal, 0, 0];
        let (keys, rows) = (encoder.encode(&image.rows)?, values.encode(&image.rows)?);
        let mut present: HashMap<&[u8], usize> = HashMap::new();
        for row in image.ops.iter().enumerate().filter(|(_, op)| op.is_upsert()).map(|(row, _)| row) {
            let newest = present.entry(keys.row(row).data()).or_insert(row);
            if image.seqs[*newest].tie < image.seqs[row].tie {
                *newest = row;
            }
        }
        let mut keep = vec![false; image.len()];
        let mut in_order: Vec<(&[u8], usize)> = present.iter().map(|(key, row)| (*key, *row)).collect();
        in_order.sort_unstable();
        for (key, row) in in_order {
            let hash = *blake3::hash(rows.row(row).as_ref()).as_bytes();
            if live.get(key) == Some(&hash) {
                out.unchanged += 1;
            } else {
                live.insert(key.into(), hash);
                keep[row] = true;
            }
        }
        out.superseded += (image.len() - present.len()) as u64;
        let gone: BTreeSet<Box<[u8]>> =
            live.keys().filter(|key| !present.contains_key(key.as_ref())).cloned().collect();
        live.retain(|key, _| !gone.contains(key));
        let mut upserts = image.clone().filter(&keep)?;
        for seq in &mut upserts.seqs {
            *seq = EventSeq { rank: 1, parts, tie: seq.tie };
        }
        out.changes.push(upserts);
        if !gone.is_empty() {
            out.deletes += gone.len() as u64;
            out.changes.push(deletes(contract, &encoder, parts, &gone)?);
        }
    }
    Ok(out)
}

/// Deletes of keys at a position.
fn deletes(
    contract: &Contract,
    encoder: &KeyEncoder,
    parts: [u64; 3],
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
        seqs,
        refs: vec![RowRef { file: 0, row: 0, offset: 0 }; count],
        absent,
        source_times_ms: vec![None; count],
        records: vec![String::new(); count],
    })
}

/// The columns of the source as bytes.
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
