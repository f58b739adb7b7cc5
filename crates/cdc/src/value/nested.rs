//! JSON in a column of `struct` or `map`, or of an array of them.

use crate::text::json_fields::{compact, each_member, elements, string};
use sluice_change::{Cell, CellError, ReasonCode};
use sluice_contract::ColumnType;
use std::borrow::Cow;

/// The cell of JSON whose plain values `leaf` reads from their text. A field that the JSON lacks is null; a member that
/// the type does not name is left out.
///
/// # Errors
/// When a value is not of its type; the detail says of which field.
pub(crate) fn nested_cell(
    data_type: &ColumnType,
    raw: &str,
    leaf: &dyn Fn(&ColumnType, &str) -> Result<Cell<'static>, CellError>,
) -> Result<Cell<'static>, CellError> {
    let mismatch = || CellError::mismatch(data_type);
    if raw == "null" {
        return Ok(Cell::Null);
    }
    match data_type {
        ColumnType::Struct(fields) => fields_of(data_type, fields, raw, |_, of, raw| nested_cell(of, raw, leaf)),
        ColumnType::Map(value) => entries_of(data_type, raw, |raw| nested_cell(value, raw, leaf)),
        ColumnType::Array(element) => {
            let raws = elements(raw).ok_or_else(mismatch)?;
            let cells = raws.into_iter().map(|raw| nested_cell(element, raw, leaf));
            cells.collect::<Result<Vec<_>, _>>().map(Cell::List)
        }
        ColumnType::Json => Ok(Cell::Text(compact(raw).into())),
        ColumnType::String if raw.starts_with(['{', '[']) => Ok(Cell::Text(compact(raw).into())),
        _ => leaf(data_type, &string(raw).unwrap_or(Cow::Borrowed(raw))),
    }
}

/// The cells of a struct's fields, which `read` makes of position, type and JSON.
///
/// # Errors
/// As [`nested_cell`].
pub(crate) fn fields_of<'a, 'c>(
    data_type: &ColumnType,
    fields: &[(String, ColumnType)],
    raw: &'a str,
    read: impl Fn(usize, &ColumnType, &'a str) -> Result<Cell<'c>, CellError>,
) -> Result<Cell<'c>, CellError> {
    let mut cells = vec![Cell::Null; fields.len()];
    let mut wrong = None;
    let whole = each_member(raw, |name, raw| {
        let found = fields.iter().enumerate().find(|(_, (of, _))| *of == name);
        let Some((position, (_, data_type))) = found else { return };
        match (read(position, data_type, raw), cells.get_mut(position)) {
            // A placeholder stands for a whole value, never for a part.
            (Ok(Cell::Absent), _) => wrong = wrong.take().or_else(|| Some(CellError::mismatch(data_type))),
            (Ok(cell), Some(place)) => *place = cell,
            (Ok(_), None) => {}
            (Err(error), _) => {
                let CellError { reason, detail } = error;
                wrong = wrong.take().or_else(|| Some(CellError { reason, detail: format!("{detail} in .{name}") }));
            }
        }
    });
    match wrong {
        Some(error) => Err(error),
        None if whole => Ok(Cell::Struct(cells)),
        None => Err(CellError::mismatch(data_type)),
    }
}

/// The cell of a map, whose values `read` makes of JSON. Its keys are in the order of their bytes, so that objects with the
/// same members are the same map.
///
/// # Errors
/// As [`nested_cell`], and when a key occurs twice. Keys are values of the source, so that the detail names none.
pub(crate) fn entries_of<'a, 'c>(
    data_type: &ColumnType,
    raw: &'a str,
    read: impl Fn(&'a str) -> Result<Cell<'c>, CellError>,
) -> Result<Cell<'c>, CellError> {
    let (mut entries, mut wrong) = (Vec::new(), None);
    let whole = each_member(raw, |name, raw| match read(raw) {
        // A placeholder stands for a whole value, never for a part.
        Ok(Cell::Absent) => wrong = wrong.take().or_else(|| Some(CellError::mismatch(data_type))),
        Ok(cell) => entries.push((name.into_owned(), cell)),
        Err(CellError { reason, detail }) => {
            wrong =
                wrong.take().or_else(|| Some(CellError { reason, detail: format!("{detail} in a value of the map") }));
        }
    });
    if !whole {
        return Err(CellError::mismatch(data_type));
    }
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    if entries.windows(2).any(|pair| matches!(pair, [(one, _), (other, _)] if one == other)) {
        let detail =
            format!("expected {data_type}, and a key of the map occurs twice. Correct it in the source, or use json");
        return Err(CellError { reason: ReasonCode::TypeMismatch, detail });
    }
    wrong.map_or(Ok(Cell::Map(entries)), Err)
}
