//! The batches that a plan's rows are built from.

use super::chosen::{Chosen, Patched, Place};
use crate::error::EngineError;
use crate::silver::{SEQ, col_seq, seq_at, text_column};
use arrow::array::{Array, ArrayRef, RecordBatch, new_empty_array, new_null_array};
use arrow::compute::interleave;
use sluice_change::{ChangeBatch, EventSeq, EventSeqs};
use sluice_contract::Contract;
use std::sync::Arc;

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
    /// Their values: the columns of the contract and the system columns.
    pub rows: RecordBatch,
    /// Where each of them is in silver.
    pub at: Vec<RowAt>,
}

/// What a plan was computed from; its rows are built from the same batches.
#[derive(Clone, Copy, Debug)]
pub struct PlanSources<'a> {
    /// The contract whose columns the rows have.
    pub contract: &'a Contract,
    /// Rows of silver that were read.
    pub existing: &'a [ExistingRows],
    /// Events of the batch, as they were handed to the plan.
    pub changes: &'a [ChangeBatch],
}

impl PlanSources<'_> {
    /// Values of a column of the contract for some rows.
    pub(crate) fn column(
        &self,
        position: usize,
        rows: &[Chosen],
        patched: &[Patched],
    ) -> Result<ArrayRef, EngineError> {
        let mut arrays = self.arrays(position)?;
        let nothing = (arrays.len(), 0);
        if !patched.is_empty() {
            arrays.push(new_null_array(&sluice_change::arrow_type(&self.contract.columns[position].data_type), 1));
        }
        let column = u16::try_from(position).unwrap_or(u16::MAX);
        let place_of = |row: &Chosen| {
            let patch = patched.get(row.patched as usize).and_then(|patched| patched.patches.get(&column));
            match patch {
                Some(patch) => patch.map_or(nothing, Place::pair),
                None => row.place.pair(),
            }
        };
        let places: Vec<(usize, usize)> = rows.iter().map(place_of).collect();
        interleaved(&arrays, &places)
    }

    /// One array per source for a column of the contract, those of silver first.
    pub(crate) fn arrays(&self, position: usize) -> Result<Vec<ArrayRef>, EngineError> {
        let column = &self.contract.columns[position];
        let wanted = sluice_change::arrow_type(&column.data_type);
        // One more for a null, where a row may lack a value.
        let mut arrays = Vec::with_capacity(self.existing.len() + self.changes.len() + 1);
        for batch in self.existing {
            let array = batch.rows.column_by_name(&column.name).filter(|array| *array.data_type() == wanted);
            arrays.push(array.cloned().ok_or_else(|| EngineError::Column(column.name.clone()))?);
        }
        for batch in self.changes {
            arrays.push(Arc::clone(batch.rows.column(position)));
        }
        if arrays.is_empty() {
            // Without sources there are no rows, but there is a column.
            arrays.push(new_empty_array(&wanted));
        }
        Ok(arrays)
    }

    /// Sequences of some rows of a source.
    pub(crate) fn seqs(&self, source: usize, rows: &[u32]) -> Result<EventSeqs, EngineError> {
        match self.existing.get(source) {
            Some(existing) => rows.iter().map(|row| seq_in(existing, *row as usize)).collect(),
            None => Ok(self.changes[source - self.existing.len()].seqs.picked(rows)),
        }
    }

    /// Sequence of the row or event at a place.
    pub(crate) fn seq(&self, place: Place) -> Result<EventSeq, EngineError> {
        let (source, row) = place.pair();
        match self.existing.get(source) {
            Some(existing) => seq_in(existing, row),
            None => Ok(self.changes[source - self.existing.len()].seqs.at(row)),
        }
    }

    /// The `_col_seq` of a row.
    pub(super) fn col_seq(&self, patched: &Patched) -> Option<String> {
        if patched.older.is_empty() {
            return None;
        }
        col_seq::write(self.contract, patched.older.iter().map(|(&column, &written_by)| (column, written_by)))
    }
}

fn seq_in(existing: &ExistingRows, row: usize) -> Result<EventSeq, EngineError> {
    seq_at(text_column(&existing.rows, SEQ)?, row)
}

/// The values at `places`, each an array and a row in it.
pub(crate) fn interleaved(arrays: &[ArrayRef], places: &[(usize, usize)]) -> Result<ArrayRef, EngineError> {
    let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    Ok(interleave(&arrays, places)?)
}
