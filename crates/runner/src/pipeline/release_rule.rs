//! What a draft may not do: write production by contracts that nobody published.
//!
//! A lake with a release has readers who rely on it, and a runner that builds every table back to the release. Tables
//! and models that the draft changes are therefore replayed in a sandbox only. A lake without a release has no such
//! readers, and a sandbox has none at all.

use crate::{ContractSet, RunError};
use sluice_contract::{Effect, TableName};
use sluice_lake::Lake;
use std::collections::BTreeSet;

/// Tables and models of a draft that are not as the release has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unpublished {
    /// The release that is current; `None` if everything may be written.
    pub release: Option<u64>,
    /// Tables.
    pub tables: BTreeSet<TableName>,
    /// Models.
    pub models: BTreeSet<TableName>,
}

impl Unpublished {
    /// Of a lake's draft.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub(crate) async fn of(lake: &Lake, set: &ContractSet) -> Result<Self, RunError> {
        if lake.sandbox().is_some() {
            return Ok(Self::default());
        }
        let (Some(release), changes) = sluice_publish::draft_changes(lake).await? else { return Ok(Self::default()) };
        let models: BTreeSet<&TableName> = set.models.iter().map(|model| &model.name).collect();
        let mut found = Self { release: Some(release), ..Self::default() };
        for change in changes.iter().filter(|change| change.effect > Effect::Metadata) {
            let is_model = models.contains(&change.table) && !set.contracts.contains_key(&change.table);
            let of = if is_model { &mut found.models } else { &mut found.tables };
            of.insert(change.table.clone());
        }
        Ok(found)
    }

    /// Why a table is not written.
    pub(crate) fn refuse(&self, table: &TableName) -> Option<RunError> {
        let release = self.release?;
        let held = self.tables.contains(table) || self.models.contains(table);
        held.then(|| RunError::Unpublished { table: table.clone(), release })
    }
}
