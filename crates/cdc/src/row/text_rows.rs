//! Rows of named texts, as CSV and Parquet files and bronze hold them.
//!
//! Every value is text here, so that a row read from a file and the same row read from bronze become the same cells.

use super::cells::cells;
use super::column_value;
use super::values::Row;
use crate::outcome::collector::Collector;
use crate::outcome::drift::Drift;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::names::{RowName, Target};
use crate::text::json_fields::{compact, each_member, elements, inside, string};
use crate::value::extended_json::plain_text;
use crate::value::nested::nested_cell;
use sluice_change::{Cell, CellError, Event, Op, ReasonCode, RowRef, SeqParts, TIMESTAMP_INFINITY, parse_cell};
use sluice_contract::{ColumnType, limits};
use std::borrow::Cow;

/// A value as text; `None` is null.
pub(crate) type TextValue<'a> = Option<Cow<'a, str>>;

/// What a format makes of a row of texts.
pub(crate) trait TextRows {
    /// The word under which the row is counted: its operation as delivered, or one for rows without.
    fn operation<'a>(&self, plan: &Plan, row: &'a Row<TextValue<'_>>) -> &'a str;

    /// The member that holds the columns as a JSON object, where one does.
    fn nested(&self, _plan: &Plan) -> Option<RowName> {
        None
    }

    /// What the row does, and its rank and position.
    ///
    /// # Errors
    /// `UNKNOWN_OPERATION`, `MISSING_SEQ`.
    fn place(&self, plan: &Plan, at: RowRef, row: &Row<TextValue<'_>>) -> Result<RowPlace, RecordError>;

    /// Keeps the event of a row.
    ///
    /// # Errors
    /// `KEY_CHANGED`, and a batch without room.
    fn keep(
        &self,
        plan: &Plan,
        out: &mut Collector,
        row: &Row<TextValue<'_>>,
        event: Event<'_>,
    ) -> Result<(), RecordError>;
}

/// What a row does, and where it is in the order of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowPlace {
    pub(crate) op: Op,
    /// As [`Event::rank`].
    pub(crate) rank: u8,
    /// As [`Event::parts`].
    pub(crate) parts: SeqParts,
    /// Milliseconds since 1970.
    pub(crate) source_time_ms: Option<i64>,
    /// What the position is by in words, where that is the format's own order.
    pub(crate) order: Option<&'static str>,
}

/// The text of a member of a row; `None` for null and where the row does not have it.
pub(crate) fn text_of<'a>(row: &'a Row<TextValue<'_>>, name: RowName) -> Option<&'a str> {
    row.get(name).and_then(Option::as_deref)
}

/// The text of a part of the sequence, nothing where it is empty. In a column of `timestamp` it is the instant in
/// microseconds since 1970, and a number of a known unit likewise, so that records of every zone and unit are in one
/// order.
pub(crate) fn sequence_text<'a>(plan: &Plan, row: &'a Row<TextValue<'_>>, name: RowName) -> Option<Cow<'a, str>> {
    let text = text_of(row, name).filter(|text| !text.is_empty())?;
    let RowName::Column(position) = name else { return Some(Cow::Borrowed(text)) };
    let fetch = |data_type: &ColumnType| plan.text_cell(position, data_type, text).map(Some);
    if let Some(made) = column_value::position_text(plan, position, fetch) {
        return made.map(Cow::Owned);
    }
    let column = plan.contract.columns.get(position)?;
    let is_time = matches!(column.data_type, ColumnType::Timestamp)
        || (column.unit.is_some() && matches!(column.data_type, ColumnType::TimestampNtz));
    match is_time.then(|| plan.reading.cell(&column.data_type, column.unit, text)) {
        Some(Ok(Cell::Int(micros))) if micros != TIMESTAMP_INFINITY => Some(Cow::Owned(micros.to_string())),
        _ => Some(Cow::Borrowed(text)),
    }
}

/// Milliseconds since 1970 of a text that is a time.
pub(crate) fn time_ms(text: &str) -> Option<i64> {
    match parse_cell(&ColumnType::Timestamp, text) {
        Ok(Cell::Int(micros)) => Some(micros.div_euclid(1_000)),
        _ => None,
    }
}

/// The event of a row, with what orders it, see [`RowPlace::order`].
///
/// # Errors
/// Why there is none.
pub(crate) fn event<'a>(
    plan: &Plan,
    rows: &dyn TextRows,
    at: RowRef,
    row: &'a Row<TextValue<'a>>,
    drift: &mut Drift,
    record: String,
) -> Result<(Event<'a>, Option<&'static str>), RecordError> {
    if record.len() > limits::ROW_BYTES_MAX {
        let detail = format!("over {} MiB", limits::ROW_BYTES_MAX >> 20);
        return Err(RecordError::new(ReasonCode::RowTooLarge, detail));
    }
    row.check_columns(plan)?;
    let RowPlace { op, rank, parts, source_time_ms, order } = rows.place(plan, at, row)?;
    let provided = plan.update_columns.and_then(|name| text_of(row, name));
    let fetch = |position: usize, data_type: &ColumnType| match row.column(position) {
        Some(Some(text)) => cell(plan, position, data_type, text).map(Some),
        Some(None) => Ok(Some(Cell::Null)),
        None => Ok(None),
    };
    let cells = cells(plan, (at, op), provided, row, drift, fetch)?;
    Ok((Event { at, op, rank, parts, cells, source_time_ms, record }, order))
}

fn cell<'a>(plan: &Plan, position: usize, data_type: &ColumnType, text: &'a str) -> Result<Cell<'a>, CellError> {
    if plan.is_document(position) {
        let text = plain_text(text).map_err(|_| CellError::mismatch(data_type))?;
        return cell_of(plan, position, data_type, &text).map(Cell::into_owned);
    }
    cell_of(plan, position, data_type, text)
}

/// The cell of a text. A list may be one of JSON.
fn cell_of<'a>(plan: &Plan, position: usize, data_type: &ColumnType, text: &'a str) -> Result<Cell<'a>, CellError> {
    let unit = plan.unit(position);
    match data_type {
        _ if data_type.is_nested() => {
            nested_cell(data_type, text, &|of, text| plan.reading.cell(of, unit, text).map(Cell::into_owned))
        }
        ColumnType::Array(element) if text.starts_with('[') => {
            let raws = elements(text).ok_or_else(|| CellError::mismatch(data_type))?;
            let cells = raws.into_iter().map(|raw| match raw {
                "null" => Ok(Cell::Null),
                raw => {
                    plan.reading.cell(element, unit, &string(raw).unwrap_or(Cow::Borrowed(raw))).map(Cell::into_owned)
                }
            });
            cells.collect::<Result<Vec<_>, _>>().map(Cell::List)
        }
        _ => plan.text_cell(position, data_type, text),
    }
}

/// Takes the columns that a member of the row holds as a JSON object, if the format has such a member.
pub(crate) fn open_nested(plan: &Plan, rows: &dyn TextRows, row: &mut Row<TextValue<'_>>) {
    let Some(Some(json)) = rows.nested(plan).and_then(|name| row.get(name)) else { return };
    let json = json.clone().into_owned();
    each_member(&json, |name, raw| {
        let text = (raw != "null").then(|| Cow::Owned(string(raw).unwrap_or(Cow::Borrowed(raw)).into_owned()));
        let target = plan.target(&name);
        row.set(plan, &name, target, text);
        if target == Target::Unknown {
            row.note_nested_unknown(name.into_owned());
        }
    });
}

/// Counts what a row is made of, whether or not it becomes an event. `unknown` are its names that
/// the contract does not know; those of a row with too many are not counted as new columns.
pub(crate) fn count<'n>(
    plan: &Plan,
    rows: &dyn TextRows,
    out: &mut Collector,
    row: &Row<TextValue<'_>>,
    unknown: impl Iterator<Item = &'n str>,
) {
    if row.check_columns(plan).is_ok() {
        unknown.for_each(|name| out.drift.unknown(name));
        row.nested_unknown().for_each(|name| out.drift.unknown(name));
        row.former_names(plan).for_each(|name| out.drift.again(name));
    }
    out.count_operation(rows.operation(plan, row));
}

/// Decodes a row of texts that bronze kept as JSON.
///
/// # Errors
/// Why it cannot become an event.
pub(crate) fn decode_record(
    plan: &Plan,
    rows: &dyn TextRows,
    out: &mut Collector,
    at: RowRef,
    record: &str,
) -> Result<(), RecordError> {
    decode_members(plan, rows, out, at, (record, record), false)
}

/// Decodes a row of JSON that is in `record`, which bronze keeps.
///
/// # Errors
/// Why it cannot become an event.
pub(crate) fn decode_record_of(
    plan: &Plan,
    rows: &dyn TextRows,
    out: &mut Collector,
    at: RowRef,
    json: &str,
    record: &str,
) -> Result<(), RecordError> {
    decode_members(plan, rows, out, at, (json, record), false)
}

/// Decodes a row whose values are of JSON: in a column of `json` a text stays in its quotes.
///
/// # Errors
/// Why it cannot become an event.
pub(crate) fn decode_json_record(
    plan: &Plan,
    rows: &dyn TextRows,
    out: &mut Collector,
    at: RowRef,
    record: &str,
) -> Result<(), RecordError> {
    decode_members(plan, rows, out, at, (record, record), true)
}

fn decode_members(
    plan: &Plan,
    rows: &dyn TextRows,
    out: &mut Collector,
    at: RowRef,
    (json, record): (&str, &str),
    is_json: bool,
) -> Result<(), RecordError> {
    let mut row = Row::of_columns(plan);
    let mut unknown = Vec::new();
    let whole = each_member(json, |name, raw| {
        let target = plan.target(&name);
        row.set(plan, &name, target, value_of(plan, target, raw, is_json));
        set_inside(plan, &mut row, &name, raw);
        if target == Target::Unknown {
            unknown.push(name);
        }
    });
    if !whole {
        return Err(RecordError::new(ReasonCode::BadEnvelope, "not a JSON object"));
    }
    open_nested(plan, rows, &mut row);
    count(plan, rows, out, &row, unknown.iter().map(AsRef::as_ref));
    let (event, order) = event(plan, rows, at, &row, &mut out.drift, record.to_owned())?;
    rows.keep(plan, out, &row, event)?;
    order.into_iter().for_each(|words| out.orders.note(words));
    Ok(())
}

/// Room for the JSON of a row, so that most do not move while they grow.
const RECORD_BYTES: usize = 192;

/// A JSON value as a text.
fn text_value(raw: &str) -> TextValue<'_> {
    (raw != "null").then(|| string(raw).unwrap_or(Cow::Borrowed(raw)))
}

/// The text of a JSON value in a column; as JSON where the column has it and the value is no text of another format.
fn value_of<'a>(plan: &Plan, target: Target, raw: &'a str, is_json: bool) -> TextValue<'a> {
    if is_json && raw != "null" {
        let data_type = match target {
            Target::Column { position, .. } => plan.contract.columns.get(position).map(|column| &column.data_type),
            _ => None,
        };
        if data_type == Some(&ColumnType::Json) || raw.starts_with(['{', '[']) {
            return Some(Cow::Owned(compact(raw)));
        }
    }
    text_value(raw)
}

/// Sets the columns that are parts of the nested member `name`, whose value is `json` or a text that is JSON.
pub(crate) fn set_inside<'a>(plan: &Plan, row: &mut Row<TextValue<'a>>, name: &str, json: &'a str) {
    for (path, position) in plan.inside(name) {
        let target = Target::Column { position: *position, rank: 0 };
        if json.starts_with('"') {
            // CSV has nested values as texts.
            let text = string(json).unwrap_or_default();
            if let Some(inner) = inside(&text, path) {
                let value = value_of(plan, target, inner, true).map(|value| Cow::Owned(value.into_owned()));
                row.set(plan, name, target, value);
            }
        } else if let Some(inner) = inside(json, path) {
            row.set(plan, name, target, value_of(plan, target, inner, true));
        }
    }
}

/// A row as JSON, for bronze: names and texts in the order of the file.
pub(crate) fn record<'v>(values: impl Iterator<Item = (&'v str, Option<&'v str>)>) -> String {
    let mut json = String::with_capacity(RECORD_BYTES);
    json.push('{');
    for (name, value) in values {
        if json.len() > 1 {
            json.push(',');
        }
        push_string(&mut json, name);
        json.push(':');
        match value {
            Some(text) => push_string(&mut json, text),
            None => json.push_str("null"),
        }
    }
    json.push('}');
    json
}

fn push_string(json: &mut String, text: &str) {
    // What JSON writes with a backslash.
    let is_escaped = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    // Without a way out of the loop several bytes are looked at at once.
    if !text.bytes().fold(false, |found, byte| found | is_escaped(byte)) {
        json.push('"');
        json.push_str(text);
        json.push('"');
        return;
    }
    match serde_json::to_string(text) {
        Ok(quoted) => json.push_str(&quoted),
        Err(_) => json.push_str("null"),
    }
}
