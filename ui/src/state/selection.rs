//! The one thing that is selected in the whole window.

use super::KeyValues;
use serde::{Deserialize, Serialize};
use sluice_api::{TableName, TableRef};

/// What the inspector shows and what commands act on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Selection {
    /// Nothing.
    #[default]
    None,
    /// A table.
    Table {
        /// Which.
        table: TableRef,
    },
    /// A version of a table.
    Version {
        /// Table.
        table: TableRef,
        /// Version.
        version: u64,
    },
    /// A batch of a table.
    Batch {
        /// Table.
        table: TableName,
        /// Number.
        batch: u64,
    },
    /// A column.
    Column {
        /// Table.
        table: TableRef,
        /// Name.
        column: String,
    },
    /// A check.
    Check {
        /// Table.
        table: TableName,
        /// Position in the list.
        check: u32,
    },
    /// A row of a result shown for a table.
    Row {
        /// Table.
        table: TableRef,
        /// Row number, from 0.
        row: u64,
        /// Its key; empty while its page is not here, and where the table has none.
        #[serde(default, skip_serializing)]
        key: KeyValues,
    },
    /// A changed row of a diff.
    Change {
        /// Table.
        table: TableRef,
        /// Version before.
        from: u64,
        /// Version after.
        to: u64,
        /// Row number in the diff, from 0.
        row: u64,
        /// Key of the row; empty while its page is not here.
        #[serde(default, skip_serializing)]
        key: KeyValues,
    },
    /// A quarantine reason of a table.
    Reason {
        /// Table.
        table: TableName,
        /// Code in capitals.
        reason: String,
    },
}

impl Selection {
    /// The table that the selection is in, silver where only a name is known.
    #[must_use]
    pub fn table(&self) -> Option<TableRef> {
        let silver = |name: &TableName| TableRef { layer: sluice_api::Layer::Silver, name: name.clone() };
        match self {
            Self::None => None,
            Self::Table { table }
            | Self::Version { table, .. }
            | Self::Column { table, .. }
            | Self::Row { table, .. }
            | Self::Change { table, .. } => Some(table.clone()),
            Self::Batch { table, .. } | Self::Check { table, .. } | Self::Reason { table, .. } => Some(silver(table)),
        }
    }

    /// The key of the selected row, if a row is selected and its key known.
    #[must_use]
    pub fn row_key(&self) -> Option<&KeyValues> {
        match self {
            Self::Row { key, .. } | Self::Change { key, .. } => Some(key).filter(|key| !key.is_empty()),
            Self::None
            | Self::Table { .. }
            | Self::Version { .. }
            | Self::Batch { .. }
            | Self::Column { .. }
            | Self::Check { .. }
            | Self::Reason { .. } => None,
        }
    }
}
