//! Debezium envelopes, with or without schema.
//!
//! `{before, after, source, transaction, op, ts_ms}`, alone or as `payload` beside `schema`
//! (Debezium documentation, PostgreSQL connector, "Data change events").

use crate::outcome::collector::Collector;
use crate::outcome::key_change;
use crate::outcome::record_error::Fault;
use crate::plan::sequence::SequencePart;
use crate::plan::{Plan, RowName, Target};
use crate::row::{Row, cells};
use crate::text::json_fields::{each_member, members, not_null, string};
use crate::value::encoding::{Encoding, RecordSchema, SchemaCache};
use crate::value::json::Values;
use sluice_change::{Cell, CellError, Event, Op, ReasonCode, RowRef};
use sluice_contract::ColumnType;
use std::borrow::Cow;
use std::rc::Rc;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Decodes one record.
///
/// # Errors
/// Why it can not become an event.
pub(crate) fn decode(
    plan: &Plan,
    schemas: &mut SchemaCache,
    out: &mut Collector,
    at: RowRef,
    text: &str,
) -> Result<(), Fault> {
    let not_an_envelope = || Fault::new(ReasonCode::BadEnvelope, "not a JSON object");
    let Outer { schema, payload, envelope } = Outer::read(text).ok_or_else(not_an_envelope)?;
    let (envelope, schema) = match payload {
        Some("null") => {
            out.tombstone();
            return Ok(());
        }
        Some(payload) => (Outer::read(payload).ok_or_else(not_an_envelope)?.envelope, not_null(schema)),
        None => (envelope, None),
    };
    let schema = schema.map(|raw| schemas.get(raw, plan)).transpose_schema()?;
    let Some(op_text) = envelope.op.and_then(string) else {
        return Err(Fault::new(ReasonCode::BadEnvelope, "no operation (op)"));
    };
    out.count_operation(&op_text);
    let mut op = match op_text.as_ref() {
        "c" | "u" => Op::Upsert,
        "r" => Op::Read,
        "d" => Op::Delete,
        "t" => Op::Truncate,
        "m" => {
            out.tombstone();
            return Ok(());
        }
        _ => return Err(Fault::new(ReasonCode::UnknownOperation, "known are c, u, r, d, t and m")),
    };
    let is_read = op == Op::Read;
    if plan.says_truncate(&op_text, |_| None) {
        op = Op::Truncate;
    } else if plan.says_delete(&op_text, |_| None) {
        op = Op::Delete;
    }
    let from_before = op == Op::Delete && envelope.before.is_some();
    let image = if from_before { envelope.before } else { envelope.after };
    let row = match image {
        Some(image) => read_row(plan, out, image)
            .ok_or_else(|| Fault::new(ReasonCode::BadEnvelope, "the row is not a JSON object"))?,
        None if op.is_upsert() => return Err(Fault::new(ReasonCode::BadEnvelope, "no row (after)")),
        None => Row::new(plan),
    };
    if op.is_upsert() {
        op = row_operation(plan, &op_text, &row, op);
    }
    let encodings = match &schema {
        Some(schema) if from_before => schema.before.as_slice(),
        Some(schema) => schema.after.as_slice(),
        None => &[],
    };
    let (rank, parts) = position(plan, &envelope, encodings, &row, is_read)?;
    let told = plan.told.and_then(|name| row_text(&row, name));
    let cells = cells(plan, op, told.as_deref(), &row, &mut out.drift, |position, data_type: &ColumnType| {
        cell(plan, encodings, &row, position, data_type)
    })?;
    let source_time_ms = envelope.source_time_ms();
    let event = Event { at, op, rank, parts, cells, source_time_ms, record: text.to_owned() };
    let may_change = |before: &&str| op_text == "u" && event.op.is_upsert() && !has_key_of(plan, before, &row);
    let Some(before) = envelope.before.filter(may_change) else { return out.push(event, row.content()) };
    let before = key_row(plan, before);
    let encodings = schema.as_ref().map_or(&[][..], |schema| schema.before.as_slice());
    let mut former = Vec::new();
    for position in plan.contract.key_positions() {
        let Some(column) = plan.contract.columns.get(position) else { continue };
        match cell(plan, encodings, &before, position, &column.data_type) {
            Ok(Some(Cell::Null | Cell::Absent) | None) => {}
            Ok(Some(value)) => former.push((position, value)),
            Err(error) => return Err(Fault::of_cell(&column.name, error)),
        }
    }
    key_change::push(plan, out, event, &former, row.content())
}

/// Whether the key columns that an image has are those of a row, letter by letter.
fn has_key_of(plan: &Plan, image: &str, row: &Row<&str>) -> bool {
    let mut same = true;
    each_member(image, |name, raw| {
        if let Some(position) = plan.key_column(&name) {
            same &= row.column(position) == Some(&raw);
        }
    });
    same
}

/// The key columns of a row image.
fn key_row<'a>(plan: &Plan, image: &'a str) -> Row<&'a str> {
    let mut row = Row::new(plan);
    each_member(image, |name, raw| {
        let target = plan.target(&name);
        if let Target::Column { position, .. } = target
            && plan.is_key.get(position).copied().unwrap_or(false)
        {
            row.set(plan, &name, target, raw);
        }
    });
    row
}

/// Fields of an envelope as raw JSON, `null` left out.
struct Envelope<'a> {
    op: Option<&'a str>,
    before: Option<&'a str>,
    after: Option<&'a str>,
    source: Option<&'a str>,
    transaction: Option<&'a str>,
    times: [Option<&'a str>; 3],
}

/// A record: an envelope, or one as payload beside its schema.
struct Outer<'a> {
    schema: Option<&'a str>,
    payload: Option<&'a str>,
    envelope: Envelope<'a>,
}

impl<'a> Outer<'a> {
    fn read(json: &'a str) -> Option<Self> {
        let names = ["schema", "payload", "op", "before", "after", "source", "transaction", "ts_ms", "ts_us", "ts_ns"];
        let [schema, payload, envelope @ ..] = members(json, names)?;
        let [op, before, after, source, transaction, ms, us, ns] = envelope.map(not_null);
        let envelope = Envelope { op, before, after, source, transaction, times: [ms, us, ns] };
        Some(Self { schema, payload, envelope })
    }
}

impl<'a> Envelope<'a> {
    fn source_time_ms(&self) -> Option<i64> {
        let [time] = members(self.source?, ["ts_ms"])?;
        time?.parse().ok()
    }

    /// The value at a path, for example `source.lsn`.
    fn at(&self, path: &[String]) -> Option<&'a str> {
        let (root, rest) = path.split_first()?;
        let [ms, us, ns] = self.times;
        let mut raw = match root.as_str() {
            "source" => self.source,
            "transaction" => self.transaction,
            "ts_ms" => ms,
            "ts_us" => us,
            _ => ns,
        };
        for name in rest {
            let [inner] = members(raw?, [name.as_str()])?;
            raw = not_null(inner);
        }
        raw
    }
}

fn position(
    plan: &Plan,
    envelope: &Envelope<'_>,
    encodings: &[Encoding],
    row: &Row<&str>,
    is_read: bool,
) -> Result<(u8, [u64; 3]), Fault> {
    let texts: Vec<Option<Cow<'_, str>>> = plan
        .sequence
        .parts()
        .iter()
        .map(|part| match part {
            SequencePart::Envelope(path) => envelope.at(path).map(plain_text),
            SequencePart::Row(name) => sequence_text(plan, encodings, row, *name),
        })
        .collect();
    let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
    plan.sequence.debezium(&texts, is_read)
}

/// Reads a row image; `None` if it is not an object.
pub(crate) fn read_row<'a>(plan: &Plan, out: &mut Collector, image: &'a str) -> Option<Row<&'a str>> {
    let mut row = Row::new(plan);
    let whole = each_member(image, |name, raw| {
        let target = plan.target(&name);
        if target == Target::Unknown {
            out.drift.unknown(&name);
        }
        row.set(plan, &name, target, raw);
    });
    whole.then_some(row)
}

/// The cell of a column as a type; `None` if the row does not have it.
pub(crate) fn cell<'a>(
    plan: &Plan,
    encodings: &[Encoding],
    row: &Row<&'a str>,
    position: usize,
    data_type: &ColumnType,
) -> Result<Option<Cell<'a>>, CellError> {
    let Some(raw) = row.column(position) else { return Ok(None) };
    let values = Values { decimals: plan.source.decimals, unavailable: &plan.unavailable };
    let encoding = encodings.get(position).unwrap_or(&Encoding::Unsaid);
    values.cell(data_type, encoding, raw).map(Some)
}

/// A member of the row as text, null left out.
pub(crate) fn row_text<'a>(row: &Row<&'a str>, name: RowName) -> Option<Cow<'a, str>> {
    not_null(row.get(name).copied()).map(plain_text)
}

/// What a row with a value is by `truncate_when` and `delete_when`; `op` if they do not say.
pub(crate) fn row_operation(plan: &Plan, op_text: &str, row: &Row<&str>, op: Op) -> Op {
    let text = |name| row_text(row, name);
    if plan.says_truncate(op_text, text) {
        Op::Truncate
    } else if plan.says_delete(op_text, text) {
        Op::Delete
    } else {
        op
    }
}

/// A member of the row as a part of the sequence. A date or time of the contract is microseconds since
/// 1970 here, whatever its encoding, so that records with and without a schema have one order.
pub(crate) fn sequence_text<'a>(
    plan: &Plan,
    encodings: &[Encoding],
    row: &Row<&'a str>,
    name: RowName,
) -> Option<Cow<'a, str>> {
    if let RowName::Column(position) = name
        && let Some(column) = plan.contract.columns.get(position)
        && let Ok(Some(Cell::Int(value))) = cell(plan, encodings, row, position, &column.data_type)
    {
        match column.data_type {
            ColumnType::Timestamp | ColumnType::TimestampNtz => return Some(value.to_string().into()),
            ColumnType::Date => return Some(value.saturating_mul(MICROS_PER_DAY).to_string().into()),
            _ => {}
        }
    }
    row_text(row, name)
}

/// The text of a JSON string, or the digits of anything else.
fn plain_text(raw: &str) -> Cow<'_, str> {
    string(raw).unwrap_or(Cow::Borrowed(raw))
}

/// A schema that is there has to be readable: values can not be typed by half of it.
trait TransposeSchema {
    fn transpose_schema(self) -> Result<Option<Rc<RecordSchema>>, Fault>;
}

impl TransposeSchema for Option<Option<Rc<RecordSchema>>> {
    fn transpose_schema(self) -> Result<Option<Rc<RecordSchema>>, Fault> {
        match self {
            Some(None) => Err(Fault::new(ReasonCode::BadEnvelope, "the schema is not a Kafka Connect schema")),
            other => Ok(other.flatten()),
        }
    }
}
