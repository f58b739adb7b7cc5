//! A table as its source defines it.

/// A table as its source defines it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TableDefinition {
    /// Database, schema and table, as far as the text has them, the table last.
    pub(crate) name: Vec<String>,
    pub(crate) columns: Vec<ColumnDefinition>,
    /// Names of the key columns in order; empty if the text has no key.
    pub(crate) key: Vec<String>,
}

/// A column of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnDefinition {
    pub(crate) name: String,
    /// The type as it is written.
    pub(crate) written: String,
    /// The type of the contract that holds its values; `None` for one that is not known.
    pub(crate) data_type: Option<String>,
}

impl TableDefinition {
    /// The column of that name, in any case of letters: databases fold names.
    pub(crate) fn column(&self, name: &str) -> Option<&ColumnDefinition> {
        let exact = self.columns.iter().find(|column| column.name == name);
        exact.or_else(|| self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)))
    }

    /// Whether that is its name.
    pub(super) fn is_named(&self, table: &str) -> bool {
        self.name.last().is_some_and(|name| name.eq_ignore_ascii_case(table))
    }

    /// Whether its schema or database has the name of the dataset.
    pub(super) fn is_in(&self, dataset: &str) -> bool {
        let parts = self.name.iter().rev().skip(1);
        parts.into_iter().any(|part| part.eq_ignore_ascii_case(dataset))
    }
}
