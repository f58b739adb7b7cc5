//! A columnar batch of changes to one table.

use crate::{Cell, ColumnBuilder, EventSeq, Op, RowRef, SourceFile, contract_schema};
use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use sluice_contract::Contract;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Changes to one table, in the order they were read.
///
/// All vectors have one entry per event. Sequences may repeat (delivery is at least once) and need
/// not be in order.
#[derive(Clone, Debug)]
pub struct ChangeBatch {
    /// The files that [`RowRef::file`] counts.
    pub files: Vec<SourceFile>,
    /// The contract's columns, in order, typed. Null in a delete besides the key, all null in a truncate.
    pub rows: RecordBatch,
    /// Operations.
    pub ops: Vec<Op>,
    /// Order.
    pub seqs: Vec<EventSeq>,
    /// Origins.
    pub refs: Vec<RowRef>,
    /// Columns (positions in `rows`) that an upsert does not carry; sparse, most events have none.
    pub absent: BTreeMap<u32, Vec<u16>>,
    /// Source time, milliseconds since the Unix epoch, if the event tells it.
    pub source_times_ms: Vec<Option<i64>>,
    /// The record as delivered (JSON), for bronze.
    pub records: Vec<String>,
}

impl ChangeBatch {
    /// Number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ops.len()
    }

    /// Whether there are no events.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }
}

/// One event on its way into a batch.
#[derive(Debug)]
pub struct Event<'a> {
    /// Origin.
    pub at: RowRef,
    /// Operation.
    pub op: Op,
    /// 0 full load without position, 1 otherwise; see [`EventSeq`].
    pub rank: u8,
    /// Position; see [`EventSeq`].
    pub parts: [u64; 3],
    /// One cell per contract column, in order. A delete needs its key cells only (others `Null`).
    pub cells: Vec<Cell<'a>>,
    /// Source time, milliseconds since the Unix epoch.
    pub source_time_ms: Option<i64>,
    /// The record as delivered, as JSON text.
    pub record: String,
}

/// Collects events of one contract.
pub struct ChangeBatchBuilder {
    contract: Arc<Contract>,
    columns: Vec<ColumnBuilder>,
    key: Vec<usize>,
    batch: ChangeBatch,
}

impl ChangeBatchBuilder {
    /// An empty batch.
    #[must_use]
    pub fn new(contract: Arc<Contract>, files: Vec<SourceFile>) -> Self {
        let columns = contract.columns.iter().map(|column| ColumnBuilder::new(&column.data_type)).collect();
        let schema = Arc::new(contract_schema(&contract));
        let batch = ChangeBatch {
            files,
            rows: RecordBatch::new_empty(schema),
            ops: Vec::new(),
            seqs: Vec::new(),
            refs: Vec::new(),
            absent: BTreeMap::new(),
            source_times_ms: Vec::new(),
            records: Vec::new(),
        };
        Self { key: contract.key_positions(), contract, columns, batch }
    }

    /// Adds an event. Its tie-breaker is made of the operation and the cells, so that copies of an
    /// event have equal sequences and different events of one position do not.
    pub fn push(&mut self, event: Event<'_>) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(event.op.letter().as_bytes());
        if event.op == Op::Delete {
            for &position in &self.key {
                event.cells.get(position).unwrap_or(&Cell::Null).hash_into(&mut hasher);
            }
        } else {
            for cell in &event.cells {
                cell.hash_into(&mut hasher);
            }
        }
        let mut head = [0; 8];
        head.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        let seq = EventSeq::new(event.rank, event.parts, event.op.is_upsert(), u64::from_be_bytes(head));

        let row = u32::try_from(self.batch.ops.len()).unwrap_or(u32::MAX);
        for (position, column) in self.columns.iter_mut().enumerate() {
            let cell = event.cells.get(position).unwrap_or(&Cell::Null);
            let kept = event.op != Op::Delete || self.key.contains(&position);
            column.append(if kept { cell } else { &Cell::Null });
            if event.op.is_upsert()
                && matches!(cell, Cell::Absent)
                && let Ok(position) = u16::try_from(position)
            {
                self.batch.absent.entry(row).or_default().push(position);
            }
        }
        self.batch.ops.push(event.op);
        self.batch.seqs.push(seq);
        self.batch.refs.push(event.at);
        self.batch.source_times_ms.push(event.source_time_ms);
        self.batch.records.push(event.record);
    }

    /// Number of events so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.batch.ops.len()
    }

    /// Whether there are no events so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.batch.ops.is_empty()
    }

    /// The batch.
    ///
    /// # Errors
    /// An Arrow error if the columns do not fit together, which would be a bug.
    pub fn finish(mut self) -> Result<ChangeBatch, ArrowError> {
        let schema = Arc::new(contract_schema(&self.contract));
        let columns = self.columns.iter_mut().map(ColumnBuilder::finish).collect();
        let rows = arrow::array::RecordBatchOptions::new().with_row_count(Some(self.batch.ops.len()));
        self.batch.rows = RecordBatch::try_new_with_options(schema, columns, &rows)?;
        Ok(self.batch)
    }
}

#[cfg(test)]
mod tests {
    use super::{ChangeBatchBuilder, Event};
    use crate::{Cell, Op, RowRef};
    use arrow::array::Array;
    use sluice_contract::Contract;
    use std::sync::Arc;

    fn event(id: i64, name: Cell<'static>, op: Op) -> Event<'static> {
        Event {
            at: RowRef { file: 0, row: 0, offset: 0 },
            op,
            rank: 1,
            parts: [9, 0, 0],
            cells: vec![Cell::Int(id), name, Cell::List(vec![Cell::Int(1), Cell::Null])],
            source_time_ms: None,
            record: "{}".to_owned(),
        }
    }

    #[test]
    fn absent_is_kept_apart_from_null_and_copies_tie() {
        let text = "dataset: a.b\nschema:\n- {name: id, type: int, primary_key: true}\n- {name: name, type: string}\n- {name: tags, type: array<int>}\n";
        let contract = Arc::new(Contract::parse(text, "b.yaml").unwrap());
        let mut builder = ChangeBatchBuilder::new(contract, Vec::new());
        builder.push(event(1, Cell::Null, Op::Upsert));
        builder.push(event(1, Cell::Absent, Op::Upsert));
        builder.push(event(1, Cell::Null, Op::Upsert));
        builder.push(event(1, Cell::Text("x".into()), Op::Delete));
        let batch = builder.finish().unwrap();
        assert_eq!(batch.absent.into_iter().collect::<Vec<_>>(), [(1, vec![1])]);
        assert_eq!(batch.seqs[0], batch.seqs[2]);
        assert_ne!(batch.seqs[0], batch.seqs[1]);
        assert!(batch.seqs[0] > batch.seqs[3] && batch.seqs[0].ties_with(&batch.seqs[3]));
        assert!(batch.rows.column(2).is_null(3), "a delete carries its key only");
    }
}
