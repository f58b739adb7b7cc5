//! Rows with a column that no event has provided yet.

use arrow::array::{Array, AsArray, RecordBatch};
use sluice_contract::{Column, Contract, MissingBase};
use sluice_engine::COL_SEQ;
use std::collections::{BTreeMap, BTreeSet};

/// Names of columns in one message.
const NAMES_SHOWN: usize = 5;

/// Columns that no event has provided, of rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct MissingColumns {
    rows: u64,
    names: BTreeSet<String>,
    /// The table keeps some rows only.
    beside_keep: bool,
}

impl MissingColumns {
    /// Adds those of other rows of the table.
    pub(crate) fn add(&mut self, more: Self) {
        self.rows += more.rows;
        self.names.extend(more.names);
        self.beside_keep |= more.beside_keep;
    }

    /// With `on_missing_base: hold`, why the rows may not become visible yet.
    pub(crate) fn hold_reason(&self) -> Option<String> {
        if self.rows == 0 {
            return None;
        }
        let Self { rows, names, beside_keep } = self;
        let mut shown = names.iter().take(NAMES_SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        if names.len() > NAMES_SHOWN {
            shown.push_str(&format!(" and {} more", names.len() - NAMES_SHOWN));
        }
        let why = match beside_keep {
            true => {
                ". Events that keep left out said them, and nothing of those is in silver: let the source send whole \
                     rows (PostgreSQL: REPLICA IDENTITY FULL), or write apply.on_missing_base: insert_partial and have null \
                     there"
            }
            false => "",
        };
        Some(format!(
            "MISSING_BASE: {rows} row(s) have columns with no value from any event yet: {shown}; the batch waits for events that provide them (apply.on_missing_base: hold){why}"
        ))
    }
}

/// What new and changed rows lack, where `on_missing_base: hold` asks for it.
///
/// Judged is the table as it would be, not the event: that is a function of all events so far, so the same
/// events end in the same silver, in whatever batches they come. A deleted row of a table with soft deletes
/// may lack columns, its delete provides none.
pub(crate) fn missing_base(contract: &Contract, rows: &RecordBatch) -> MissingColumns {
    let mut missing = MissingColumns { beside_keep: contract.apply.keep.is_some(), ..MissingColumns::default() };
    let seqs = rows.column_by_name(COL_SEQ).and_then(|column| column.as_string_opt::<i32>());
    let Some(seqs) = seqs.filter(|_| contract.apply.missing_base == MissingBase::Hold) else { return missing };
    let deleted = rows.column_by_name(Column::DELETED).and_then(|column| column.as_boolean_opt());
    let is_deleted = |row: usize| deleted.is_some_and(|deleted| deleted.is_valid(row) && deleted.value(row));
    for row in (0..seqs.len()).filter(|row| seqs.is_valid(*row) && !is_deleted(*row)) {
        let Ok(versions) = serde_json::from_str::<BTreeMap<String, Option<String>>>(seqs.value(row)) else { continue };
        let absent: Vec<String> =
            versions.into_iter().filter(|(_, version)| version.is_none()).map(|(name, _)| name).collect();
        missing.rows += u64::from(!absent.is_empty());
        missing.names.extend(absent);
    }
    missing
}
