//! What can be open in the centre.

use crate::design::icon;
use serde::{Deserialize, Serialize};
use sluice_api::{TableName, TableRef};

/// An entry of the rail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Tables and their rows.
    #[default]
    Lake,
    /// Batches.
    Replay,
    /// Two versions.
    Diff,
    /// Checks and quarantine.
    Quality,
    /// Queries.
    Sql,
    /// Releases.
    Publish,
}

impl Place {
    /// In the order of the rail.
    pub const ALL: [Self; 6] = [Self::Lake, Self::Replay, Self::Diff, Self::Quality, Self::Sql, Self::Publish];

    /// The word under the icon.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Lake => "Lake",
            Self::Replay => "Replay",
            Self::Diff => "Diff",
            Self::Quality => "Quality",
            Self::Sql => "SQL",
            Self::Publish => "Publish",
        }
    }

    /// The icon.
    #[must_use]
    pub fn icon(self) -> char {
        match self {
            Self::Lake => icon::WAVES,
            Self::Replay => icon::PLAY_CIRCLE,
            Self::Diff => icon::DIFFERENCE,
            Self::Quality => icon::VERIFIED,
            Self::Sql => icon::TERMINAL,
            Self::Publish => icon::PUBLISH,
        }
    }
}

/// A tab of the centre. Two equal tabs are one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "tab", rename_all = "snake_case")]
pub enum Tab {
    /// A table.
    Table {
        /// Which.
        table: TableRef,
    },
    /// Batches of a table.
    Replay {
        /// Which.
        table: TableName,
    },
    /// A diff; `None` until versions are chosen.
    Diff {
        /// Table.
        table: TableRef,
        /// Versions before and after.
        versions: Option<(u64, u64)>,
    },
    /// Quality of a table.
    Quality {
        /// Which.
        table: TableName,
    },
    /// From change files to contracts.
    Onboard,
    /// A query; its text is in [`super::Workspace::sql`] under the same number.
    Sql {
        /// Number.
        number: u32,
    },
    /// Publishing.
    Publish,
}

impl Tab {
    /// Words on the tab.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::Table { table } => table.to_string(),
            Self::Replay { table } => format!("Replay {table}"),
            Self::Diff { table, versions: Some((from, to)) } => format!("Diff {} v{from} → v{to}", table.name.table),
            Self::Diff { table, versions: None } => format!("Diff {}", table.name.table),
            Self::Quality { table } => format!("Quality {table}"),
            Self::Onboard => "Onboard tables".to_owned(),
            Self::Sql { number } => format!("Query {number}"),
            Self::Publish => "Publish".to_owned(),
        }
    }

    /// The rail entry it belongs to.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::Table { .. } | Self::Onboard => Place::Lake,
            Self::Replay { .. } => Place::Replay,
            Self::Diff { .. } => Place::Diff,
            Self::Quality { .. } => Place::Quality,
            Self::Sql { .. } => Place::Sql,
            Self::Publish => Place::Publish,
        }
    }

    /// Icon on the tab.
    #[must_use]
    pub fn icon(&self) -> char {
        match self {
            Self::Table { .. } => icon::TABLE,
            Self::Onboard => icon::PLAYLIST_ADD,
            Self::Replay { .. } | Self::Diff { .. } | Self::Quality { .. } | Self::Sql { .. } | Self::Publish => {
                self.place().icon()
            }
        }
    }

    /// The table it is about.
    #[must_use]
    pub fn table(&self) -> Option<TableRef> {
        let silver = |name: &TableName| TableRef { layer: sluice_api::Layer::Silver, name: name.clone() };
        match self {
            Self::Table { table } | Self::Diff { table, .. } => Some(table.clone()),
            Self::Replay { table } | Self::Quality { table } => Some(silver(table)),
            Self::Onboard | Self::Sql { .. } | Self::Publish => None,
        }
    }
}
