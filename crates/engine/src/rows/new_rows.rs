//! The rows that a plan writes, built when they are written.

use super::chosen::{Chosen, Patched};
use super::gathered_rows::GatheredRows;
use super::plan_sources::PlanSources;
use crate::error::EngineError;
use crate::silver::{seq_texts, silver_schema};
use arrow::array::{RecordBatch, StringArray};
use std::ops::Range;
use std::sync::Arc;

/// New and changed rows with system columns, in the order of their keys. A large plan only knows where
/// its values are, so that only the rows that the caller asks for are in memory.
#[derive(Debug)]
pub struct NewRows(Rows);

#[derive(Debug)]
enum Rows {
    Built(RecordBatch),
    Chosen { rows: Vec<Chosen>, patched: Vec<Patched> },
    Gathered(GatheredRows),
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

    /// Number of rows, whether they are built or not.
    #[must_use]
    pub fn num_rows(&self) -> usize {
        match &self.0 {
            Rows::Built(rows) => rows.num_rows(),
            Rows::Chosen { rows, .. } => rows.len(),
            Rows::Gathered(rows) => rows.len(),
        }
    }

    /// The same rows, for a caller that builds all of them: where they are many, their values are copied
    /// into the order in which they will be asked for.
    ///
    /// # Errors
    /// [`EngineError`] if `sources` are not those of the plan.
    pub fn arranged(self, sources: PlanSources<'_>) -> Result<Self, EngineError> {
        match &self.0 {
            Rows::Chosen { rows, patched } if patched.is_empty() && GatheredRows::are_worth_it(rows.len(), sources) => {
                Ok(Self(Rows::Gathered(GatheredRows::new(rows, sources)?)))
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
            Rows::Gathered(rows) => rows.build(sources, range),
            Rows::Chosen { rows, patched } => {
                let rows = rows.get(range).unwrap_or_default();
                let mut columns = Vec::with_capacity(sources.contract.columns.len() + 2);
                for position in 0..sources.contract.columns.len() {
                    columns.push(sources.column(position, rows, patched)?);
                }
                let seqs = rows.iter().map(|row| sources.seq(row.place)).collect::<Result<Vec<_>, _>>()?;
                columns.push(Arc::new(seq_texts(seqs.into_iter())?));
                let older = rows.iter().map(|row| sources.col_seq(patched.get(row.patched as usize)?));
                columns.push(Arc::new(StringArray::from_iter(older)));
                Ok(RecordBatch::try_new(Arc::new(silver_schema(sources.contract)), columns)?)
            }
        }
    }
}
