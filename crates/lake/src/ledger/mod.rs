//! Numbered documents: which files are in which batch, schemas, state, and who writes a table.

pub(crate) mod batch_decisions;
pub(crate) mod batches;
pub(crate) mod corrections;
pub(crate) mod documents;
pub(crate) mod folded;
pub(crate) mod full_listings;
pub(crate) mod hash_keys;
pub(crate) mod leases;
pub(crate) mod manifest;
pub(crate) mod numbered;
pub(crate) mod record_decisions;
pub(crate) mod registry;
pub(crate) mod sandbox_entry;
pub(crate) mod sandboxes;
pub(crate) mod schemas;
pub(crate) mod source_changes;
pub(crate) mod started;
pub(crate) mod state;
