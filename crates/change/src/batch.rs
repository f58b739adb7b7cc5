//! A columnar batch of changes to one table.

use crate::hash_head::hash_head;
use crate::{
    Cell, ColumnBuilder, EventSeq, EventSeqs, Op, RowRef, RowRefs, RowTest, SeqParts, SourceFile, SourceTimes,
    contract_schema,
};
use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::error::ArrowError;
use sluice_contract::{Column, Contract, DeleteMode, RESCUED, TiePolicy};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Changes to one table, in the order they were read.
///
/// All lists have one entry per event. Sequences may repeat (delivery is at least once) and need
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
    pub seqs: EventSeqs,
    /// Origins.
    pub refs: RowRefs,
    /// Columns (positions in `rows`) that an upsert does not carry; sparse, most events have none.
    pub absent: BTreeMap<u32, Vec<u16>>,
    /// Source times, milliseconds since the Unix epoch.
    pub source_times_ms: SourceTimes,
    /// The record as delivered (JSON), for bronze; none at all once bronze has them.
    pub records: Vec<String>,
}

impl ChangeBatch {
    /// No events, with rows that their vectors are to be filled for.
    #[must_use]
    pub fn without_events(files: Vec<SourceFile>, rows: RecordBatch) -> Self {
        Self {
            files,
            rows,
            ops: Vec::new(),
            seqs: EventSeqs::default(),
            refs: RowRefs::default(),
            absent: BTreeMap::new(),
            source_times_ms: SourceTimes::default(),
            records: Vec::new(),
        }
    }

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

    /// Sequences of the truncates.
    pub fn truncates(&self) -> impl Iterator<Item = EventSeq> + '_ {
        let truncates = self.ops.iter().enumerate().filter(|(_, op)| **op == Op::Truncate);
        truncates.map(|(row, _)| self.seqs.at(row))
    }

    /// The batch without events that have no say in the table (of before it begins, or dropped), and how many those are.
    ///
    /// # Errors
    /// An Arrow error if its columns are of different lengths, which would be a bug.
    pub fn without_left_out(self) -> Result<(Self, u64), ArrowError> {
        let keep: Vec<bool> = self.ops.iter().map(|op| !op.is_left_out()).collect();
        let left_out = keep.iter().filter(|keep| !**keep).count() as u64;
        if left_out == 0 { Ok((self, 0)) } else { Ok((self.filter(&keep)?, left_out)) }
    }

    /// Bytes that the events take, without the records as delivered.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        /// The operation, the parts of sequence, origin and time that differ between events, and the place of a record.
        const OF_EVENT: u64 = 64;
        self.rows.get_array_memory_size() as u64 + self.len() as u64 * OF_EVENT
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
    pub parts: SeqParts,
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
    rules: Vec<Rule>,
    /// Which rows the table keeps.
    keep: Option<RowTest>,
    /// Events that there was room for from the beginning.
    room: usize,
    batch: ChangeBatch,
}

/// What a column is for.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// Part of the key.
    Key,
    /// Any other column of the source.
    Value {
        /// A null in an update leaves the older value in place.
        ignores_null: bool,
    },
    /// [`Column::DELETED`].
    Deleted,
    /// [`Column::DELETED_SEQ`].
    DeletedSeq,
}

impl Rule {
    fn of(contract: &Contract, column: &Column) -> Self {
        match column.name.as_str() {
            Column::DELETED => Self::Deleted,
            Column::DELETED_SEQ => Self::DeletedSeq,
            name if contract.apply.is_key(name) => Self::Key,
            // Nothing rescued is something said.
            RESCUED => Self::Value { ignores_null: false },
            name => Self::Value { ignores_null: contract.apply.ignores_null(name) },
        }
    }
}

impl ChangeBatchBuilder {
    /// An empty batch.
    #[must_use]
    pub fn new(contract: Arc<Contract>, files: Vec<SourceFile>) -> Self {
        let columns = contract.columns.iter().map(|column| ColumnBuilder::new(&column.data_type)).collect();
        let schema = Arc::new(contract_schema(&contract));
        let batch = ChangeBatch::without_events(files, RecordBatch::new_empty(schema));
        let rules = contract.columns.iter().map(|column| Rule::of(&contract, column)).collect();
        // Whoever reads records says what is wrong with it.
        let keep = RowTest::of(&contract).ok().flatten();
        Self { key: contract.key_positions(), rules, keep, room: 0, contract, columns, batch }
    }

    /// The files that the events are of.
    #[must_use]
    pub fn files(&self) -> &[SourceFile] {
        &self.batch.files
    }

    /// Makes room for so many events at once, as what grows is copied. A batch that has some stays as it is.
    #[must_use]
    pub fn with_room(self, count: usize) -> Self {
        if !self.is_empty() {
            return self;
        }
        let columns = self.contract.columns.iter().map(|column| ColumnBuilder::with_room(&column.data_type, count));
        let mut batch = self.batch;
        batch.ops.reserve(count);
        batch.records.reserve(count);
        Self { columns: columns.collect(), room: count, batch, ..self }
    }

    /// Adds an event. Its tie-breaker is made of the operation and the cells, so that duplicates of an
    /// event have equal sequences and different events of one position do not.
    ///
    /// The contract's rules that are about one event are applied here: an ignored null is
    /// absent (`null_updates: ignore`), a delete that leaves the row is an upsert of `_deleted`
    /// (`delete_mode: soft`), a row that is left out is a delete at the position of its event (`keep`), the record's
    /// place may decide ties (`tie_policy`).
    pub fn push(&mut self, event: Event<'_>) {
        let mut hasher = blake3::Hasher::new();
        let cell = |position: usize| event.cells.get(position).unwrap_or(&Cell::Null);
        for (position, rule) in self.rules.iter().enumerate() {
            match (rule, cell(position)) {
                (Rule::Deleted | Rule::DeletedSeq, _) => {}
                (Rule::Value { ignores_null: true }, Cell::Null) => Cell::Absent.hash_into(&mut hasher),
                (Rule::Key | Rule::Value { .. }, cell) => cell.hash_into(&mut hasher),
            }
        }
        self.push_delivered(event, hash_head(&hasher.finalize()));
    }

    /// Adds an event whose values as delivered have the hash `content`. As [`ChangeBatchBuilder::push`],
    /// but the tie-breaker does not depend on the columns that the contract knows, so that a column
    /// which is added or dropped leaves the sequences of all events as they were. A delete is its key.
    pub fn push_delivered(&mut self, event: Event<'_>, content: u64) {
        let apply = &self.contract.apply;
        let op = match event.op {
            Op::Delete if apply.delete_mode == DeleteMode::Soft => Op::SoftDelete,
            op if op.is_upsert() && self.keep.as_ref().is_some_and(|keep| !keep.keeps(&event.cells)) => Op::Filtered,
            op => op,
        };
        let seq = self.sequence(&event, content);
        let row = u32::try_from(self.batch.ops.len()).unwrap_or(u32::MAX);
        let deleted_seq = (op == Op::SoftDelete).then(|| seq.to_string());
        for (position, (column, rule)) in self.columns.iter_mut().zip(&self.rules).enumerate() {
            let cell = event.cells.get(position).unwrap_or(&Cell::Null);
            let deleted_cell;
            let cell = match rule {
                Rule::Key => cell,
                Rule::Deleted => &Cell::Bool(op == Op::SoftDelete),
                Rule::DeletedSeq => {
                    deleted_cell = deleted_seq.as_deref().map_or(Cell::Null, |text| Cell::Text(text.into()));
                    &deleted_cell
                }
                Rule::Value { .. } if op == Op::SoftDelete => &Cell::Absent,
                Rule::Value { .. } if op.is_delete() => &Cell::Null,
                Rule::Value { ignores_null: true } if op.is_upsert() && *cell == Cell::Null => &Cell::Absent,
                Rule::Value { .. } => cell,
            };
            column.append(cell);
            if op.is_upsert()
                && *cell == Cell::Absent
                && let Ok(position) = u16::try_from(position)
            {
                self.batch.absent.entry(row).or_default().push(position);
            }
        }
        self.batch.ops.push(op);
        self.batch.seqs.push(seq);
        self.batch.refs.push(event.at);
        self.batch.source_times_ms.push(event.source_time_ms);
        self.batch.records.push(event.record);
    }

    /// Marks the last event as one of before the table begins.
    pub fn mark_early(&mut self) {
        if let Some(last) = self.batch.ops.last_mut() {
            *last = Op::Early;
        }
    }

    fn sequence(&self, event: &Event<'_>, content: u64) -> EventSeq {
        let hash = if event.op == Op::Delete {
            let mut hasher = blake3::Hasher::new();
            hasher.update(event.op.letter().as_bytes());
            for &position in &self.key {
                event.cells.get(position).unwrap_or(&Cell::Null).hash_into(&mut hasher);
            }
            hash_head(&hasher.finalize())
        } else {
            let mut said = [event.op.letter().as_bytes()[0]; 9];
            said[1..].copy_from_slice(&content.to_le_bytes());
            hash_head(&blake3::hash(&said))
        };
        let (rank, parts, record) = (event.rank, event.parts, event.at.row);
        match self.contract.apply.tie_policy {
            TiePolicy::Content | TiePolicy::Error | TiePolicy::Quarantine => {
                EventSeq::new(rank, parts, event.op.is_upsert(), hash)
            }
            TiePolicy::ByFile | TiePolicy::LastInFile => EventSeq::in_file_order(rank, parts, record, false, hash),
            TiePolicy::First => EventSeq::in_file_order(rank, parts, record, true, hash),
        }
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
    /// An Arrow error if the types or lengths of the columns do not match, which would be a bug.
    pub fn finish(mut self) -> Result<ChangeBatch, ArrowError> {
        let schema = Arc::new(contract_schema(&self.contract));
        let mut columns: Vec<ArrayRef> = self.columns.iter_mut().map(ColumnBuilder::finish).collect();
        if self.room / 2 > self.batch.ops.len() {
            columns.iter_mut().for_each(|column| column.shrink_to_fit());
            self.batch.ops.shrink_to_fit();
            self.batch.records.shrink_to_fit();
        }
        let rows = arrow::array::RecordBatchOptions::new().with_row_count(Some(self.batch.ops.len()));
        self.batch.rows = RecordBatch::try_new_with_options(schema, columns, &rows)?;
        Ok(self.batch)
    }
}

#[cfg(test)]
mod tests {
    use super::{ChangeBatchBuilder, Event};
    use crate::{Cell, Op, RowRef};
    use arrow::array::{Array, AsArray};
    use sluice_contract::Contract;
    use std::cmp::Ordering;
    use std::sync::Arc;

    fn event(id: i64, name: Cell<'static>, op: Op) -> Event<'static> {
        Event {
            at: RowRef { file: 0, row: 0, offset: 0 },
            op,
            rank: 1,
            parts: [9, 0, 0, 0, 0],
            cells: vec![Cell::Int(id), name, Cell::List(vec![Cell::Int(1), Cell::Null])],
            source_time_ms: None,
            record: "{}".to_owned(),
        }
    }

    #[test]
    fn absent_is_kept_apart_from_null_and_duplicates_tie() {
        let text = "dataset: a.b\nschema:\n- {name: id, type: int, primary_key: true}\n- {name: name, type: string}\n- {name: tags, type: array<int>}\n";
        let contract = Arc::new(Contract::parse(text, "b.yaml").unwrap());
        let mut builder = ChangeBatchBuilder::new(contract, Vec::new());
        builder.push(event(1, Cell::Null, Op::Upsert));
        builder.push(event(1, Cell::Absent, Op::Upsert));
        builder.push(event(1, Cell::Null, Op::Upsert));
        builder.push(event(1, Cell::Text("x".into()), Op::Delete));
        let batch = builder.finish().unwrap();
        assert_eq!(batch.absent.into_iter().collect::<Vec<_>>(), [(1, vec![1])]);
        assert_eq!(batch.seqs.at(0), batch.seqs.at(2));
        assert_ne!(batch.seqs.at(0), batch.seqs.at(1));
        assert!(batch.seqs.at(0) > batch.seqs.at(3) && batch.seqs.at(0).ties_with(&batch.seqs.at(3)));
        assert!(batch.rows.column(2).is_null(3), "a delete carries its key only");
    }

    const APPLY: &str = "dataset: a.b\napply: {APPLY}\nschema:\n- {name: id, type: int, primary_key: true}\n- {name: name, type: string}\n- {name: tags, type: array<int>}\n";

    fn builder(apply: &str) -> ChangeBatchBuilder {
        let contract = Contract::parse(&APPLY.replace("APPLY", apply), "b.yaml").unwrap();
        ChangeBatchBuilder::new(Arc::new(contract), Vec::new())
    }

    #[test]
    fn an_ignored_null_is_absent() {
        for (apply, absent) in [
            ("null_updates: ignore", true),
            ("null_updates: ignore, null_updates_columns: [name]", true),
            ("null_updates: ignore, null_updates_except: [name]", false),
            ("null_updates: overwrite", false),
        ] {
            let mut builder = builder(apply);
            builder.push(event(1, Cell::Null, Op::Upsert));
            let batch = builder.finish().unwrap();
            assert_eq!(batch.absent.get(&0).is_some_and(|columns| columns == &[1]), absent, "{apply}");
        }
    }

    #[test]
    fn a_soft_delete_says_only_that_the_key_is_deleted() {
        let mut builder = builder("delete_mode: soft");
        builder.push(event(1, Cell::Text("x".into()), Op::Delete));
        builder.push(event(1, Cell::Text("x".into()), Op::Upsert));
        let batch = builder.finish().unwrap();
        assert_eq!((batch.ops[0], batch.absent[&0].as_slice()), (Op::SoftDelete, &[1, 2][..]));
        assert!(!batch.absent.contains_key(&1) && batch.seqs.at(1) > batch.seqs.at(0));
        let column = |name: &str| Arc::clone(batch.rows.column_by_name(name).unwrap());
        let deleted = column("_deleted");
        assert_eq!(deleted.as_boolean().iter().collect::<Vec<_>>(), [Some(true), Some(false)]);
        let deleted = column("_deleted_seq");
        let seq = batch.seqs.at(0).to_string();
        assert_eq!(deleted.as_string::<i32>().iter().collect::<Vec<_>>(), [Some(seq.as_str()), None]);
    }

    #[test]
    fn the_place_in_the_file_decides_ties_when_the_contract_says_so() {
        let order = |apply: &str| {
            let mut builder = builder(apply);
            for row in [3, 4] {
                let mut event = event(1, Cell::Int(0), Op::Upsert);
                event.cells[1] = Cell::Text(if row == 3 { "left" } else { "right" }.into());
                event.at.row = row;
                builder.push(event);
            }
            let batch = builder.finish().unwrap();
            batch.seqs.at(1).cmp(&batch.seqs.at(0))
        };
        assert_eq!(order("tie_policy: last_in_file"), Ordering::Greater);
        assert_eq!(order("tie_policy: first"), Ordering::Less);
    }

    #[test]
    fn a_filter_keeps_everything_of_an_event_together() {
        let mut builder = builder("null_updates: ignore");
        for (id, name) in [(1, "a"), (2, ""), (3, "c"), (4, "")] {
            let name = if name.is_empty() { Cell::Null } else { Cell::Text(name.into()) };
            builder.push(event(id, name, Op::Upsert));
        }
        let batch = builder.finish().unwrap();
        let seqs: Vec<_> = batch.seqs.iter().collect();
        let batch = batch.filter(&[false, false, true, true]).unwrap();
        assert_eq!((batch.len(), batch.rows.num_rows(), batch.records.len()), (2, 2, 2));
        assert!(batch.seqs.iter().eq(seqs[2..].iter().copied()));
        assert_eq!(batch.absent.into_iter().collect::<Vec<_>>(), [(1, vec![1])]);
    }

    #[test]
    fn a_split_keeps_everything_of_an_event_together() {
        let mut builder = builder("null_updates: ignore");
        for (row, name) in ["a", "", "c", ""].into_iter().enumerate() {
            let name = if name.is_empty() { Cell::Null } else { Cell::Text(name.into()) };
            let at = RowRef { file: 0, row: row as u64, offset: 0 };
            builder.push(Event { at, ..event(row as i64, name, Op::Upsert) });
        }
        let batch = builder.finish().unwrap();
        let seqs: Vec<_> = batch.seqs.iter().collect();
        let group = |at: RowRef| (at.row != 2).then_some(usize::from(at.row > 1));
        let parts = batch.split(2, group).unwrap();
        assert_eq!((parts[0].len(), parts[0].rows.num_rows(), parts[1].len()), (2, 2, 1));
        let of_parts = parts.iter().map(|part| part.seqs.iter().collect::<Vec<_>>());
        assert!(of_parts.eq([seqs[..2].to_vec(), seqs[3..].to_vec()]));
        assert_eq!(parts[0].absent.clone().into_iter().collect::<Vec<_>>(), [(1, vec![1])]);
        assert_eq!(parts[1].absent.clone().into_iter().collect::<Vec<_>>(), [(0, vec![1])]);
    }
}
