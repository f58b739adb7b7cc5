//! An append-only table: one row per event.

use crate::error::EngineError;
use crate::events::Conflict;
use crate::keys::KeyEncoder;
use crate::silver::{COL_SEQ, SEQ, col_seq, seq_at, seq_texts, silver_schema, text_column};
use arrow::array::{Array, ArrayRef, RecordBatch, StringArray, StringBuilder};
use arrow::compute::interleave;
use sluice_change::{ChangeBatch, EventSeq, Op, RowLedger};
use sluice_contract::Contract;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What a batch does to an append-only table.
#[derive(Debug)]
pub struct AppendPlan {
    /// New rows with system columns, sorted by key and sequence.
    pub rows: RecordBatch,
    /// Counts; both laws hold.
    pub ledger: RowLedger,
    /// Ties between different events of the batch, at most [`Conflict::MAX_PER_BATCH`].
    pub conflicts: Vec<Conflict>,
}

/// Plans an append: every upsert and every delete that is not there yet becomes a row; a delete has its
/// key and `_op` only. A truncate takes nothing out and is counted only, as is an event whose row is left out.
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
            } else if *op == Op::Filtered {
                ledger.filtered += 1;
            } else {
                seen.entry(keys[source].row(row).data()).or_default();
                events.push((source, row));
            }
        }
    }
    // Positions of a key at which silver has an event: another one there is a tie, as it is within a batch.
    let mut taken: HashSet<(&[u8], EventSeq)> = HashSet::new();
    for batch in existing {
        let of_batch = encoder.encode(batch)?;
        let seqs = text_column(batch, SEQ)?;
        for row in 0..batch.num_rows() {
            let Some(key) = seen.get_key_value(of_batch.row(row).data()).map(|(key, _)| *key) else { continue };
            let seq = seq_at(seqs, row)?;
            seen.entry(key).or_default().insert(seq);
            taken.insert((key, seq.end_of_position()));
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
    for event in &events {
        ledger.ties += u64::from(taken.contains(&(keys[event.0].row(event.1).data(), seq(event).end_of_position())));
    }
    let mut conflicts = Vec::new();
    for pair in events.windows(2) {
        let [one, other] = pair else { continue };
        if keys[one.0].row(one.1) == keys[other.0].row(other.1) && seq(one).ties_with(&seq(other)) {
            if taken.contains(&(keys[one.0].row(one.1).data(), seq(one).end_of_position())) {
                continue;
            }
            ledger.ties += 1;
            if conflicts.len() < Conflict::MAX_PER_BATCH {
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

/// The rows of events, in silver's columns.
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
    let mut col_seqs = StringBuilder::new();
    for &(source, row) in events {
        let absent = u32::try_from(row).ok().and_then(|row| changes[source].absent.get(&row));
        let json = |absent: &Vec<u16>| col_seq::write(contract, absent.iter().map(|&column| (column, None)));
        col_seqs.append_option(absent.and_then(json));
    }
    columns.push(Arc::new(col_seqs.finish()));
    debug_assert_eq!(schema.field(columns.len() - 1).name(), COL_SEQ);
    Ok(RecordBatch::try_new(schema, columns)?)
}
