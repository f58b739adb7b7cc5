//! Debezium records flattened by `ExtractNewRecordState`.
//!
//! The row's columns, and what `add.fields` added with the prefix `__`; deletes are rows with
//! `__deleted: "true"` (`delete.tombstone.handling.mode=rewrite`).

use crate::formats::debezium_json::decode::{cell, read_row, row_operation, row_text, sequence_text};
use crate::outcome::collector::Collector;
use crate::outcome::record_error::Fault;
use crate::plan::Plan;
use crate::plan::sequence::SequencePart;
use crate::row::cells;
use crate::text::json_fields::{members, not_null};
use crate::value::encoding::SchemaCache;
use sluice_change::{Event, Op, ReasonCode, RowRef};
use sluice_contract::ColumnType;

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
    let not_a_row = || Fault::new(ReasonCode::BadEnvelope, "not a JSON object");
    let (image, schema) = match members(text, ["schema", "payload"]).ok_or_else(not_a_row)? {
        [Some(_), Some("null")] => {
            out.tombstone();
            return Ok(());
        }
        [Some(schema), Some(payload)] => (payload, not_null(Some(schema))),
        _ => (text, None),
    };
    let schema = match schema.map(|raw| schemas.get(raw, plan)) {
        Some(None) => return Err(Fault::new(ReasonCode::BadEnvelope, "the schema is not a Kafka Connect schema")),
        other => other.flatten(),
    };
    let row = read_row(plan, out, image).ok_or_else(not_a_row)?;
    let extra = |name: Option<_>| name.and_then(|name| row_text(&row, name));
    let op_text = extra(plan.operation);
    out.count_operation(op_text.as_deref().unwrap_or("row"));
    let mut op = match op_text.as_deref() {
        None | Some("c" | "u") => Op::Upsert,
        Some("r") => Op::Read,
        Some("d") => Op::Delete,
        Some("t") => Op::Truncate,
        Some(_) => return Err(Fault::new(ReasonCode::UnknownOperation, "known are c, u, r, d and t")),
    };
    let is_read = op == Op::Read;
    let deleted = extra(plan.deleted).is_some_and(|deleted| deleted == "true");
    if op.is_upsert() {
        let said = row_operation(plan, op_text.as_deref().unwrap_or_default(), &row, op);
        op = if deleted && said != Op::Truncate { Op::Delete } else { said };
    }
    let encodings = schema.as_deref().map_or(&[][..], |schema| schema.row.as_slice());
    let texts: Vec<_> = plan
        .sequence
        .parts()
        .iter()
        .map(|part| match part {
            SequencePart::Row(name) => sequence_text(plan, encodings, &row, *name),
            SequencePart::Envelope(_) => None,
        })
        .collect();
    let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
    let (rank, parts) = plan.sequence.debezium(&texts, is_read)?;
    let told = extra(plan.told);
    let cells = cells(plan, op, told.as_deref(), &row, &mut out.drift, |position, data_type: &ColumnType| {
        cell(plan, encodings, &row, position, data_type)
    })?;
    let source_time_ms = extra(plan.time).and_then(|time| time.parse().ok());
    out.push(Event { at, op, rank, parts, cells, source_time_ms, record: text.to_owned() }, row.content())
}
