//! Row images of Debezium: members with JSON values, written as a schema says or by Debezium's defaults.

use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::names::{RowName, Target};
use crate::row::values::Row;
use crate::text::json_fields::{each_member, not_null, string};
use crate::value::encoding::Encoding;
use crate::value::json::Values;
use sluice_change::{Cell, CellError, DAY_MICROS, ReasonCode};
use sluice_contract::ColumnType;
use std::borrow::Cow;

/// Reads a row image. Columns of one that is refused are not counted as new ones.
///
/// # Errors
/// `BAD_ENVELOPE` if it is not an object, `TOO_MANY_COLUMNS`.
pub(crate) fn read_row<'a>(plan: &Plan, out: &mut Collector, image: &'a str) -> Result<Row<&'a str>, RecordError> {
    let mut row = Row::new(plan);
    let mut unknown = Vec::new();
    let whole = each_member(image, |name, raw| {
        let target = plan.target(&name);
        row.set(plan, &name, target, raw);
        if target == Target::Unknown {
            unknown.push(name);
        }
    });
    if !whole {
        return Err(RecordError::new(ReasonCode::BadEnvelope, "the row is not a JSON object"));
    }
    row.check_columns(plan)?;
    unknown.iter().for_each(|name| out.drift.unknown(name));
    Ok(row)
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

/// The key columns of a row image.
pub(crate) fn key_row<'a>(plan: &Plan, image: &'a str) -> Row<&'a str> {
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

/// The cell of a column as a type; `None` if the row does not have it.
pub(crate) fn cell<'a>(
    plan: &Plan,
    encodings: &[Encoding],
    row: &Row<&'a str>,
    position: usize,
    data_type: &ColumnType,
) -> Result<Option<Cell<'a>>, CellError> {
    let Some(raw) = row.column(position) else { return Ok(None) };
    let values = Values {
        decimals: plan.source.decimals,
        reading: &plan.reading,
        unit: plan.unit(position),
        unavailable: &plan.unavailable,
    };
    let encoding = encodings.get(position).unwrap_or(&Encoding::Unsaid);
    values.cell(data_type, encoding, raw).map(Some)
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
        && let Some(column) = plan.contract.columns.get(position)
        && let Ok(Some(Cell::Int(value))) = cell(plan, encodings, row, position, &column.data_type)
    {
        match column.data_type {
            ColumnType::Timestamp | ColumnType::TimestampNtz => return Some(value.to_string().into()),
            ColumnType::Date => return Some(value.saturating_mul(DAY_MICROS).to_string().into()),
            _ => {}
        }
    }
    row_text(row, name)
}
