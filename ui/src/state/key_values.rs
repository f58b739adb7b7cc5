//! The key of one row, as text.

use crate::cell::masked;
use serde::{Deserialize, Serialize};

/// Name and value of each key column.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeyValues {
    /// Columns in the order of the table, with their values as the grid shows them.
    pub columns: Vec<(String, String)>,
    /// A column holds personal data: the values are masked on screen and never saved.
    pub is_personal: bool,
}

impl KeyValues {
    /// Whether no row is named yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Whether it is kept out of the saved session: it names no row, or a person.
    #[must_use]
    pub fn is_not_saved(&self) -> bool {
        self.is_empty() || self.is_personal
    }

    /// Values as shown, `1204391` or `7, 2`.
    #[must_use]
    pub fn values(&self) -> String {
        let shown = self.columns.iter().map(|(_, value)| self.shown(value));
        shown.collect::<Vec<_>>().join(", ")
    }

    /// Names and values as shown, `order_id = 1204391`.
    #[must_use]
    pub fn text(&self) -> String {
        let shown = self.columns.iter().map(|(name, value)| format!("{name} = {}", self.shown(value)));
        shown.collect::<Vec<_>>().join(", ")
    }

    fn shown(&self, value: &str) -> String {
        if self.is_personal { masked(value) } else { value.to_owned() }
    }
}
