//! The cells that the values of a row become.

use super::column_value;
use super::values::{Clash, Delivered, Row};
use crate::outcome::drift::Drift;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use sluice_change::{Cell, CellError, Op, ReasonCode, RowRef};
use sluice_contract::{Column, ColumnType};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The cells of an event, one per column of the contract. `fetch` gives the cell of a column as a
/// type, or `None` where the row does not have it: then the declared default holds, because the row
/// is of before the column existed (PostgreSQL sends no events for `ALTER TABLE`). `provided` is the
/// record's own list of the columns it provides (`update_columns`), if it has one; the others are absent. `at`: in which
/// file the record is, whose folders may say what it does not have.
///
/// # Errors
/// `MISSING_KEY`, `NULL_IN_REQUIRED`, `INCOMPATIBLE_CHANGE`, `UNDECIDED_KEEP`, `CHECK_FAILED` and what `fetch` says, of
/// all columns.
pub(crate) fn cells<'a, V: Delivered>(
    plan: &Plan,
    (at, op): (RowRef, Op),
    provided: Option<&str>,
    row: &Row<V>,
    drift: &mut Drift,
    fetch: impl Fn(usize, &ColumnType) -> Result<Option<Cell<'a>>, CellError>,
) -> Result<Vec<Cell<'a>>, RecordError> {
    let columns = &plan.contract.columns;
    if op == Op::Truncate && plan.contract.has_several_sources() {
        let detail =
            "a truncate of one of several sources would empty the table for all; let the source delete its rows";
        return Err(RecordError::new(ReasonCode::SourceTruncated, detail));
    }
    if op == Op::Truncate {
        return Ok(vec![Cell::Null; columns.len()]);
    }
    if let Some(Clash { name, in_case }) = row.clash() {
        let detail = match in_case {
            true => {
                "two columns of the record have this name and differ in case, or in how accents are written (NFC, NFD), only"
            }
            false => "two columns of the record have this name",
        };
        return Err(RecordError::of(name, ReasonCode::IncompatibleChange, detail));
    }
    let mut reader = CellReader {
        plan,
        at,
        op,
        provided: provided.filter(|_| op.is_upsert()).map(|list| provided_columns(plan, list)),
        row,
        drift,
        fetch,
        rescued: row.unknown().map(|(name, json)| (name, Cow::Borrowed(json))).collect(),
        has_failed: false,
    };
    let mut cells = Vec::with_capacity(columns.len());
    let mut errors = Vec::new();
    for (position, column) in columns.iter().enumerate() {
        match reader.cell(position, column) {
            Ok(cell) => cells.push(cell),
            Err(error) => {
                errors.push(error);
                reader.has_failed = true;
                // Nothing is known of it, so nothing is asked of it below.
                cells.push(Cell::Absent);
            }
        }
    }
    if op.is_upsert() {
        judge(plan, &cells, errors)?;
    } else if let Some(error) = RecordError::of_all(errors, std::iter::empty()) {
        return Err(error);
    }
    Ok(cells)
}

/// Asks of a row what the contract asks of one that is to be in silver. `errors`: what is wrong with its values.
///
/// # Errors
/// Everything that is wrong with it.
fn judge(plan: &Plan, cells: &[Cell<'_>], mut errors: Vec<RecordError>) -> Result<(), RecordError> {
    let lacks = plan.keep.as_ref().filter(|_| errors.is_empty()).and_then(|keep| keep.lacks(cells));
    if let Some(position) = lacks {
        let name = plan.contract.columns.get(position).map_or("", |column| column.name.as_str());
        let detail = "apply.keep reads the column and the event does not provide it; let the source send whole rows \
                      (PostgreSQL: REPLICA IDENTITY FULL)";
        errors.push(RecordError::of(name, ReasonCode::UndecidedKeep, detail));
    }
    // What the contract leaves out is no row of silver.
    let is_kept = plan.keep.as_ref().is_none_or(|keep| keep.keeps(cells));
    let failed = is_kept.then(|| plan.checks.failed(cells)).into_iter().flatten();
    RecordError::of_all(errors, failed).map_or(Ok(()), Err)
}

struct CellReader<'r, V, F> {
    plan: &'r Plan,
    at: RowRef,
    op: Op,
    /// Positions of the columns that the record provides, if it lists them.
    provided: Option<Vec<usize>>,
    row: &'r Row<V>,
    drift: &'r mut Drift,
    fetch: F,
    /// Members of `_rescued`, as JSON.
    rescued: BTreeMap<&'r str, Cow<'r, str>>,
    /// The record goes to quarantine: what its other columns show is no matter of the schema.
    has_failed: bool,
}

impl<'a, 'r, V: Delivered, F: Fn(usize, &ColumnType) -> Result<Option<Cell<'a>>, CellError>> CellReader<'r, V, F> {
    fn cell(&mut self, position: usize, column: &'r Column) -> Result<Cell<'a>, RecordError> {
        let is_key = self.plan.is_key.get(position).copied().unwrap_or(false);
        // The column is behind all others, so everything that goes into it is there.
        if Some(position) == self.plan.rescued && self.op != Op::Delete {
            return Ok(rescued_text(&self.rescued).map_or(Cell::Null, |text| Cell::Text(text.into())));
        }
        if !is_key && (self.op == Op::Delete || column.is_system()) {
            return Ok(Cell::Null);
        }
        if let Some(name) = self.plan.source.name.as_ref().filter(|_| column.is_source_name) {
            return Ok(Cell::Text(name.clone().into()));
        }
        let in_folder = self.plan.folder_cell(self.at, position);
        let is_left_out = !is_key && self.provided.as_ref().is_some_and(|provided| !provided.contains(&position));
        if is_left_out && in_folder.is_none() {
            return Ok(Cell::Absent);
        }
        let fetched = match self.fetched(position, column, &column.data_type) {
            _ if is_left_out => None,
            Ok(fetched) => fetched,
            Err(error) => self.misfit(position, column, is_key, error)?,
        };
        let fetched = match in_folder {
            Some(in_folder) => Some(self.beside_folder(position, column, fetched, in_folder)?),
            None => fetched,
        };
        let cell = match fetched {
            None | Some(Cell::Null | Cell::Absent) if is_key => {
                let detail = match &column.from_folder {
                    Some(key) => format!(
                        "the key is null or missing: the record does not have it, and its file lies in no folder {key}=, or in \
                         that of null"
                    ),
                    None => "the key is null or missing".to_owned(),
                };
                return Err(RecordError::of(&column.name, ReasonCode::MissingKey, detail));
            }
            None => {
                if !self.has_failed
                    && !column.removed
                    && !column.discovered
                    && column.since.is_none()
                    && column.default.is_none()
                {
                    self.drift.missing(&column.name);
                }
                self.plan.defaults.get(position).cloned().flatten().unwrap_or(Cell::Null)
            }
            Some(cell) => cell,
        };
        if column.required && cell == Cell::Null && !self.plan.contract.apply.ignores_null(&column.name) {
            return Err(RecordError::of(&column.name, ReasonCode::NullInRequired, "the column is required"));
        }
        Ok(cell)
    }

    /// The cell of a column that a folder says, too: what the record has, which is the same, or that of the folder.
    fn beside_folder(
        &self,
        position: usize,
        column: &Column,
        fetched: Option<Cell<'a>>,
        in_folder: &Result<Cell<'static>, CellError>,
    ) -> Result<Cell<'a>, RecordError> {
        let in_folder = in_folder.clone().map_err(|error| RecordError::of_cell(&column.name, error))?;
        match fetched {
            None | Some(Cell::Absent) => Ok(in_folder),
            // The record has no such member, and its format says null for it.
            Some(Cell::Null) if self.row.column(position).is_none() => Ok(in_folder),
            Some(said) if said == in_folder => Ok(said),
            // Hive and Spark have one folder for nulls and empty texts.
            Some(Cell::Text(said)) if said.is_empty() && in_folder == Cell::Null => Ok(Cell::Text(said)),
            Some(_) => {
                let key = column.from_folder.as_deref().unwrap_or(&column.name);
                let detail = format!(
                    "the record has another value than the folder {key}= of its file; give the column another name, or leave \
                     from_folder out, if both are right"
                );
                Err(RecordError::of(&column.name, ReasonCode::IncompatibleChange, detail))
            }
        }
    }

    fn fetched(&self, position: usize, column: &Column, data_type: &ColumnType) -> Result<Option<Cell<'a>>, CellError> {
        column_value::cell(self.plan, position, column, data_type, |data_type| (self.fetch)(position, data_type))
    }

    /// The cell of a column whose value is not of its type: null where the value goes to `_rescued`.
    fn misfit(
        &mut self,
        position: usize,
        column: &'r Column,
        is_key: bool,
        error: CellError,
    ) -> Result<Option<Cell<'a>>, RecordError> {
        if self.plan.widens && !self.has_failed {
            let (plan, fetch) = (self.plan, &self.fetch);
            let fetched = |data_type: &ColumnType| {
                column_value::cell(plan, position, column, data_type, |data_type| fetch(position, data_type))
            };
            let digits = || match fetched(&ColumnType::Numeric) {
                Ok(Some(Cell::Text(digits))) => Some(digits.into_owned()),
                _ => None,
            };
            self.drift.widen(column, |wider| matches!(fetched(wider), Ok(Some(_))), digits);
        }
        // The value as delivered is what a hash hides.
        let is_hidden = column.from.as_ref().is_some_and(|value| value.keys().next().is_some());
        let may_be_null =
            self.plan.rescued.is_some() && self.plan.rescues_values && !column.required && !is_key && !is_hidden;
        match self.row.column(position).and_then(Delivered::json).filter(|_| may_be_null) {
            Some(json) => {
                self.rescued.insert(&column.name, json);
                Ok(Some(Cell::Null))
            }
            None => Err(RecordError::of_cell(&column.name, error)),
        }
    }
}

/// Positions of the columns in a list: a JSON array of names, or names between commas. Names that the
/// contract does not know are left out.
fn provided_columns(plan: &Plan, list: &str) -> Vec<usize> {
    let positions = |name: &str| {
        let inside = plan.inside(name.trim()).iter().map(|(_, position)| *position);
        plan.columns_of(name.trim()).map(|(_, position)| position).chain(inside).collect::<Vec<_>>()
    };
    match serde_json::from_str::<Vec<String>>(list) {
        Ok(names) => names.iter().flat_map(|name| positions(name)).collect(),
        Err(_) => list.trim_matches(['{', '}']).split(',').flat_map(positions).collect(),
    }
}

fn rescued_text(rescued: &BTreeMap<&str, Cow<'_, str>>) -> Option<String> {
    if rescued.is_empty() {
        return None;
    }
    let members = rescued.iter().map(|(name, json)| format!("{}:{json}", serde_json::Value::from(*name)));
    Some(format!("{{{}}}", members.collect::<Vec<_>>().join(",")))
}
