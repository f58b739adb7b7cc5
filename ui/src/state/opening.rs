//! What a screen finds when it is opened for a table.

use super::{KeyValues, Selection, Store, queries};
use sluice_api::TableRef;
use std::collections::BTreeMap;

/// What the rows of [`super::ScreenKind`] read and change to make their tab.
pub struct Opening<'a> {
    /// Latest views.
    pub store: &'a Store,
    /// What is selected.
    pub selection: &'a Selection,
    /// Texts of queries by number; takes the text of a new one.
    pub queries: &'a mut BTreeMap<u32, String>,
}

impl Opening<'_> {
    /// The two latest versions, if the table is known and has two.
    pub(super) fn latest_versions(&self, table: &TableRef) -> Option<(u64, u64)> {
        let latest = match self.store.table(table, None).value {
            Some(view) => Some(view.version),
            None => {
                let lake = self.store.lake().value?;
                lake.tables.iter().find(|each| each.table == *table)?.version
            }
        }?;
        let before = latest.checked_sub(1)?;
        Some((before, latest))
    }

    /// The key of the selected row, empty unless a row of `table` is selected.
    pub(super) fn selected_key(&self, table: &TableRef) -> KeyValues {
        let selected = self.selection.table().filter(|selected| selected == table);
        selected.and_then(|_| self.selection.row_key()).cloned().unwrap_or_default()
    }

    /// Number of a new query with this text.
    pub(super) fn query(&mut self, text: String) -> u32 {
        queries::add(self.queries, text)
    }
}
