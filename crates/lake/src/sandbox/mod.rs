//! Sandboxes: lakes that begin as another lake is, without a copy of its data, and write to themselves alone.
//!
//! A sandbox is a folder with a mark (`_sluice/sandbox.json`) that names its base. Its tables are shallow clones: their
//! logs begin with a checkpoint that names the base's files by address, so every reader of Delta reads them. What is
//! older, and what else a replay needs of the base (manifests, schema documents, states of deletes, change files), is
//! read through [`crate::store::overlay`], up to the numbers that the mark pins. The base knows its sandboxes by
//! `_sluice/sandboxes/<name>.json`, and a vacuum there keeps what they need until they expire.

pub(crate) mod checkpoint;
pub(crate) mod create;
pub(crate) mod open;
pub(crate) mod place;
pub(crate) mod remove;
pub(crate) mod table_clone;
pub(crate) mod take_over;
