//! From a record, or a batch of them, to events.

use super::attribute::plain_image;
use super::record::{NO_IMAGE, Record, SEQUENCE, Shape, WRITTEN};
use super::wrapping::records;
use crate::formats::json::change::{Lacking, RowChange};
use crate::formats::json::document::cell;
use crate::formats::json::position::numbers;
use crate::formats::json::row::read_row;
use crate::formats::json::source_table::is_of_other;
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use sluice_change::{EventSeq, Op, ReasonCode, RowRef};

/// A record of the contract's table with its row as plain JSON.
struct Taken<'r> {
    record: Record<'r>,
    op: Op,
    image: String,
}

/// Decodes a JSON value. All records in it become events, or none: what is in quarantine is the value.
///
/// # Errors
/// Why it cannot become events.
pub(super) fn decode(plan: &Plan, out: &mut Collector, at: RowRef, text: &str) -> Result<(), RecordError> {
    let records = records(text).ok_or_else(|| bad_envelope("its data is not base64 of JSON"))?;
    let mut taken = Vec::with_capacity(records.len());
    for record in &records {
        taken.extend(take(out, record)?);
    }
    let mut prepared = Vec::with_capacity(taken.len());
    for Taken { record, op, image } in &taken {
        let row = read_row(plan, out, image)?;
        let (rank, parts) = match op {
            // Below every change; of two exports the later counts.
            Op::Read => (0, EventSeq::parts_of([plan.place_of(at).map_or(0, |[export, ..]| export)])),
            _ => (1, numbers(plan, at, &row, |name| record.part(name), |part| hint(record.shape, part))?.parts()),
        };
        let change = RowChange {
            at,
            op: *op,
            op_text: record.operation(),
            row: &row,
            former: None,
            // An image is the whole item: what it lacks is not there.
            lacking: Lacking::Default,
            rank,
            parts,
            source_time_ms: record.time_ms(),
            record: String::new(),
        };
        prepared.push(change.prepare(plan, out, |position, data_type, raw| cell(plan, position, data_type, raw))?);
    }
    let last = prepared.len().saturating_sub(1);
    for (number, event) in prepared.into_iter().enumerate() {
        let record = if number == last { text.to_owned() } else { String::new() };
        event.of_record(record).push(plan, out)?;
    }
    Ok(())
}

/// A record of the contract's table.
fn take<'r>(out: &mut Collector, text: &'r str) -> Result<Option<Taken<'r>>, RecordError> {
    let record = Record::read(text).ok_or_else(|| bad_envelope("no record of a stream or an export of DynamoDB"))?;
    if is_of_other(out, &record.table())? {
        return Ok(None);
    }
    out.count_operation(record.operation());
    let op = match (record.shape, record.operation()) {
        (Shape::Item, _) => Op::Read,
        (Shape::Increment, _) if record.image.is_some() => Op::Upsert,
        (Shape::Increment, _) | (Shape::Change, "REMOVE") => Op::Delete,
        (Shape::Change, "INSERT" | "MODIFY") => Op::Upsert,
        (Shape::Change, _) => {
            return Err(RecordError::new(ReasonCode::UnknownOperation, "known are INSERT, MODIFY and REMOVE"));
        }
    };
    let image = match op {
        Op::Delete => record.keys.ok_or_else(|| bad_envelope("no keys (Keys)"))?,
        _ => record.image.ok_or_else(|| bad_envelope(NO_IMAGE))?,
    };
    let image = plain_image(image).map_err(|name| match name.as_str() {
        "" => bad_envelope("the item is not a JSON object"),
        name => {
            RecordError::of(name, ReasonCode::TypeMismatch, "not an attribute value of DynamoDB, such as {\"S\": …}")
        }
    })?;
    Ok(Some(Taken { record, op, image }))
}

fn bad_envelope(detail: &str) -> RecordError {
    RecordError::new(ReasonCode::BadEnvelope, detail)
}

/// What orders records of another shape than the contract's sequence is for.
fn hint(shape: Shape, part: &str) -> Option<&'static str> {
    match (shape, part) {
        (Shape::Increment, SEQUENCE) => Some(
            "an incremental export has record.WriteTimestampMicros; that and the place in a stream are no common order, so \
             ingest the one or the other",
        ),
        (Shape::Change, WRITTEN) => Some(
            "a stream has record.SequenceNumber; that and the time in an incremental export are no common order, so ingest \
             the one or the other",
        ),
        (Shape::Change, SEQUENCE) => Some(
            "Kinesis Data Streams for DynamoDB has none; with times in microseconds write sequence: \
             [record.ApproximateCreationDateTime]",
        ),
        _ => None,
    }
}
