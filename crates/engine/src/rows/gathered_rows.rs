//! Many rows from many batches, copied into the order in which they are written.

use super::chosen::Chosen;
use super::plan_sources::{PlanSources, interleaved};
use crate::error::EngineError;
use crate::silver::{seq_texts, silver_schema};
use arrow::array::{ArrayRef, RecordBatch, UInt32Array, new_null_array};
use arrow::compute::take;
use arrow::datatypes::DataType;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use sluice_change::EventSeqs;
use std::ops::Range;
use std::sync::Arc;

/// Fewer rows are read by point lookups.
const ROWS_MIN: usize = 64 * 1024;
/// More bytes are not copied; the rows are then read by point lookups.
const BYTES_MAX: usize = 1 << 30;
/// The position in every source is kept once in so many rows.
const ROWS_PER_MARK: usize = 64 * 1024;

/// The chosen rows of every source, in the order in which they are written. Point lookups in large batches wait for
/// memory once per value. Here the rows of one source are copied at a time, which fits in a core's cache, and after
/// that all copies are read sequentially, side by side.
#[derive(Debug)]
pub(crate) struct GatheredRows {
    /// The source of every row.
    of: Vec<u32>,
    /// By column of the contract and source.
    columns: Vec<Vec<ArrayRef>>,
    /// By source.
    seqs: Vec<EventSeqs>,
    /// Once in [`ROWS_PER_MARK`] rows, how many rows of each source came before.
    marks: Vec<Vec<usize>>,
}

impl GatheredRows {
    /// Whether the time that sequential reads save is worth the memory of a copy.
    pub(crate) fn are_worth_it(rows: usize, sources: PlanSources<'_>) -> bool {
        if rows < ROWS_MIN {
            return false;
        }
        let existing = sources.existing.iter().map(|batch| &batch.rows);
        let all = || existing.clone().chain(sources.changes.iter().map(|batch| &batch.rows));
        let bytes: usize = all().map(RecordBatch::get_array_memory_size).sum();
        let total: usize = all().map(RecordBatch::num_rows).sum();
        bytes / total.max(1) * rows <= BYTES_MAX
    }

    /// Copies the rows; none of them may be patched.
    pub(crate) fn new(rows: &[Chosen], sources: PlanSources<'_>) -> Result<Self, EngineError> {
        let count = sources.existing.len() + sources.changes.len();
        let mut picked: Vec<Vec<u32>> = vec![Vec::new(); count];
        let mut of = Vec::with_capacity(rows.len());
        let mut marks = Vec::with_capacity(rows.len() / ROWS_PER_MARK + 1);
        for part in rows.chunks(ROWS_PER_MARK) {
            marks.push(picked.iter().map(Vec::len).collect());
            for row in part {
                of.push(row.place.source);
                picked[row.place.source as usize].push(row.place.row);
            }
        }
        let width = sources.contract.columns.len();
        let arrays = (0..width).map(|position| sources.arrays(position)).collect::<Result<Vec<_>, _>>()?;
        let gathered = picked.into_par_iter().enumerate().map(|(source, rows)| {
            let seqs = sources.seqs(source, &rows)?;
            let rows = UInt32Array::from(rows);
            let columns = arrays.iter().map(|of_column| take(&of_column[source], &rows, None));
            Ok((columns.collect::<Result<Vec<ArrayRef>, _>>()?, seqs))
        });
        let gathered = gathered.collect::<Result<Vec<(Vec<ArrayRef>, EventSeqs)>, EngineError>>()?;
        let mut columns: Vec<Vec<ArrayRef>> = vec![Vec::new(); width];
        let mut seqs = Vec::with_capacity(count);
        for (of_source, seqs_of_source) in gathered {
            columns.iter_mut().zip(of_source).for_each(|(column, values)| column.push(values));
            seqs.push(seqs_of_source);
        }
        Ok(Self { of, columns, seqs, marks })
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.of.len()
    }

    /// Builds the rows of a range, with system columns.
    pub(crate) fn build(&self, sources: PlanSources<'_>, range: Range<usize>) -> Result<RecordBatch, EngineError> {
        let places = self.places(&range);
        let mut columns = Vec::with_capacity(self.columns.len() + 2);
        for of_column in &self.columns {
            columns.push(interleaved(of_column, &places)?);
        }
        let seqs = EventSeqs::interleaved(&self.seqs, &places);
        columns.push(Arc::new(seq_texts(seqs.iter())?));
        columns.push(new_null_array(&DataType::Utf8, places.len()));
        Ok(RecordBatch::try_new(Arc::new(silver_schema(sources.contract)), columns)?)
    }

    /// Source of every row, and its number among the rows gathered from that source.
    fn places(&self, range: &Range<usize>) -> Vec<(usize, usize)> {
        let mark = range.start / ROWS_PER_MARK;
        let mut next = self.marks.get(mark).cloned().unwrap_or_default();
        let mut place = |source: &u32| {
            let source = *source as usize;
            next[source] += 1;
            (source, next[source] - 1)
        };
        self.of[mark * ROWS_PER_MARK..range.start].iter().for_each(|source| {
            place(source);
        });
        self.of[range.clone()].iter().map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{GatheredRows, ROWS_MIN, ROWS_PER_MARK};
    use crate::rows::{Chosen, ExistingRows, NewRows, Place, PlanSources, RowAt};
    use crate::silver::silver_schema;
    use arrow::array::{Int64Array, RecordBatch, StringArray, new_null_array};
    use arrow::datatypes::DataType;
    use sluice_change::{Cell, ChangeBatch, ChangeBatchBuilder, Event, EventSeq, Op, RowRef};
    use sluice_contract::Contract;
    use std::sync::Arc;

    const BATCH_ROWS: usize = 5_000;

    fn contract() -> Arc<Contract> {
        let text = "dataset: a.b\nschema:\n- {name: k, type: bigint, primary_key: true}\n- {name: v, type: string}\n";
        Arc::new(Contract::parse(text, "b.yaml").unwrap())
    }

    fn change(contract: &Arc<Contract>, number: usize) -> ChangeBatch {
        let mut builder = ChangeBatchBuilder::new(Arc::clone(contract), Vec::new());
        for row in 0..BATCH_ROWS {
            let value = if row % 7 == 0 { Cell::Null } else { Cell::Text(format!("{number}/{row}").into()) };
            builder.push(Event {
                at: RowRef { file: 0, row: row as u64, offset: 0 },
                op: Op::Upsert,
                rank: 1,
                parts: [(row * 31 % 1_000) as u64, number as u64, 0, 0, 0],
                cells: vec![Cell::Int((number * BATCH_ROWS + row) as i64), value],
                source_time_ms: None,
                record: String::new(),
            });
        }
        builder.finish().unwrap()
    }

    fn existing(contract: &Contract) -> ExistingRows {
        let seqs = (0..BATCH_ROWS as u64).map(|row| EventSeq::new(0, [0, row, 0], true, row).to_string());
        let columns: Vec<arrow::array::ArrayRef> = vec![
            Arc::new((0..BATCH_ROWS as i64).map(|row| Some(-row)).collect::<Int64Array>()),
            Arc::new((0..BATCH_ROWS).map(|row| Some(format!("old {row}"))).collect::<StringArray>()),
            Arc::new(StringArray::from_iter_values(seqs)),
            new_null_array(&DataType::Utf8, BATCH_ROWS),
        ];
        let at = (0..u32::try_from(BATCH_ROWS).unwrap()).map(|row| RowAt { file: 0, row }).collect();
        ExistingRows { rows: RecordBatch::try_new(Arc::new(silver_schema(contract)), columns).unwrap(), at }
    }

    #[test]
    fn gathered_rows_are_the_rows_at_their_places() {
        let contract = contract();
        let changes: Vec<ChangeBatch> = (0..4).map(|number| change(&contract, number)).collect();
        let mut random = fastrand::Rng::with_seed(11);
        for existing in [Vec::new(), vec![existing(&contract)]] {
            let sources = PlanSources { contract: &contract, existing: &existing, changes: &changes };
            let batches = u32::try_from(existing.len() + changes.len()).unwrap();
            // No row is from the last source.
            let mut place = || Place { source: random.u32(..batches - 1), row: random.u32(..BATCH_ROWS as u32) };
            let rows = ROWS_MIN + 2 * ROWS_PER_MARK + 77;
            let chosen: Vec<Chosen> =
                std::iter::repeat_with(|| Chosen { place: place(), patched: Chosen::WHOLE }).take(rows).collect();
            assert!(GatheredRows::are_worth_it(rows, sources) && !GatheredRows::are_worth_it(ROWS_MIN - 1, sources));
            let in_place = NewRows::chosen(chosen.clone(), Vec::new());
            let gathered = NewRows::chosen(chosen, Vec::new()).arranged(sources).unwrap();
            assert_eq!(gathered.num_rows(), rows);
            let marks = [0, ROWS_PER_MARK - 1, ROWS_PER_MARK, ROWS_PER_MARK + 1, 2 * ROWS_PER_MARK, rows];
            for (from, to) in marks.iter().flat_map(|from| marks.iter().map(move |to| (*from, *to))) {
                if from <= to {
                    let expected = in_place.build(sources, from..to).unwrap();
                    assert_eq!(gathered.build(sources, from..to).unwrap(), expected, "{from}..{to}");
                }
            }
        }
    }
}
