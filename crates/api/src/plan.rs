//! The plan of a release, as it is handed on.

use crate::{ContractChange, Effect, Grade, Layer, Previewed, RecordAction, TableName, TableRef};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a release is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublishScope {
    /// The draft as a whole.
    #[default]
    Draft,
    /// The current release with the drafts of these tables and models.
    Tables(Vec<TableName>),
    /// What a release that was current before holds.
    Rollback(u64),
}

/// A release and the hash of its contracts and models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseId {
    /// Number.
    pub release: u64,
    /// BLAKE3 of its contracts and models, hex.
    pub hash: String,
}

/// What a plan decides, as it is handed on: what publishing changes, and everything that this depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanDocument {
    /// Version of this document's form.
    pub format: u32,
    /// Hash of what decides the plan: scope, base, texts, engine, changes and which tables are rebuilt. Not of the
    /// numbers of rows and readers, which only describe its size.
    pub plan: String,
    /// What the release is made of.
    pub scope: PublishScope,
    /// Release that was current when the plan was made, and that the changes are compared with.
    pub base: Option<u64>,
    /// Hash of that release's contracts and models.
    pub base_hash: Option<String>,
    /// Hash of the texts that are taken from the draft; `None` for a rollback, which takes none.
    pub draft: Option<String>,
    /// The release that a rollback goes back to.
    pub rollback: Option<ReleaseId>,
    /// BLAKE3 of the contracts and models that the release would have, hex.
    pub hash: String,
    /// Version of the engine that made the plan, for example `sluice/0.1.0`.
    pub engine: String,
    /// For [`PublishScope::Tables`], the tables and models that are taken from the draft: those named, and the models
    /// that have to come along.
    #[serde(default)]
    pub taken: Vec<TableRef>,
    /// Differences, hardest first: the explanation of what the hash decides.
    pub changes: Vec<ContractChange>,
    /// What the runner does to each table that differs, or whose silver is not of these contracts.
    pub tables: Vec<TableEffect>,
    /// Decisions on single records that it brings into production, by table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<TableDecisions>,
    /// What the tables were where it was tried: what the runner has to reach. Only a description, as the numbers of rows;
    /// `None` if nothing was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previewed: Option<Box<Previewed>>,
    /// Hash of this document as a whole, by which an edited one is noticed.
    pub checksum: String,
}

/// Decisions on single records of a table that a release brings into production.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDecisions {
    /// Table.
    pub table: TableName,
    /// In the order in which they were made.
    pub decisions: Vec<PlannedDecision>,
    /// Hash of all records that do not count as they were delivered then; `None` if there is none.
    pub hash: Option<String>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedDecision {
    /// Its number in the sandbox.
    pub number: u64,
    /// What was done.
    pub action: RecordAction,
    /// Batches of the records.
    pub batches: BTreeSet<u64>,
    /// How many records.
    pub records: u64,
    /// Why.
    pub because: String,
    /// Who decided.
    pub by: String,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// What the runner does to a table by a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableEffect {
    /// Silver for a contract, gold for a model.
    pub layer: Layer,
    /// Table.
    pub table: TableName,
    /// The hardest of its changes; `None` if no entry differs.
    pub grade: Option<Grade>,
    /// How much of it changes.
    pub effect: Effect,
    /// One sentence.
    pub note: String,
    /// Rows of the table now, the size of a rebuild; `None` while there is no such table.
    pub rows: Option<u64>,
    /// Gold models that read it, also by way of other models.
    pub readers: Vec<TableName>,
    /// Where it is rebuilt: how long that will take, seconds, by what its largest batch or rebuild so far took; `None` if
    /// nothing tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebuild_seconds: Option<u64>,
    /// Where decisions on single records change it and nothing else does: how many keys are recomputed instead of all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recomputed_keys: Option<u64>,
}

impl TableEffect {
    /// Which table.
    #[must_use]
    pub fn reference(&self) -> TableRef {
        TableRef { layer: self.layer, name: self.table.clone() }
    }
}
