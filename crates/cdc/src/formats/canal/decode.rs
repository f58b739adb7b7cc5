//! From a record to the events of its rows.

use super::kind::Kind;
use super::record::Record;
use crate::formats::json::change::{Lacking, Prepared, RowChange};
use crate::formats::json::position::numbers;
use crate::formats::json::row::{plain_cell, read_row};
use crate::formats::json::source_table::is_of_other;
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::row::values::Row;
use crate::text::json_fields::{elements, string};
use sluice_change::{Cell, CellError, Op, ReasonCode, RowRef};
use sluice_contract::ColumnType;

const STATEMENT: &str = "a statement that changed rows, without the rows: the source has binlog_format=STATEMENT or MIXED; \
                         let it write rows (ROW)";

/// Decodes one record. All of its rows become events, or none: what is in quarantine is the record.
///
/// # Errors
/// Why it cannot become events.
pub(super) fn decode(plan: &Plan, out: &mut Collector, at: RowRef, text: &str) -> Result<(), RecordError> {
    let record = Record::read(text).ok_or_else(|| bad_envelope("not a JSON object"))?;
    let word = record.kind.and_then(string).ok_or_else(|| bad_envelope("no operation (type)"))?;
    let kind = record.kind_of(&word);
    let truncates = || plan.operation_of(Op::Upsert, &word, |_| None) == Op::Truncate;
    if kind == Some(Kind::Other) && !truncates() && !record.is_changing_statement() {
        out.count_operation(&word);
        out.tombstone();
        if let Some(sql) = record.statement() {
            out.drift.statement(&sql);
        }
        return Ok(());
    }
    if is_of_other(out, &record.table())? {
        return Ok(());
    }
    out.count_operation(&word);
    let unknown = || RecordError::new(ReasonCode::UnknownOperation, format!("known are {}", Kind::words()));
    let rows = match kind.ok_or_else(unknown)? {
        Kind::Insert => rows(plan, out, &record, (at, &word), Op::Upsert, Lacking::Default)?,
        Kind::Update => rows(plan, out, &record, (at, &word), Op::Upsert, Lacking::UnchangedOrNull)?,
        Kind::Delete => rows(plan, out, &record, (at, &word), Op::Delete, Lacking::Default)?,
        Kind::Other if !truncates() => return Err(bad_envelope(STATEMENT)),
        Kind::Truncate | Kind::Other => {
            let row = Row::new(plan);
            vec![change(plan, &record, (at, &word), &row, 0)?.prepare(plan, out, |_, _, _| Ok(Cell::Null))?]
        }
    };
    let last = rows.len().saturating_sub(1);
    for (number, row) in rows.into_iter().enumerate() {
        let record = if number == last { text.to_owned() } else { String::new() };
        row.of_record(record).push(plan, out)?;
    }
    Ok(())
}

/// The events of the rows of `data`, each beside its former values in `old`.
fn rows<'a>(
    plan: &Plan,
    out: &mut Collector,
    record: &Record<'a>,
    of: (RowRef, &str),
    op: Op,
    lacking: Lacking,
) -> Result<Vec<Prepared<'a>>, RecordError> {
    let images = record.data.and_then(elements).unwrap_or_default();
    if images.is_empty() {
        return Err(bad_envelope(if record.is_changing_statement() { STATEMENT } else { "no rows (data)" }));
    }
    let former = record.old.filter(|_| lacking == Lacking::UnchangedOrNull).and_then(elements).unwrap_or_default();
    let mut prepared = Vec::with_capacity(images.len());
    for (number, image) in images.into_iter().enumerate() {
        let row = read_row(plan, out, image)?;
        let former = former.get(number).copied();
        let change = RowChange { op, former, lacking, ..change(plan, record, of, &row, number as u64)? };
        prepared.push(change.prepare(plan, out, |position, data_type, raw| cell(plan, position, data_type, raw))?);
    }
    Ok(prepared)
}

/// A change of the row with this number in its record, which orders it behind those before it: a truncate, until it
/// is said to be another.
fn change<'c, 'a>(
    plan: &Plan,
    record: &Record<'a>,
    (at, op_text): (RowRef, &'c str),
    row: &'c Row<&'a str>,
    number: u64,
) -> Result<RowChange<'c, 'a>, RecordError> {
    let parts = numbers(plan, at, row, |name| record.part(name), |_| None)?.parts_then(number);
    let source_time_ms = record.time_ms();
    let (op, former, lacking) = (Op::Truncate, None, Lacking::Default);
    Ok(RowChange { at, op, op_text, row, former, lacking, rank: 1, parts, source_time_ms, record: String::new() })
}

fn bad_envelope(detail: &str) -> RecordError {
    RecordError::new(ReasonCode::BadEnvelope, detail)
}

/// Bytes are text by the format, a letter of ISO 8859-1 each.
fn cell<'a>(plan: &Plan, position: usize, data_type: &ColumnType, raw: &'a str) -> Result<Cell<'a>, CellError> {
    match (data_type, string(raw)) {
        (ColumnType::Binary, Some(text)) if plan.source.binary.is_none() => {
            let bytes = text.chars().map(|letter| u8::try_from(u32::from(letter)).ok()).collect::<Option<Vec<u8>>>();
            bytes.map(|bytes| Cell::Bytes(bytes.into())).ok_or_else(|| CellError::mismatch(data_type))
        }
        _ => plain_cell(plan, raw, position, data_type),
    }
}
