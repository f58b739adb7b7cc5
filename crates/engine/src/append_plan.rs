//! A table that only grows: one row per event.

use crate::silver::seq_texts;
use crate::{COL_SEQ, Conflict, EngineError, KeyEncoder, SEQ, silver_schema};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, StringBuilder};
use arrow::compute::interleave;
use sluice_change::{ChangeBatch, EventSeq, Op, RowLedger};
use sluice_contract::Contract;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// What a batch does to a table that only grows.
#[derive(Debug)]
pub struct AppendPlan {
    /// New rows with system columns, sorted by key and sequence.
    pub rows: RecordBatch,
    /// Counts; both laws hold.
    pub ledger: RowLedger,
    /// Ties between different events of the batch, at most [`crate::MergePlan::CONFLICTS_MAX`].
    pub conflicts: Vec<Conflict>,
}

/// Plans an append: every upsert and every delete that is not there yet becomes a row; a delete has its
/// key and `_op` only. A truncate takes nothing out and is counted only.
///
/// * `existing`: batches of silver that have the key columns and `_seq`, with every row whose key is in
///   `changes`; others may be there too.
/// * `silver_before`: rows of the whole table.
/// * `quarantined`: records of the batch that are in quarantine, for the ledger.
///
/// # Errors
/// [`EngineError`] when silver is damaged or the ledger does not balance.
pub fn plan_append(
    contract: &Contract,
    existing: &[RecordBatch],
    changes: &[ChangeBatch],
    silver_before: u64,
    quarantined: u64,
) -> Result<AppendPlan, EngineError> {
    let encoder = KeyEncoder::new(contract)?;
    let mut ledger = RowLedger { silver_before, quarantined, ..RowLedger::default() };
    ledger.rows_in = quarantined + changes.iter().map(|batch| batch.len() as u64).sum::<u64>();
    let keys = changes.iter().map(|batch| encoder.encode(&batch.rows)).collect::<Result<Vec<_>, _>>()?;
    let mut seen: HashMap<&[u8], HashSet<EventSeq>> = HashMap::new();
    let mut events: Vec<(usize, usize)> = Vec::new();
    for (source, batch) in changes.iter().enumerate() {
        for (row, op) in batch.ops.iter().enumerate() {
            if *op == Op::Truncate {
                ledger.delete_of_absent += 1;
            } else {
                seen.entry(keys[source].row(row).data()).or_default();
                events.push((source, row));
            }
        }
    }
    for batch in existing {
        let of_batch = encoder.encode(batch)?;
        let seqs = batch.column_by_name(SEQ).and_then(|column| column.as_string_opt::<i32>());
        let seqs = seqs.ok_or_else(|| EngineError::Column(SEQ.to_owned()))?;
        for row in 0..batch.num_rows() {
            if let Some(of_key) = seen.get_mut(of_batch.row(row).data()) {
                let text = seqs.is_valid(row).then(|| seqs.value(row));
                of_key.insert(text.and_then(EventSeq::parse).ok_or(EngineError::Sequence(SEQ))?);
            }
        }
    }
    let seq = |&(source, row): &(usize, usize)| changes[source].seqs.at(row);
    events.retain(|event| {
        let is_new = seen.get_mut(keys[event.0].row(event.1).data()).is_some_and(|of_key| of_key.insert(seq(event)));
        ledger.superseded += u64::from(!is_new);
        ledger.duplicate += u64::from(!is_new);
        is_new
    });
    events.sort_unstable_by(|a, b| {
        let by_key = keys[a.0].row(a.1).cmp(&keys[b.0].row(b.1));
        by_key.then_with(|| seq(a).cmp(&seq(b)))
    });
    let mut conflicts = Vec::new();
    for pair in events.windows(2) {
        let [one, other] = pair else { continue };
        if keys[one.0].row(one.1) == keys[other.0].row(other.1) && seq(one).ties_with(&seq(other)) {
            ledger.ties += 1;
            if conflicts.len() < crate::MergePlan::CONFLICTS_MAX {
                let origin = |place: &(usize, usize)| (place.0, changes[place.0].refs.at(place.1));
                conflicts.push(Conflict { winner: origin(other), loser: origin(one) });
            }
        }
    }
    ledger.inserted = events.len() as u64;
    ledger.silver_after = ledger.silver_before + ledger.inserted;
    ledger.check()?;
    Ok(AppendPlan { rows: rows(contract, changes, &events)?, ledger, conflicts })
}

fn rows(contract: &Contract, changes: &[ChangeBatch], events: &[(usize, usize)]) -> Result<RecordBatch, EngineError> {
    let schema = Arc::new(silver_schema(contract));
    if changes.is_empty() {
        return Ok(RecordBatch::new_empty(schema));
    }
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
    for position in 0..contract.columns.len() {
        let arrays: Vec<&dyn Array> = changes.iter().map(|batch| batch.rows.column(position).as_ref()).collect();
        columns.push(interleave(&arrays, events)?);
    }
    let letters = events.iter().map(|&(source, row)| changes[source].ops[row].letter());
    columns.push(Arc::new(StringArray::from_iter_values(letters)));
    columns.push(Arc::new(seq_texts(events.iter().map(|&(source, row)| changes[source].seqs.at(row)))?));
    let mut untold = StringBuilder::new();
    for &(source, row) in events {
        let absent = u32::try_from(row).ok().and_then(|row| changes[source].absent.get(&row));
        untold.append_option(absent.and_then(|absent| untold_json(contract, absent)));
    }
    columns.push(Arc::new(untold.finish()));
    debug_assert_eq!(schema.field(columns.len() - 1).name(), COL_SEQ);
    Ok(RecordBatch::try_new(schema, columns)?)
}

/// The `_col_seq` of an event: the columns that it does not tell.
fn untold_json(contract: &Contract, absent: &[u16]) -> Option<String> {
    let names = absent.iter().filter_map(|&column| contract.columns.get(usize::from(column)));
    let untold: BTreeMap<&str, Option<String>> = names.map(|column| (column.name.as_str(), None)).collect();
    serde_json::to_string(&untold).ok()
}
