//! Row images: members with JSON values.

use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::names::{RowName, Target};
use crate::row::column_value;
use crate::row::values::Row;
use crate::text::json_fields::{compact, each_member, inside, not_null, string};
use crate::value::encoding::Encoding;
use crate::value::json::Values;
use crate::value::nested::nested_cell;
use sluice_change::{Cell, CellError, DAY_MICROS, ReasonCode, TIMESTAMP_INFINITY, is_json};
use sluice_contract::ColumnType;
use std::borrow::Cow;

/// Reads a row image. Columns of one that is refused are not counted as new ones.
///
/// # Errors
/// `BAD_ENVELOPE` if it is not an object, `TOO_MANY_COLUMNS`.
pub(crate) fn read_row<'a>(plan: &Plan, out: &mut Collector, image: &'a str) -> Result<Row<&'a str>, RecordError> {
    read_row_without(plan, out, image, |_, _| false)
}

/// As [`read_row`], without the members for which `is_none` holds, by their name and raw value.
///
/// # Errors
/// As [`read_row`].
pub(crate) fn read_row_without<'a>(
    plan: &Plan,
    out: &mut Collector,
    image: &'a str,
    is_none: impl Fn(&str, &str) -> bool,
) -> Result<Row<&'a str>, RecordError> {
    let mut row = Row::new(plan);
    let mut unknown = Vec::new();
    let whole = each_member(image, |name, raw| {
        if is_none(&name, raw) {
            return;
        }
        let target = plan.target(&name);
        row.set(plan, &name, target, raw);
        for (path, position) in plan.inside(&name) {
            if let Some(inner) = inside(raw, path) {
                row.set(plan, &name, Target::Column { position: *position, rank: 0 }, inner);
            }
        }
        if target == Target::Unknown {
            unknown.push(name);
        }
    });
    if !whole {
        return Err(RecordError::new(ReasonCode::BadEnvelope, "the row is not a JSON object"));
    }
    row.check_columns(plan)?;
    unknown.iter().for_each(|name| out.drift.unknown(name));
    row.former_names(plan).for_each(|name| out.drift.again(name));
    Ok(row)
}

/// The columns of the contract in a row image that is beside the row, without counting anything; nothing if it is no
/// object.
pub(crate) fn columns_of<'a>(plan: &Plan, image: &'a str) -> Row<&'a str> {
    let mut row = Row::new(plan);
    each_member(image, |name, raw| {
        let target = plan.target(&name);
        if plan.columns_of(&name).next().is_some() {
            row.set(plan, &name, target, raw);
        }
    });
    row
}

/// Whether the key columns that an image has are those of a row, letter by letter.
pub(crate) fn has_key_of(plan: &Plan, image: &str, row: &Row<&str>) -> bool {
    let mut same = true;
    each_member(image, |name, raw| {
        if let Some(position) = plan.key_column(&name) {
            same &= row.column(position) == Some(&raw);
        }
    });
    same
}

/// The key columns that an image beside the row provides, read with `read`.
///
/// # Errors
/// What `read` says of a value.
pub(crate) fn key_cells<'a>(
    plan: &Plan,
    image: &Row<&'a str>,
    read: impl Fn(usize, &ColumnType, &'a str) -> Result<Cell<'a>, CellError>,
) -> Result<Vec<(usize, Cell<'a>)>, RecordError> {
    let mut cells = Vec::new();
    for position in plan.contract.key_positions() {
        let Some(column) = plan.contract.columns.get(position) else { continue };
        let Some(raw) = image.column(position) else { continue };
        let fetch = |data_type: &ColumnType| read(position, data_type, raw).map(Some);
        match column_value::cell(plan, position, column, &column.data_type, fetch) {
            Ok(None | Some(Cell::Null | Cell::Absent)) => {}
            Ok(Some(cell)) => cells.push((position, cell)),
            Err(error) => return Err(RecordError::of_cell(&column.name, error)),
        }
    }
    Ok(cells)
}

/// The cell of a value in a column of `data_type`, written as `encoding` says or by the defaults of Debezium.
///
/// # Errors
/// When the value is not of the type.
pub(crate) fn encoded_cell<'a>(
    plan: &Plan,
    encoding: &Encoding,
    raw: &'a str,
    position: usize,
    data_type: &ColumnType,
) -> Result<Cell<'a>, CellError> {
    let values = Values {
        decimals: plan.source.decimals,
        reading: &plan.reading,
        unit: plan.unit(position),
        is_length: plan.length_unit(position).is_some(),
        unavailable: &plan.unavailable,
    };
    values.cell(data_type, encoding, raw)
}

/// The cell of a value that is written as JSON and texts of people have it: a number is a date or time only with the
/// unit that the contract says, a decimal is its digits, as a number or as a text.
///
/// # Errors
/// When the value is not of the type.
pub(crate) fn plain_cell<'a>(
    plan: &Plan,
    raw: &'a str,
    position: usize,
    data_type: &ColumnType,
) -> Result<Cell<'a>, CellError> {
    let is_number = raw.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    match data_type {
        _ if data_type.is_nested() => {
            let unit = plan.unit(position);
            let raw = string(raw).unwrap_or(Cow::Borrowed(raw));
            nested_cell(data_type, &raw, &|of, text| plan.reading.cell(of, unit, text).map(Cell::into_owned))
        }
        ColumnType::Date | ColumnType::Time | ColumnType::Timestamp | ColumnType::TimestampNtz if is_number => {
            plan.reading.cell(data_type, plan.unit(position), raw).map(Cell::into_owned)
        }
        ColumnType::Array(_) => {
            encoded_cell(plan, &Encoding::Array(Box::new(Encoding::Text)), raw, position, data_type)
        }
        _ => encoded_cell(plan, &Encoding::Text, raw, position, data_type),
    }
}

/// The cell of a value in a column of `json`, where records have such values in their place and not as texts: a text that is
/// JSON by itself stays one, any other is a JSON string.
pub(crate) fn inline_json(raw: &str) -> Cell<'_> {
    match string(raw) {
        _ if raw == "null" => Cell::Null,
        Some(text) if is_json(&text) => Cell::Text(text),
        _ => Cell::Text(compact(raw).into()),
    }
}

/// A member of the row as text, null left out.
pub(crate) fn row_text<'a>(row: &Row<&'a str>, name: RowName) -> Option<Cow<'a, str>> {
    not_null(row.get(name).copied()).map(plain_text)
}

/// The text of a JSON string, or the digits of anything else.
pub(crate) fn plain_text(raw: &str) -> Cow<'_, str> {
    string(raw).unwrap_or(Cow::Borrowed(raw))
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
        && let Some(raw) = row.column(position)
    {
        let encoding = encodings.get(position).unwrap_or(&Encoding::Unsaid);
        let fetch = |data_type: &ColumnType| encoded_cell(plan, encoding, raw, position, data_type).map(Some);
        if let Some(made) = column_value::position_text(plan, position, fetch) {
            return made.map(Cow::Owned);
        }
    }
    if let RowName::Column(position) = name
        && let Some(column) = plan.contract.columns.get(position)
        && let Some(raw) = row.column(position)
        && let encoding = encodings.get(position).unwrap_or(&Encoding::Unsaid)
        && let Ok(Cell::Int(value)) = encoded_cell(plan, encoding, raw, position, &column.data_type)
    {
        let micros = match column.data_type {
            ColumnType::Timestamp | ColumnType::TimestampNtz => Some(value),
            ColumnType::Date => Some(value.saturating_mul(DAY_MICROS)),
            _ => None,
        };
        match micros {
            // Not a number that others could follow.
            Some(TIMESTAMP_INFINITY) => return Some("infinity".into()),
            Some(micros) => return Some(micros.to_string().into()),
            None => {}
        }
    }
    row_text(row, name)
}
