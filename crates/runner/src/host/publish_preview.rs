//! What a release is previewed to do: the fingerprints of its tables where it was tried.

use super::OpenLake;
use super::publish_beside::reached_by;
use crate::previewed::preview::previewed_tables;
use crate::{ContractSet, RunError};
use sluice_api::{Layer, PlanDocument, Previewed, PublishScope, TableRef};
use sluice_publish::Contents;
use std::collections::BTreeSet;

impl OpenLake {
    /// The plan with what the tables that it changes are in this lake or sandbox; as it is if it has that already, or if
    /// none of them was tried here.
    ///
    /// # Errors
    /// If the tables cannot be read.
    pub(super) async fn with_preview(
        &self,
        contents: &Contents,
        document: PlanDocument,
    ) -> Result<PlanDocument, RunError> {
        if document.previewed.is_some() {
            return Ok(document);
        }
        let set = ContractSet::of(&contents.draft);
        let tables = scope_of(&set, &document);
        let tables = previewed_tables(&self.lake, &set, &tables, &self.fingerprints).await?;
        if tables.is_empty() {
            return Ok(document);
        }
        let sandbox = self.lake.sandbox();
        let previewed = Previewed {
            sandbox: sandbox.map(|sandbox| sandbox.entry.name.clone()),
            place: sandbox.map_or_else(|| self.lake.url().to_owned(), |sandbox| sandbox.entry.place.clone()),
            tables,
        };
        Ok(sluice_publish::sealed(PlanDocument { previewed: Some(Box::new(previewed)), ..document }))
    }
}

/// What is compared: what the release changes, and all of it if it is the first.
fn scope_of(set: &ContractSet, document: &PlanDocument) -> BTreeSet<TableRef> {
    if document.base.is_some() {
        return reached_by(document);
    }
    let silver = set.contracts.keys().map(|name| TableRef { layer: Layer::Silver, name: name.clone() });
    let gold = set.models.iter().map(|model| TableRef { layer: Layer::Gold, name: model.name.clone() });
    let is_in = |table: &TableRef| match document.scope {
        PublishScope::Tables(_) => document.taken.contains(table),
        PublishScope::Draft | PublishScope::Rollback(_) => true,
    };
    silver.chain(gold).filter(is_in).collect()
}
