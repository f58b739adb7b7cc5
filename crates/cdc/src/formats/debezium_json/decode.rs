//! From an envelope to an event.

use super::envelope::{Envelope, Outer};
use crate::formats::debezium::beside::beside;
use crate::formats::debezium::connect_schema::{RecordSchema, SchemaCache};
use crate::formats::debezium::document::{self, Document};
use crate::formats::debezium::order::of_connector;
use crate::formats::debezium::own_position::own_position;
use crate::formats::debezium::position::position;
use crate::formats::debezium::row::cell;
use crate::formats::json::position::{is_offset, offset};
use crate::formats::json::row::{
    columns_of, encoded_cell, has_key_of, key_cells, plain_text, read_row, row_text, sequence_text,
};
use crate::formats::json::source_table::is_of_other;
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::sequence::SequencePart;
use crate::row::cells::cells;
use crate::row::key_change;
use crate::row::values::Row;
use crate::text::json_fields::{members, not_null, string};
use crate::value::encoding::Encoding;
use sluice_change::{Cell, Event, Op, ReasonCode, RowRef, SeqParts};
use sluice_contract::ColumnType;
use std::borrow::Cow;
use std::rc::Rc;

/// Decodes one record.
///
/// # Errors
/// Why it cannot become an event.
pub(super) fn decode(
    plan: &Plan,
    schemas: &mut SchemaCache,
    out: &mut Collector,
    at: RowRef,
    text: &str,
) -> Result<(), RecordError> {
    let Some((envelope, schema)) = unwrap(plan, schemas, text)? else {
        out.tombstone();
        return Ok(());
    };
    if envelope.op.is_none()
        && let Some(what) = beside(text)
    {
        if let Some(statement) = statement_of(text) {
            out.drift.statement(&statement);
        }
        out.count_operation(what);
        out.tombstone();
        return Ok(());
    }
    let op_text = envelope.op.and_then(string).ok_or_else(|| bad_envelope("no operation (op)"))?;
    let origin = envelope.origin();
    if op_text != "m" && is_of_other(out, &origin.table)? {
        return Ok(());
    }
    out.count_operation(&op_text);
    let Some(op) = operation(&op_text)? else {
        out.tombstone();
        return Ok(());
    };
    if envelope.lacks_row(&op_text) {
        out.note_without_key();
    }
    let is_read = op == Op::Read;
    let op = plan.operation_of(op, &op_text, |_| None);
    let from_before = op == Op::Delete && envelope.before.is_some();
    let document = document_of(plan, &envelope, op, from_before)?;
    // Rows of a snapshot have no position, and MySQL no server in them.
    if !is_read {
        out.logs.note(envelope.log().each_ref().map(Option::as_deref));
    }
    let row = match &document {
        Some(document) => read_row(plan, out, &document.row)?,
        None => read_image(plan, out, &envelope, op, from_before)?,
    };
    let op = if op.is_upsert() { plan.operation_of(op, &op_text, |name| row_text(&row, name)) } else { op };
    let encodings = match &schema {
        Some(schema) if from_before => schema.before.as_slice(),
        Some(schema) => schema.after.as_slice(),
        None => &[],
    };
    let (rank, parts) = place(plan, out, at, &envelope, encodings, &row, is_read)?;
    let provided = plan.update_columns.and_then(|name| row_text(&row, name));
    let cells =
        cells(plan, (at, op), provided.as_deref(), &row, &mut out.drift, |position, data_type: &ColumnType| {
            match &document {
                Some(document) => Document::cell(document.is_patch, plan, &row, position, data_type),
                None => cell(plan, encodings, &row, position, data_type),
            }
        })?;
    let event = Event { at, op, rank, parts, cells, source_time_ms: origin.time_ms, record: text.to_owned() };
    let may_change = |before: &&str| op_text == "u" && event.op.is_upsert() && !has_key_of(plan, before, &row);
    match envelope.before.filter(may_change) {
        Some(before) => {
            let former = former_key(plan, schema.as_deref(), before)?;
            key_change::push(plan, out, event, &former, row.content())
        }
        None => out.push(event, row.content()),
    }
}

fn bad_envelope(detail: &str) -> RecordError {
    RecordError::new(ReasonCode::BadEnvelope, detail)
}

/// The statement of a schema change event (`include.schema.changes`), which has the database beside it.
fn statement_of(text: &str) -> Option<Cow<'_, str>> {
    let of = |json| members(json, ["payload", "databaseName", "ddl"]);
    let [payload, database, ddl] = of(text)?;
    let (database, ddl) = match payload {
        Some(payload) => of(payload).map(|[_, database, ddl]| (database, ddl))?,
        None => (database, ddl),
    };
    database.and(ddl).and_then(string)
}

/// An envelope, and its schema if the record brings one.
type Unwrapped<'a> = (Envelope<'a>, Option<Rc<RecordSchema>>);

/// The envelope of a record; `None` for a tombstone.
fn unwrap<'a>(plan: &Plan, schemas: &mut SchemaCache, text: &'a str) -> Result<Option<Unwrapped<'a>>, RecordError> {
    let not_an_envelope = || bad_envelope("not a JSON object");
    let Outer { schema, payload, envelope } = Outer::read(text).ok_or_else(not_an_envelope)?;
    match payload {
        Some("null") => Ok(None),
        Some(payload) => {
            let envelope = Outer::read(payload).ok_or_else(not_an_envelope)?.envelope;
            Ok(Some((envelope, schemas.of_record(not_null(schema), plan)?)))
        }
        None => Ok(Some((envelope, None))),
    }
}

/// The operation of a letter; `None` for a message that carries no row.
fn operation(op: &str) -> Result<Option<Op>, RecordError> {
    Ok(Some(match op {
        "c" | "u" => Op::Upsert,
        "r" => Op::Read,
        "d" => Op::Delete,
        "t" => Op::Truncate,
        "m" => return Ok(None),
        _ => return Err(RecordError::new(ReasonCode::UnknownOperation, "known are c, u, r, d, t and m")),
    }))
}

/// The document that a record has as a text, or what it says of one.
fn document_of(
    plan: &Plan,
    envelope: &Envelope<'_>,
    op: Op,
    from_before: bool,
) -> Result<Option<Document>, RecordError> {
    let is_text = |image: &&str| image.starts_with('"');
    let before = envelope.before.filter(is_text);
    match (if from_before { envelope.before } else { envelope.after }, envelope.update_description, before) {
        (Some(image), _, _) if is_text(&image) => Document::whole(image).map(Some),
        (None, Some(description), Some(before)) if op.is_upsert() => {
            Document::patch(plan, description, before).map(Some)
        }
        (None, _, _) if op != Op::Truncate && envelope.connector().is_some_and(|name| name == "mongodb") => {
            Err(RecordError::of(document::KEY, ReasonCode::MissingKey, document::NO_DOCUMENT))
        }
        _ => Ok(None),
    }
}

fn read_image<'a>(
    plan: &Plan,
    out: &mut Collector,
    envelope: &Envelope<'a>,
    op: Op,
    from_before: bool,
) -> Result<Row<&'a str>, RecordError> {
    match if from_before { envelope.before } else { envelope.after } {
        Some(image) => read_row(plan, out, image),
        None if op.is_upsert() => Err(bad_envelope("no row (after)")),
        None => Ok(Row::new(plan)),
    }
}

fn place(
    plan: &Plan,
    out: &mut Collector,
    at: RowRef,
    envelope: &Envelope<'_>,
    encodings: &[Encoding],
    row: &Row<&str>,
    is_read: bool,
) -> Result<(u8, SeqParts), RecordError> {
    if plan.sequence.is_own() {
        return own_position(plan, out, at, is_read, &|member| envelope.position_member(member));
    }
    let text = |part: &SequencePart| match part {
        SequencePart::Envelope(path) if is_offset(path) => offset(plan, at).map(Cow::Owned),
        SequencePart::Envelope(path) => envelope.at(path).map(plain_text),
        SequencePart::Row(name) => sequence_text(plan, encodings, row, *name),
        SequencePart::Source(place) => Some(Cow::Owned(place.clone())),
    };
    let texts: Vec<Option<Cow<'_, str>>> = plan.sequence.parts().iter().map(text).collect();
    let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
    position(&plan.sequence, &texts, is_read).map_err(|error| with_order_of_connector(envelope, error))
}

/// Names the order of the connector where the contract has another one.
fn with_order_of_connector(envelope: &Envelope<'_>, mut error: RecordError) -> RecordError {
    let Some(connector) = envelope.connector() else { return error };
    let next = match of_connector(&connector) {
        Some(words) => format!("; leave out sequence, and events of the connector {connector} are ordered by {words}"),
        None => "; name in apply.sequence what orders the events of this connector".to_owned(),
    };
    error.detail.push_str(&next);
    error
}

/// The key columns that the image before the change provides.
fn former_key<'a>(
    plan: &Plan,
    schema: Option<&RecordSchema>,
    before: &'a str,
) -> Result<Vec<(usize, Cell<'a>)>, RecordError> {
    let encodings = schema.map_or(&[][..], |schema| schema.before.as_slice());
    key_cells(plan, &columns_of(plan, before), |position, data_type, raw| {
        encoded_cell(plan, encodings.get(position).unwrap_or(&Encoding::Unsaid), raw, position, data_type)
    })
}
