//! From a flattened row to an event.

use crate::formats::debezium::beside::beside;
use crate::formats::debezium::connect_schema::SchemaCache;
use crate::formats::debezium::own_position::own_position;
use crate::formats::debezium::position::position;
use crate::formats::debezium::row::cell;
use crate::formats::debezium::source_table::{log_of_flat, of_flat};
use crate::formats::json::position::offset;
use crate::formats::json::row::{read_row, row_text, sequence_text};
use crate::formats::json::source_table::is_of_other;
use crate::formats::json::wrapping::first_name;
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::sequence::SequencePart;
use crate::row::cells::cells;
use crate::row::values::Row;
use crate::text::json_fields::{members, not_null};
use crate::value::encoding::Encoding;
use sluice_change::{Event, Op, ReasonCode, RowRef, SeqParts};
use sluice_contract::ColumnType;
use std::borrow::Cow;

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
    let not_a_row = || RecordError::new(ReasonCode::BadEnvelope, "not a JSON object");
    let (image, schema) = match members(text, ["schema", "payload"]).ok_or_else(not_a_row)? {
        [Some(_), Some("null")] => {
            out.tombstone();
            return Ok(());
        }
        [Some(schema), Some(payload)] => (payload, not_null(Some(schema))),
        _ => (text, None),
    };
    if let Some(what) = may_be_beside(image).then(|| beside(image)).flatten() {
        out.count_operation(what);
        out.tombstone();
        return Ok(());
    }
    if is_of_other(out, &of_flat(image, &plan.source.add_fields))? {
        return Ok(());
    }
    out.logs.note([log_of_flat(image, &plan.source.add_fields).as_deref(), None]);
    let schema = schemas.of_record(schema, plan)?;
    let row = read_row(plan, out, image)?;
    let extra = |name: Option<_>| name.and_then(|name| row_text(&row, name));
    let op_text = extra(plan.operation);
    out.count_operation(op_text.as_deref().unwrap_or("row"));
    let delivered = operation(op_text.as_deref())?;
    let mut op = delivered;
    let deleted = extra(plan.deleted).is_some_and(|deleted| deleted == "true");
    if op.is_upsert() {
        let by_rule = plan.operation_of(op, op_text.as_deref().unwrap_or_default(), |name| row_text(&row, name));
        op = if deleted && by_rule != Op::Truncate { Op::Delete } else { by_rule };
    }
    let encodings = schema.as_deref().map_or(&[][..], |schema| schema.row.as_slice());
    let (rank, parts) = place(plan, out, at, encodings, &row, delivered == Op::Read)?;
    let provided = extra(plan.update_columns);
    let cells =
        cells(plan, (at, op), provided.as_deref(), &row, &mut out.drift, |position, data_type: &ColumnType| {
            cell(plan, encodings, &row, position, data_type)
        })?;
    let source_time_ms = extra(plan.time).and_then(|time| time.parse().ok());
    out.push(Event { at, op, rank, parts, cells, source_time_ms, record: text.to_owned() }, row.content())
}

/// Whether a row begins like a record of no table, as most rows do not.
fn may_be_beside(image: &str) -> bool {
    first_name(image).is_some_and(|name| matches!(name, "status" | "source" | "serverName") || name.starts_with("ts_"))
}

fn place(
    plan: &Plan,
    out: &mut Collector,
    at: RowRef,
    encodings: &[Encoding],
    row: &Row<&str>,
    is_read: bool,
) -> Result<(u8, SeqParts), RecordError> {
    if plan.sequence.is_own() {
        let member = |name: &str| plan.own_position(name).find_map(|place| row_text(row, place));
        return own_position(plan, out, at, is_read, &member);
    }
    let part = |part: &SequencePart| match part {
        SequencePart::Row(name) => sequence_text(plan, encodings, row, *name),
        SequencePart::Envelope(_) => offset(plan, at).map(Cow::Owned),
        SequencePart::Source(place) => Some(Cow::Owned(place.clone())),
    };
    let texts: Vec<_> = plan.sequence.parts().iter().map(part).collect();
    let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
    position(&plan.sequence, &texts, is_read)
}

/// The operation of a letter; a row without one is an upsert.
fn operation(op: Option<&str>) -> Result<Op, RecordError> {
    match op {
        None | Some("c" | "u") => Ok(Op::Upsert),
        Some("r") => Ok(Op::Read),
        Some("d") => Ok(Op::Delete),
        Some("t") => Ok(Op::Truncate),
        Some(_) => Err(RecordError::new(ReasonCode::UnknownOperation, "known are c, u, r, d and t")),
    }
}
