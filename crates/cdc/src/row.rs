//! The values of one row, sorted by what they are for, and the cells they become.

use crate::outcome::drift::Drift;
use crate::outcome::record_error::Fault;
use crate::plan::{FOLDED, Plan, RowName, Target};
use sluice_change::{Cell, CellError, Op, ReasonCode};
use sluice_contract::ColumnType;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A value of a row as delivered.
pub(crate) trait Delivered {
    /// It as JSON; `None` for null.
    fn json(&self) -> Option<Cow<'_, str>>;
    /// Its text, for hashing; `None` for null.
    fn text(&self) -> Option<&str>;
}

impl Delivered for &str {
    fn json(&self) -> Option<Cow<'_, str>> {
        self.text().map(Cow::Borrowed)
    }

    fn text(&self) -> Option<&str> {
        (*self != "null").then_some(*self)
    }
}

impl Delivered for Option<Cow<'_, str>> {
    fn json(&self) -> Option<Cow<'_, str>> {
        self.as_deref().and_then(|text| serde_json::to_string(text).ok()).map(Cow::Owned)
    }

    fn text(&self) -> Option<&str> {
        self.as_deref()
    }
}

/// The values of one row as delivered.
#[derive(Debug)]
pub(crate) struct Row<V> {
    columns: Vec<Option<(usize, V)>>,
    extras: Vec<Option<V>>,
    /// Columns that the contract does not know, as JSON, where they are kept in silver.
    unknown: BTreeMap<String, String>,
    /// A column that two names of the record stand for that differ in upper and lower case only.
    clash: Option<usize>,
    content: blake3::Hasher,
}

impl<V: Delivered> Row<V> {
    pub(crate) fn new(plan: &Plan) -> Self {
        let empty = |count| std::iter::repeat_with(|| None).take(count).collect();
        Self {
            columns: std::iter::repeat_with(|| None).take(plan.contract.columns.len()).collect(),
            extras: empty(plan.extras.len()),
            unknown: BTreeMap::new(),
            clash: None,
            content: blake3::Hasher::new(),
        }
    }

    /// Keeps a value. Of several names of one column the newest holds, of repeated names the last value.
    pub(crate) fn set(&mut self, plan: &Plan, name: &str, target: Target, value: V) {
        if plan.is_content(target) {
            match value.text() {
                Some(text) => self.content.update(&(text.len() as u64 + 1).to_le_bytes()).update(text.as_bytes()),
                None => self.content.update(&0_u64.to_le_bytes()),
            };
        }
        match target {
            Target::Column { position, rank } => {
                if let Some(place) = self.columns.get_mut(position) {
                    let kept = place.as_ref().map(|(kept, _)| *kept);
                    if kept.is_some_and(|kept| kept == FOLDED || rank == FOLDED) {
                        self.clash = Some(position);
                    }
                    if kept.is_none_or(|kept| rank <= kept) {
                        *place = Some((rank, value));
                    }
                }
            }
            Target::Extra(position) => {
                if let Some(place) = self.extras.get_mut(position) {
                    *place = Some(value);
                }
            }
            Target::Unknown if plan.rescued.is_some() => {
                if let Some(json) = value.json() {
                    self.unknown.insert(name.to_owned(), json.into_owned());
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

    /// Hash of the values as delivered, in their order. The same for every copy of an event, whatever
    /// the contract knows of it.
    pub(crate) fn content(&self) -> u64 {
        let mut head = [0; 8];
        head.copy_from_slice(self.content.finalize().as_bytes().first_chunk().unwrap_or(&[0; 8]));
        u64::from_be_bytes(head)
    }
}

/// The cells of an event, one per column of the contract. `fetch` gives the cell of a column as a
/// type, or `None` where the row does not have it: then the declared default holds, because the row
/// is of before the column existed (PostgreSQL sends no events for `ALTER TABLE`). `told` is the
/// record's own list of the columns it tells (`update_columns`), if it has one; the others are absent.
///
/// # Errors
/// `MISSING_KEY`, `NULL_IN_REQUIRED`, `INCOMPATIBLE_CHANGE`, and what `fetch` says.
pub(crate) fn cells<'a, V: Delivered>(
    plan: &Plan,
    op: Op,
    told: Option<&str>,
    row: &Row<V>,
    drift: &mut Drift,
    fetch: impl Fn(usize, &ColumnType) -> Result<Option<Cell<'a>>, CellError>,
) -> Result<Vec<Cell<'a>>, Fault> {
    let columns = &plan.contract.columns;
    if op == Op::Truncate {
        return Ok(vec![Cell::Null; columns.len()]);
    }
    let told = told.filter(|_| op.is_upsert()).map(|list| told_columns(plan, list));
    if let Some(column) = row.clash.and_then(|position| columns.get(position)) {
        let detail = "two columns of the record have this name but for upper and lower case";
        return Err(Fault::of(&column.name, ReasonCode::IncompatibleChange, detail));
    }
    let mut rescued: BTreeMap<&str, Cow<'_, str>> =
        row.unknown.iter().map(|(name, json)| (name.as_str(), Cow::Borrowed(json.as_str()))).collect();
    let mut cells = Vec::with_capacity(columns.len());
    for (position, column) in columns.iter().enumerate() {
        let is_key = plan.is_key.get(position).copied().unwrap_or(false);
        if Some(position) == plan.rescued && op != Op::Delete {
            cells.push(rescued_text(&rescued).map_or(Cell::Null, |text| Cell::Text(text.into())));
            continue;
        }
        if !is_key && (op == Op::Delete || column.is_system()) {
            cells.push(Cell::Null);
            continue;
        }
        if !is_key && told.as_ref().is_some_and(|told| !told.contains(&position)) {
            cells.push(Cell::Absent);
            continue;
        }
        let fetched = match fetch(position, &column.data_type) {
            Ok(fetched) => fetched,
            Err(error) => {
                if plan.widens {
                    drift.widen(
                        column,
                        |wider| matches!(fetch(position, wider), Ok(Some(_))),
                        || match fetch(position, &ColumnType::Numeric) {
                            Ok(Some(Cell::Text(digits))) => Some(digits.into_owned()),
                            _ => None,
                        },
                    );
                }
                let json = row.column(position).and_then(Delivered::json);
                match json.filter(|_| plan.rescued.is_some() && plan.rescues_values && !column.required) {
                    Some(json) if !is_key => {
                        rescued.insert(&column.name, json);
                        Some(Cell::Null)
                    }
                    _ => return Err(Fault::of_cell(&column.name, error)),
                }
            }
        };
        let cell = match fetched {
            None | Some(Cell::Null | Cell::Absent) if is_key => {
                return Err(Fault::of(&column.name, ReasonCode::MissingKey, "the key is null or missing"));
            }
            None => {
                if !column.removed && !column.discovered && column.default.is_none() {
                    drift.missing(&column.name);
                }
                plan.defaults.get(position).cloned().flatten().unwrap_or(Cell::Null)
            }
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
        Err(_) => list.trim_matches(['{', '}']).split(',').filter_map(position).collect(),
    }
}

fn rescued_text(rescued: &BTreeMap<&str, Cow<'_, str>>) -> Option<String> {
    if rescued.is_empty() {
        return None;
    }
    let members = rescued.iter().map(|(name, json)| format!("{}:{json}", serde_json::Value::from(*name)));
    Some(format!("{{{}}}", members.collect::<Vec<_>>().join(",")))
}
