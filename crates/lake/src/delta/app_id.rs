//! Who commits to a table: the application ids of the Delta protocol.

use serde::{Deserialize, Serialize};
use sluice_contract::TableName;
use std::fmt;

/// The application of a transaction. Its numbers only grow, so that a batch is applied once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppId(String);

impl AppId {
    /// The batches of a table in bronze.
    #[must_use]
    pub fn bronze(table: &TableName) -> Self {
        Self(format!("sluice.bronze.{table}"))
    }

    /// The batches of a table in quarantine.
    #[must_use]
    pub fn quarantine(table: &TableName) -> Self {
        Self(format!("sluice.quarantine.{table}"))
    }

    /// What rebuilds of a table put into quarantine.
    #[must_use]
    pub fn quarantine_rebuild(table: &TableName) -> Self {
        Self(format!("sluice.quarantine_rebuild.{table}"))
    }

    /// The batches of a table in silver.
    #[must_use]
    pub fn silver(table: &TableName) -> Self {
        Self(format!("sluice.silver.{table}"))
    }

    /// The rebuilds of a silver table.
    #[must_use]
    pub fn rebuild(table: &TableName) -> Self {
        Self(format!("sluice.rebuild.{table}"))
    }

    /// The batches that were reprocessed into a silver table.
    #[must_use]
    pub fn reprocess(table: &TableName) -> Self {
        Self(format!("sluice.again.{table}"))
    }

    /// The changes of a silver table's columns.
    #[must_use]
    pub fn schema(table: &TableName) -> Self {
        Self(format!("sluice.schema.{table}"))
    }

    /// The results of a gold model.
    #[must_use]
    pub fn gold(model: &TableName) -> Self {
        Self(format!("sluice.gold.{model}"))
    }

    /// The maintenance of a table, which is named with its layer: `silver.shop.orders`.
    #[must_use]
    pub fn maintenance(table: &dyn fmt::Display) -> Self {
        Self(format!("sluice.maintain.{table}"))
    }

    /// What a person accepted of other programs' commits to a table, which is named with its layer.
    #[must_use]
    pub fn adoption(table: &dyn fmt::Display) -> Self {
        Self(format!("sluice.adopt.{table}"))
    }

    /// An application that is none of Sluice's own.
    #[must_use]
    pub fn named(id: &str) -> Self {
        Self(id.to_owned())
    }

    /// Whether an id of a log is one of Sluice's own.
    pub(crate) fn is_own(id: &str) -> bool {
        id.starts_with("sluice.")
    }

    /// The id as the log has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
