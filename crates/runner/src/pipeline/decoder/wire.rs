//! What a worker is asked and what it answers: a length, a head in JSON, a length, bytes.

use crate::RunError;
use arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, LargeStringArray, RecordBatch, RecordBatchOptions, UInt8Array, UInt64Array,
};
use arrow::buffer::Buffer;
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, UInt8Type, UInt64Type};
use arrow::ipc::reader::StreamDecoder;
use arrow::ipc::writer::StreamWriter;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sluice_cdc::{DecodedFile, Drift, KeyCounts, KeyFile};
use sluice_change::{
    ChangeBatch, EventSeq, EventSeqs, Op, ReasonCode, Reject, RejectReason, RowRef, RunLengthColumn, SharedReasons,
    SourceFile, contract_schema,
};
use sluice_contract::{Backfill, Contract, Epoch, InferredSchema, limits};
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Read, Write};
use std::sync::Arc;

/// Bytes of a head: a reject keeps at most 64 KiB of its record.
const HEAD_BYTES_MAX: u64 = limits::FILE_DECOMPRESSED_BYTES_MAX;
/// What an answer has of each event besides its row. The parts of its sequence are numbers: as text they would have to be
/// printed and read.
const OF_EVENTS: [(&str, DataType); 6 + EventSeq::PARTS] = [
    ("_op", DataType::UInt8),
    ("_rank", DataType::UInt8),
    ("_part_1", DataType::UInt64),
    ("_part_2", DataType::UInt64),
    ("_part_3", DataType::UInt64),
    ("_part_4", DataType::UInt64),
    ("_part_5", DataType::UInt64),
    ("_tie", DataType::UInt64),
    ("_row", DataType::UInt64),
    ("_offset", DataType::UInt64),
    ("_source_time", DataType::Int64),
];
/// The records as delivered.
const RECORDS: (&str, DataType) = ("_record", DataType::LargeUtf8);

/// Number of this form of requests and answers; one more with each change.
const FORM: u32 = 3;

/// The first that a worker says: a program that was replaced while another of its version runs has other answers.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hello {
    version: String,
    form: u32,
}

impl Hello {
    /// That of this program.
    pub(super) fn own() -> Self {
        Self { version: env!("CARGO_PKG_VERSION").to_owned(), form: FORM }
    }

    pub(super) fn write(&self, to: &mut impl Write) -> std::io::Result<()> {
        write_part(to, &serde_json::to_vec(self)?)
    }

    /// Reads one and compares.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidData`] for that of another program; [`ErrorKind::UnexpectedEof`] without one.
    pub(super) fn expect_own(from: &mut impl Read) -> std::io::Result<()> {
        let hello: Self = read_head(from)?.ok_or(ErrorKind::UnexpectedEof)?;
        if hello == Self::own() { Ok(()) } else { Err(ErrorKind::InvalidData.into()) }
    }
}

/// What a worker is asked; the bytes of the file follow, and those of the file of its keys.
// Without `Debug`: it has keys.
#[derive(Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) contract: String,
    /// Keys of its keyed hashes by name.
    pub(super) keys: BTreeMap<String, String>,
    /// The inferred schema beyond it.
    pub(super) inferred: InferredSchema,
    /// The backfill that the file is of.
    pub(super) backfill: Option<Backfill>,
    /// The source that the file is of, where the table has several.
    pub(super) source: Option<String>,
    /// The epoch of the source that it is of.
    pub(super) epoch: Epoch,
    /// When the table began, see [`Contract::started_ms`].
    pub(super) started_ms: Option<i64>,
    pub(super) file: SourceFile,
    /// Path of the file with the keys of its records.
    pub(super) key_file: Option<String>,
    /// Memory that the worker may ask for.
    pub(super) memory_bytes: u64,
}

impl Request {
    pub(super) fn write(&self, to: &mut impl Write, bytes: &Bytes, keys: &Bytes) -> std::io::Result<()> {
        write_part(to, &serde_json::to_vec(self)?)?;
        write_part(to, bytes)?;
        write_part(to, keys)
    }

    /// The next request, `None` at the end of the input.
    pub(super) fn read(from: &mut impl Read) -> std::io::Result<Option<(Self, Bytes, Option<KeyFile>)>> {
        let Some(request): Option<Self> = read_head(from)? else { return Ok(None) };
        let mut part = || read_part(from, limits::FILE_BYTES_MAX)?.ok_or(Error::from(ErrorKind::UnexpectedEof));
        let (bytes, keys) = (part()?, part()?);
        let keys = request.key_file.clone().map(|path| KeyFile { path, bytes: keys });
        Ok(Some((request, bytes, keys)))
    }
}

/// What a worker answers.
#[derive(Debug)]
pub(super) struct Reply {
    head: Head,
    columns: Columns,
}

/// Columns of the events. Each part is memory of its own, so that records can be let go of before rows.
#[derive(Debug, Default)]
struct Columns {
    rows: Bytes,
    events: Bytes,
    records: Bytes,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Head {
    /// The contract allows no decoding.
    refused: bool,
    rejects: Vec<WireReject>,
    rows_in: u64,
    tombstones: u64,
    operations: BTreeMap<String, u64>,
    drift: Drift,
    absent: Vec<(u32, Vec<u16>)>,
    source_tables: BTreeMap<String, u64>,
    other_tables: BTreeMap<String, u64>,
    #[serde(default)]
    orders: BTreeMap<String, u64>,
    #[serde(default)]
    logs: BTreeMap<String, u64>,
    #[serde(default)]
    keys: KeyCounts,
}

#[derive(Debug, Serialize, Deserialize)]
struct WireReject {
    at: RowRef,
    reason: ReasonCode,
    column: Option<String>,
    detail: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    further: Vec<RejectReason>,
    raw: String,
    whole_file: bool,
}

impl Reply {
    pub(super) fn refusal() -> Self {
        Self { head: Head { refused: true, ..Head::default() }, columns: Columns::default() }
    }

    /// Whether the contract allows no decoding.
    pub(super) fn is_refusal(&self) -> bool {
        self.head.refused
    }

    pub(super) fn of(decoded: DecodedFile) -> Result<Self, RunError> {
        let DecodedFile {
            changes,
            rejects,
            rows_in,
            tombstones,
            operations,
            drift,
            source_tables,
            other_tables,
            orders,
            logs,
            keys,
            source: _,
        } = decoded;
        let reject = |Reject { at, reason, column, detail, further, raw, whole_file }| WireReject {
            at,
            reason,
            column,
            detail,
            further: further.to_vec(),
            raw,
            whole_file,
        };
        let columns = Columns::of(&changes)?;
        let head = Head {
            refused: false,
            rejects: rejects.into_iter().map(reject).collect(),
            rows_in,
            tombstones,
            operations,
            drift,
            absent: changes.absent.into_iter().collect(),
            source_tables,
            other_tables,
            orders,
            logs,
            keys,
        };
        Ok(Self { head, columns })
    }

    pub(super) fn write(&self, to: &mut impl Write) -> std::io::Result<()> {
        write_part(to, &serde_json::to_vec(&self.head)?)?;
        let Columns { rows, events, records } = &self.columns;
        [rows, events, records].into_iter().try_for_each(|part| write_part(to, part))
    }

    pub(super) fn read(from: &mut impl Read) -> std::io::Result<Self> {
        let head = read_head(from)?.ok_or(ErrorKind::UnexpectedEof)?;
        let mut part = || read_part(from, u64::MAX)?.ok_or(Error::from(ErrorKind::UnexpectedEof));
        let columns = Columns { rows: part()?, events: part()?, records: part()? };
        Ok(Self { head, columns })
    }

    /// The decoded file; `None` if there is none, or the answer does not fit the contract.
    pub(super) fn into_decoded(self, contract: &Contract, file: &SourceFile) -> Option<DecodedFile> {
        let Self { head, columns } = self;
        if head.refused {
            return None;
        }
        let mut reasons = SharedReasons::default();
        let reject = |WireReject { at, reason, column, detail, further, raw, whole_file }| Reject {
            at,
            reason,
            column,
            detail,
            further: reasons.share(further),
            raw,
            whole_file,
        };
        Some(DecodedFile {
            changes: columns.into_changes(contract, file, head.absent.into_iter().collect())?,
            rejects: head.rejects.into_iter().map(reject).collect(),
            rows_in: head.rows_in,
            tombstones: head.tombstones,
            operations: head.operations,
            drift: head.drift,
            source_tables: head.source_tables,
            other_tables: head.other_tables,
            orders: head.orders,
            logs: head.logs,
            keys: head.keys,
            source: contract.source_name().map(str::to_owned),
        })
    }
}

impl Columns {
    fn of(changes: &ChangeBatch) -> Result<Self, RunError> {
        let ChangeBatch { rows, ops, seqs, refs, source_times_ms, records, .. } = changes;
        let letter = |op: &Op| op.letter().as_bytes().first().copied().unwrap_or_default();
        let rank = |rank: u64| u8::try_from(rank).unwrap_or(u8::MAX);
        let [_, numbers, offsets] = refs.columns();
        let mut events: Vec<ArrayRef> = vec![
            Arc::new(UInt8Array::from_iter_values(ops.iter().map(letter))),
            Arc::new(UInt8Array::from_iter_values(seqs.ranks().iter().map(rank))),
        ];
        for column in seqs.parts().iter().chain([seqs.ties(), numbers, offsets]) {
            events.push(Arc::new(UInt64Array::from_iter_values(column.iter())));
        }
        events.push(Arc::new(Int64Array::from_iter(source_times_ms.iter())));
        let records: ArrayRef = Arc::new(LargeStringArray::from_iter_values(records));
        Ok(Self {
            rows: to_ipc(rows.schema(), rows.columns().to_vec(), changes.len())?,
            events: to_ipc(schema_of(&OF_EVENTS), events, changes.len())?,
            records: to_ipc(schema_of(&[RECORDS]), vec![records], changes.records.len())?,
        })
    }

    /// The events; `None` if the columns do not fit the contract or each other.
    fn into_changes(
        self,
        contract: &Contract,
        file: &SourceFile,
        absent: BTreeMap<u32, Vec<u16>>,
    ) -> Option<ChangeBatch> {
        let rows = from_ipc(&Arc::new(contract_schema(contract)), self.rows)?;
        let events = from_ipc(&schema_of(&OF_EVENTS), self.events)?;
        let records = from_ipc(&schema_of(&[RECORDS]), self.records)?;
        let records = records.column(0).as_string::<i64>();
        let count = events.num_rows();
        let (ops, seqs, [row, offset]) = (
            events.column(0).as_primitive::<UInt8Type>(),
            events.column(1).as_primitive::<UInt8Type>(),
            [events.num_columns() - 3, events.num_columns() - 2],
        );
        let numbers = |at: usize| -> RunLengthColumn {
            events.column(at).as_primitive::<UInt64Type>().values().iter().copied().collect()
        };
        let ranks = seqs.values().iter().map(|rank| u64::from(*rank)).collect();
        let op = |letter: &u8| Op::from_letter(std::str::from_utf8(&[*letter]).ok()?);
        let (row, offset) = (numbers(row), numbers(offset));
        let at = |(row, offset)| RowRef { file: 0, row, offset };
        (rows.num_rows() == count && records.len() == count).then_some(())?;
        Some(ChangeBatch {
            files: vec![file.clone()],
            rows,
            ops: ops.values().iter().map(op).collect::<Option<_>>()?,
            seqs: EventSeqs::new(ranks, std::array::from_fn(|part| numbers(2 + part)), numbers(2 + EventSeq::PARTS)),
            refs: row.iter().zip(offset.iter()).map(at).collect(),
            absent,
            source_times_ms: events.column(events.num_columns() - 1).as_primitive::<Int64Type>().iter().collect(),
            records: records.iter().map(|text| text.unwrap_or_default().to_owned()).collect(),
        })
    }
}

fn schema_of(columns: &[(&str, DataType)]) -> SchemaRef {
    let fields = columns.iter().map(|(name, data_type)| Field::new(*name, data_type.clone(), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn to_ipc(schema: SchemaRef, columns: Vec<ArrayRef>, count: usize) -> Result<Bytes, RunError> {
    let options = RecordBatchOptions::new().with_row_count(Some(count));
    let batch = RecordBatch::try_new_with_options(schema, columns, &options)?;
    let stream = Vec::with_capacity(batch.get_array_memory_size());
    let mut writer = StreamWriter::try_new(stream, batch.schema_ref())?;
    writer.write(&batch)?;
    Ok(writer.into_inner()?.into())
}

/// The batch of a stream, whose arrays are the bytes; `None` if it is of another schema.
fn from_ipc(schema: &SchemaRef, stream: Bytes) -> Option<RecordBatch> {
    let mut stream = Buffer::from(stream);
    let batch = StreamDecoder::new().decode(&mut stream).ok()??;
    (batch.schema_ref() == schema).then_some(batch)
}

fn write_part(to: &mut impl Write, part: &[u8]) -> std::io::Result<()> {
    to.write_all(&(part.len() as u64).to_le_bytes())?;
    to.write_all(part)
}

fn read_head<T: DeserializeOwned>(from: &mut impl Read) -> std::io::Result<Option<T>> {
    match read_part(from, HEAD_BYTES_MAX)? {
        Some(head) => Ok(Some(serde_json::from_slice(&head).map_err(|_| ErrorKind::InvalidData)?)),
        None => Ok(None),
    }
}

/// `None` at the end of the input.
fn read_part(from: &mut impl Read, most: u64) -> std::io::Result<Option<Bytes>> {
    let mut length = [0; 8];
    match from.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u64::from_le_bytes(length);
    if length > most {
        return Err(ErrorKind::InvalidData.into());
    }
    let mut part = Vec::new();
    // Longer than there is memory for is no answer.
    let room = usize::try_from(length).map_err(|_| ErrorKind::InvalidData)?;
    part.try_reserve_exact(room).map_err(|_| ErrorKind::InvalidData)?;
    from.take(length).read_to_end(&mut part)?;
    if part.len() as u64 == length { Ok(Some(part.into())) } else { Err(Error::from(ErrorKind::UnexpectedEof)) }
}

#[cfg(test)]
mod tests {
    use super::{Reply, Request};
    use bytes::Bytes;
    use sluice_cdc::decode_file;
    use sluice_change::SourceFile;
    use sluice_contract::{Contract, Epoch, InferredSchema};
    use std::sync::Arc;

    const CONTRACT: &str = "dataset: a.b\nsource: {path: l/, format: debezium_json}\nschema:\n- {name: id, type: bigint, primary_key: true}\n- {name: name, type: string}\n- {name: tags, type: array<int>}\n- {name: price, type: \"decimal(12,2)\"}\n";
    const RECORDS: &str = r#"{"op":"c","after":{"id":1,"name":"ä","tags":[1,null],"price":"1.50"},"source":{"lsn":5},"ts_ms":9}
{"op":"u","after":{"id":1},"source":{"lsn":6}}
{"op":"d","before":{"id":1},"source":{"lsn":7}}
{"op":"?"}
half
"#;

    #[test]
    fn an_answer_is_the_file_as_decoded() {
        let contract = Arc::new(Contract::parse(CONTRACT, "b.yaml").unwrap());
        let file = SourceFile { path: "l/1.json".to_owned(), size: 9, etag: "e".to_owned(), ..SourceFile::default() };
        for content in [RECORDS, ""] {
            let decoded = decode_file(&contract, file.clone(), Bytes::from_static(content.as_bytes())).unwrap();
            let mut wire = Vec::new();
            Reply::of(decoded.clone()).unwrap().write(&mut wire).unwrap();
            let found = Reply::read(&mut wire.as_slice()).unwrap().into_decoded(&contract, &file).unwrap();
            assert_eq!(format!("{found:?}"), format!("{decoded:?}"));
        }
    }

    #[test]
    fn a_request_that_is_cut_is_an_error() {
        let file = SourceFile { path: "l/1.json".to_owned(), size: 9, etag: "e".to_owned(), ..SourceFile::default() };
        let request = Request {
            keys: std::collections::BTreeMap::new(),
            contract: CONTRACT.to_owned(),
            inferred: InferredSchema::default(),
            backfill: None,
            source: None,
            epoch: Epoch::default(),
            started_ms: None,
            file,
            key_file: Some("l/1.keys.json".to_owned()),
            memory_bytes: 1,
        };
        let mut wire = Vec::new();
        request.write(&mut wire, &Bytes::from_static(b"bytes"), &Bytes::from_static(b"keys")).unwrap();
        let (read, bytes, keys) = Request::read(&mut wire.as_slice()).unwrap().unwrap();
        let keys = keys.unwrap();
        assert_eq!((keys.path.as_str(), keys.bytes.as_ref()), ("l/1.keys.json", b"keys".as_slice()));
        assert_eq!((read.memory_bytes, bytes.as_ref()), (1, b"bytes".as_slice()));
        assert!(Request::read(&mut &wire[..wire.len() - 1]).is_err());
        assert!(Request::read(&mut [].as_slice()).unwrap().is_none());
    }
}
