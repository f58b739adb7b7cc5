//! The rows that a plan writes, built when they are written.

use super::gathered_rows::DealtRows;
use crate::scd1::Place;
use crate::silver::seq_texts;
use crate::{EngineError, ExistingRows, SEQ, silver_schema};
use arrow::array::{Array, ArrayRef, RecordBatch, StringArray, new_empty_array, new_null_array};
use arrow::compute::interleave;
use sluice_change::{ChangeBatch, EventSeq, EventSeqs};
use sluice_contract::Contract;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// What a plan was made of: its rows are made of the same.
#[derive(Clone, Copy, Debug)]
pub struct PlanSources<'a> {
    /// The table's contract.
    pub contract: &'a Contract,
    /// Rows of silver that were read.
    pub existing: &'a [ExistingRows],
    /// The events.
    pub changes: &'a [ChangeBatch],
}

/// New and changed rows with system columns, in the order of their keys. A large plan only knows where
/// its values are, so that no more of its rows than the caller asks for are in memory.
#[derive(Debug)]
pub struct NewRows(Rows);

#[derive(Debug)]
enum Rows {
    Built(RecordBatch),
    Chosen { rows: Vec<Chosen>, patched: Vec<Patched> },
    Dealt(DealtRows),
}

/// One new row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chosen {
    /// Values of all columns that are not patched.
    pub(crate) place: Place,
    /// Number of its [`Patched`], or [`Chosen::WHOLE`].
    pub(crate) patched: u32,
}

impl Chosen {
    pub(crate) const WHOLE: u32 = u32::MAX;
}

/// Columns of a row that come from elsewhere.
#[derive(Debug)]
pub(crate) struct Patched {
    /// Place of the value, or null for `None`.
    pub(crate) patches: BTreeMap<u16, Option<Place>>,
    /// Columns that are not of the row's own sequence, for `_col_seq`.
    pub(crate) older: BTreeMap<u16, Option<EventSeq>>,
}

impl From<RecordBatch> for NewRows {
    fn from(rows: RecordBatch) -> Self {
        Self(Rows::Built(rows))
    }
}

impl NewRows {
    pub(crate) fn chosen(rows: Vec<Chosen>, patched: Vec<Patched>) -> Self {
        Self(Rows::Chosen { rows, patched })
    }

    /// How many.
    #[must_use]
    pub fn num_rows(&self) -> usize {
        match &self.0 {
            Rows::Built(rows) => rows.num_rows(),
            Rows::Chosen { rows, .. } => rows.len(),
            Rows::Dealt(rows) => rows.len(),
        }
    }

    /// The same rows, for a caller that builds all of them: where they are many, their values are copied
    /// into the order in which they will be asked for.
    ///
    /// # Errors
    /// [`EngineError`] if `sources` are not those of the plan.
    pub fn arranged(self, sources: PlanSources<'_>) -> Result<Self, EngineError> {
        match &self.0 {
            Rows::Chosen { rows, patched } if patched.is_empty() && DealtRows::are_worth_it(rows.len(), sources) => {
                Ok(Self(Rows::Dealt(DealtRows::new(rows, sources)?)))
            }
            _ => Ok(self),
        }
    }

    /// Builds the rows of a range of numbers from 0 to [`NewRows::num_rows`].
    ///
    /// # Errors
    /// [`EngineError`] if `sources` are not those of the plan.
    pub fn build(&self, sources: PlanSources<'_>, range: Range<usize>) -> Result<RecordBatch, EngineError> {
        match &self.0 {
            Rows::Built(rows) => Ok(rows.slice(range.start, range.len())),
            Rows::Dealt(rows) => rows.build(sources, range),
            Rows::Chosen { rows, patched } => {
                let rows = rows.get(range).unwrap_or_default();
                let mut columns = Vec::with_capacity(sources.contract.columns.len() + 2);
                for position in 0..sources.contract.columns.len() {
                    columns.push(sources.column(position, rows, patched)?);
                }
                let seqs = rows.iter().map(|row| sources.seq(row.place)).collect::<Result<Vec<_>, _>>()?;
                columns.push(Arc::new(seq_texts(seqs.into_iter())?));
                let older = rows.iter().map(|row| sources.older_json(patched.get(row.patched as usize)?));
                columns.push(Arc::new(StringArray::from_iter(older)));
                Ok(RecordBatch::try_new(Arc::new(silver_schema(sources.contract)), columns)?)
            }
        }
    }
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

    fn older_json(&self, patched: &Patched) -> Option<String> {
        if patched.older.is_empty() {
            return None;
        }
        let named = patched.older.iter().filter_map(|(&position, author)| {
            let column = self.contract.columns.get(usize::from(position))?;
            Some((column.name.as_str(), author.map(|seq| seq.to_string())))
        });
        serde_json::to_string(&named.collect::<BTreeMap<&str, Option<String>>>()).ok()
    }
}

fn seq_in(existing: &ExistingRows, row: usize) -> Result<EventSeq, EngineError> {
    let text = text_at(&existing.rows, SEQ, row)?;
    text.and_then(EventSeq::parse).ok_or(EngineError::Sequence(SEQ))
}

pub(crate) fn interleaved(arrays: &[ArrayRef], places: &[(usize, usize)]) -> Result<ArrayRef, EngineError> {
    let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    Ok(interleave(&arrays, places)?)
}

pub(crate) fn text_at<'a>(
    batch: &'a RecordBatch,
    name: &'static str,
    row: usize,
) -> Result<Option<&'a str>, EngineError> {
    let column = batch
        .column_by_name(name)
        .and_then(|column| column.as_any().downcast_ref::<StringArray>())
        .ok_or_else(|| EngineError::Column(name.to_owned()))?;
    Ok(column.is_valid(row).then(|| column.value(row)))
}
