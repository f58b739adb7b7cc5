//! Events as bytes, for a temporary file: an Arrow IPC stream of the columns, with what is the same for all events in its
//! metadata. The records as delivered are not in it.

use crate::RunError;
use arrow::array::{ArrayRef, AsArray, RecordBatch, RecordBatchOptions, UInt8Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, UInt8Type, UInt64Type};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use sluice_change::{ChangeBatch, EventSeq, EventSeqs, Op, RowRefs, RunLengthColumn, SourceFile, SourceTimes};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

const OP: &str = "sluice.op";
/// Rank, tie-breaker; file, record and offset of the origin; time.
const NUMBERS: [&str; 6] = ["sluice.rank", "sluice.tie", "sluice.file", "sluice.row", "sluice.offset", "sluice.time"];
/// Parts of the position, most significant first.
const PARTS: [&str; EventSeq::PARTS] =
    ["sluice.part_0", "sluice.part_1", "sluice.part_2", "sluice.part_3", "sluice.part_4"];
const ABSENT: &str = "sluice.absent";
const FILES: &str = "sluice.files";

/// The events as bytes.
///
/// # Errors
/// [`RunError::Internal`] if they cannot be written, which no events are known to cause.
pub(super) fn to_bytes(changes: &ChangeBatch) -> Result<Vec<u8>, RunError> {
    let mut metadata = HashMap::new();
    let mut fields: Vec<Field> =
        changes.rows.schema_ref().fields().iter().map(|field| field.as_ref().clone()).collect();
    let mut columns: Vec<ArrayRef> = changes.rows.columns().to_vec();
    let letters = changes.ops.iter().map(|op| op.letter().as_bytes().first().copied().unwrap_or_default());
    fields.push(Field::new(OP, DataType::UInt8, false));
    columns.push(Arc::new(UInt8Array::from_iter_values(letters)));
    let [file, row, offset] = changes.refs.columns();
    let (files, file) = used_files(&changes.files, file);
    let (rank, tie, time) = (changes.seqs.ranks(), changes.seqs.ties(), changes.source_times_ms.numbers());
    let numbers = NUMBERS.into_iter().zip([rank, tie, &file, row, offset, time]);
    for (name, numbers) in numbers.chain(PARTS.into_iter().zip(changes.seqs.parts())) {
        let first = numbers.iter().next().unwrap_or_default();
        if numbers.are_all(first) {
            metadata.insert(name.to_owned(), first.to_string());
        } else {
            fields.push(Field::new(name, DataType::UInt64, false));
            columns.push(Arc::new(UInt64Array::from_iter_values(numbers.iter())));
        }
    }
    if !changes.absent.is_empty() {
        metadata.insert(ABSENT.to_owned(), serde_json::to_string(&changes.absent).map_err(|error| cannot(&error))?);
    }
    metadata.insert(FILES.to_owned(), serde_json::to_string(&files).map_err(|error| cannot(&error))?);
    let options = RecordBatchOptions::new().with_row_count(Some(changes.len()));
    let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
    let batch = RecordBatch::try_new_with_options(schema, columns, &options)?;
    let mut writer = StreamWriter::try_new(Vec::new(), batch.schema_ref())?;
    writer.write(&batch)?;
    Ok(writer.into_inner()?)
}

/// Path and version of a file.
type Used<'f> = (&'f str, Option<u64>);

/// The files that events are of, and of each event the number of its file among them.
fn used_files<'f>(files: &'f [SourceFile], of_events: &RunLengthColumn) -> (Vec<Used<'f>>, RunLengthColumn) {
    let used: BTreeSet<u64> = match of_events.iter().next() {
        Some(first) if of_events.are_all(first) => BTreeSet::from([first]),
        _ => of_events.iter().collect(),
    };
    let numbers: BTreeMap<u64, u64> = used.iter().copied().zip(0..).collect();
    let path = |number: &u64| usize::try_from(*number).ok().and_then(|at| files.get(at));
    let paths =
        used.iter().map(|number| path(number).map_or(("", None), |file| (file.path.as_str(), file.snapshot))).collect();
    (paths, of_events.iter().map(|number| numbers.get(&number).copied().unwrap_or(0)).collect())
}

/// What [`to_bytes`] wrote.
///
/// # Errors
/// [`RunError::Internal`] if it is something else.
pub(super) fn from_bytes(bytes: &[u8]) -> Result<ChangeBatch, RunError> {
    let batch = StreamReader::try_new(bytes, None)?.next().ok_or_else(damaged)??;
    let (schema, count) = (batch.schema(), batch.num_rows());
    let metadata = schema.metadata();
    let op = schema.index_of(OP).map_err(|_| damaged())?;
    let list = |name: &str| match batch.column_by_name(name) {
        Some(column) => {
            let column = column.as_primitive_opt::<UInt64Type>().ok_or_else(damaged)?;
            Ok(RunLengthColumn::from(column.values().to_vec()))
        }
        None => {
            let number = metadata.get(name).and_then(|text| text.parse().ok()).ok_or_else(damaged)?;
            Ok::<_, RunError>(RunLengthColumn::same(number, count))
        }
    };
    let numbers = NUMBERS.into_iter().map(list).collect::<Result<Vec<_>, _>>()?;
    let numbers: [RunLengthColumn; NUMBERS.len()] = numbers.try_into().map_err(|_| damaged())?;
    let [rank, tie, file, row, offset, time] = numbers;
    let parts = PARTS.into_iter().map(list).collect::<Result<Vec<_>, _>>()?;
    let parts: [RunLengthColumn; PARTS.len()] = parts.try_into().map_err(|_| damaged())?;
    let absent: BTreeMap<u32, Vec<u16>> = match metadata.get(ABSENT) {
        Some(text) => serde_json::from_str(text).map_err(|error| cannot(&error))?,
        None => BTreeMap::new(),
    };
    let paths: Vec<(String, Option<u64>)> =
        serde_json::from_str(metadata.get(FILES).ok_or_else(damaged)?).map_err(|error| cannot(&error))?;
    let letters = batch.column(op).as_primitive_opt::<UInt8Type>().ok_or_else(damaged)?.values();
    let ops = letters.iter().map(|letter| Op::from_letter(std::str::from_utf8(&[*letter]).ok()?));
    let ops: Option<Vec<Op>> = ops.collect();
    let of_contract = Schema::new(schema.fields().iter().take(op).cloned().collect::<Vec<_>>());
    let options = RecordBatchOptions::new().with_row_count(Some(count));
    let columns = batch.columns().iter().take(op).cloned().collect();
    Ok(ChangeBatch {
        files: paths
            .into_iter()
            .map(|(path, snapshot)| SourceFile { path, snapshot, ..SourceFile::default() })
            .collect(),
        rows: RecordBatch::try_new_with_options(Arc::new(of_contract), columns, &options)?,
        ops: ops.ok_or_else(damaged)?,
        seqs: EventSeqs::new(rank, parts, tie),
        refs: RowRefs::new(file, row, offset),
        absent,
        source_times_ms: SourceTimes::from_numbers(time),
        records: Vec::new(),
    })
}

fn damaged() -> RunError {
    RunError::Internal("a temporary file does not hold what was written".to_owned())
}

fn cannot(error: &serde_json::Error) -> RunError {
    RunError::Internal(format!("events cannot be kept in a temporary file: {error}"))
}

#[cfg(test)]
mod tests {
    use super::{from_bytes, to_bytes};
    use sluice_change::{Cell, ChangeBatch, ChangeBatchBuilder, Event, Op, RowRef, RowRefs, SourceFile};
    use sluice_contract::Contract;
    use std::sync::Arc;

    fn events(count: i64, spread: u64) -> ChangeBatch {
        let text = "dataset: a.b\nschema:\n- {name: id, type: bigint, primary_key: true}\n- {name: name, type: string}\n\
                    - {name: tags, type: array<int>}\n- {name: price, type: \"decimal(12,2)\"}\n";
        let contract = Arc::new(Contract::parse(text, "b.yaml").unwrap());
        let file = |path: &str| SourceFile { path: path.to_owned(), ..SourceFile::default() };
        let mut builder = ChangeBatchBuilder::new(contract, vec![file("a"), file("b")]);
        for number in 0..count {
            let place = number.cast_unsigned() * spread;
            builder.push(Event {
                at: RowRef { file: u32::try_from(place % 2).unwrap(), row: place, offset: 3 * place },
                op: [Op::Upsert, Op::Delete, Op::Truncate, Op::Read][usize::try_from(place % 4).unwrap()],
                rank: 1,
                parts: [place, 0, u64::MAX - place, 1, 0],
                cells: vec![Cell::Int(number), Cell::Text("ä".into()), Cell::Absent, Cell::Null],
                source_time_ms: (!place.is_multiple_of(3)).then_some(-number),
                record: String::new(),
            });
        }
        builder.finish().unwrap()
    }

    #[test]
    fn events_come_back_as_they_were() {
        for (count, spread) in [(0, 1), (1, 1), (50, 0), (50, 7)] {
            let written = events(count, spread);
            let read = from_bytes(&to_bytes(&written).unwrap()).unwrap();
            assert_eq!(read.rows, written.rows);
            assert_eq!((read.ops, read.absent, read.seqs), (written.ops, written.absent, written.seqs));
            let places = |refs: &RowRefs, files: &[SourceFile]| -> Vec<(String, RowRef)> {
                let path = |at: &RowRef| files[at.file as usize].path.clone();
                refs.iter().map(|at| (path(&at), RowRef { file: 0, ..at })).collect()
            };
            assert_eq!(places(&read.refs, &read.files), places(&written.refs, &written.files));
            assert!(read.files.len() <= written.files.len());
            assert_eq!(read.source_times_ms, written.source_times_ms);
            assert!(read.records.is_empty(), "bronze has them");
        }
        assert!(from_bytes(b"something else").is_err());
    }
}
