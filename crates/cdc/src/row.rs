//! The values of one row, sorted by what they are for, and the cells they become.

use crate::fault::Fault;
use crate::plan::{Plan, RowName, Target};
use sluice_change::{Cell, CellError, Op, ReasonCode};

/// The values of one row as delivered.
#[derive(Debug)]
pub(crate) struct Row<V> {
    columns: Vec<Option<(usize, V)>>,
    extras: Vec<Option<V>>,
}

impl<V> Row<V> {
    pub(crate) fn new(plan: &Plan) -> Self {
        let empty = |count| std::iter::repeat_with(|| None).take(count).collect();
        Self {
            columns: std::iter::repeat_with(|| None).take(plan.contract.columns.len()).collect(),
            extras: empty(plan.extras.len()),
        }
    }

    /// Keeps a value. Of several names of one column the newest holds, of repeated names the last value.
    pub(crate) fn set(&mut self, target: Target, value: V) {
        match target {
            Target::Column { position, rank } => {
                if let Some(place) = self.columns.get_mut(position)
                    && place.as_ref().is_none_or(|(kept, _)| rank <= *kept)
                {
                    *place = Some((rank, value));
                }
            }
            Target::Extra(position) => {
                if let Some(place) = self.extras.get_mut(position) {
                    *place = Some(value);
                }
            }
            Target::Meta | Target::Unknown => {}
        }
    }

    /// The value of a column.
    pub(crate) fn column(&self, position: usize) -> Option<&V> {
        self.columns.get(position)?.as_ref().map(|(_, value)| value)
    }

    /// The value of a member.
    pub(crate) fn get(&self, name: RowName) -> Option<&V> {
        match name {
            RowName::Column(position) => self.column(position),
            RowName::Extra(position) => self.extras.get(position)?.as_ref(),
        }
    }
}

/// The cells of an event, one per column of the contract. `fetch` gives the cell of a column, or
/// `None` where the row does not have it: then the declared default holds, because the row is of
/// before the column existed (PostgreSQL sends no events for `ALTER TABLE`). `told` is the record's
/// own list of the columns it tells (`update_columns`), if it has one; the others are absent.
///
/// # Errors
/// `MISSING_KEY`, `NULL_IN_REQUIRED`, and what `fetch` says.
pub(crate) fn cells<'a>(
    plan: &Plan,
    op: Op,
    told: Option<&str>,
    mut fetch: impl FnMut(usize) -> Result<Option<Cell<'a>>, CellError>,
) -> Result<Vec<Cell<'a>>, Fault> {
    let columns = &plan.contract.columns;
    if op == Op::Truncate {
        return Ok(vec![Cell::Null; columns.len()]);
    }
    let told = told.filter(|_| op.is_upsert()).map(|list| told_columns(plan, list));
    let mut cells = Vec::with_capacity(columns.len());
    for (position, column) in columns.iter().enumerate() {
        let is_key = plan.is_key.get(position).copied().unwrap_or(false);
        if !is_key && (op == Op::Delete || column.is_system()) {
            cells.push(Cell::Null);
            continue;
        }
        if !is_key && told.as_ref().is_some_and(|told| !told.contains(&position)) {
            cells.push(Cell::Absent);
            continue;
        }
        let fetched = fetch(position).map_err(|error| Fault::of_cell(&column.name, error))?;
        let cell = match fetched {
            None | Some(Cell::Null | Cell::Absent) if is_key => {
                return Err(Fault::of(&column.name, ReasonCode::MissingKey, "the key is null or missing"));
            }
            None => plan.defaults.get(position).cloned().flatten().unwrap_or(Cell::Null),
            Some(cell) => cell,
        };
        if column.required && cell == Cell::Null && !plan.contract.apply.ignores_null(&column.name) {
            return Err(Fault::of(&column.name, ReasonCode::NullInRequired, "the column is required"));
        }
        cells.push(cell);
    }
    Ok(cells)
}

/// Positions of the columns in a list: a JSON array of names, or names between commas. Names that the
/// contract does not know are left out.
fn told_columns(plan: &Plan, list: &str) -> Vec<usize> {
    let position = |name: &str| match plan.target(name.trim()) {
        Target::Column { position, .. } => Some(position),
        _ => None,
    };
    match serde_json::from_str::<Vec<String>>(list) {
        Ok(names) => names.iter().filter_map(|name| position(name)).collect(),
        Err(_) => list.trim_matches(['{', '}']).split(',').filter_map(|name| position(name)).collect(),
    }
}
