//! The manifest of a batch.

use crate::SourceFile;
use serde::{Deserialize, Serialize};
use sluice_contract::{Backfill, TableName};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The files of one batch of one table. Immutable once written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchManifest {
    /// Number of the batch, from 1 without gaps; also the `txn` version of its commits.
    pub batch: u64,
    /// Files, in the order they are read.
    pub files: Vec<SourceFile>,
    /// BLAKE3 of the contract text that the batch was made with, hex.
    pub contract_hash: String,
    /// BLAKE3 of the content of each file, in their order, hex; empty where the store's etag is enough.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contents: Vec<String>,
    /// The backfill that the files are of; `None` for changes. As it was when the batch was made, so that bronze can
    /// be read whatever the contract says later.
    #[serde(default, rename = "flow", skip_serializing_if = "Option::is_none")]
    pub backfill: Option<Backfill>,
    /// Name of the source that the files are of, where the table had several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// The manifests of the batches from 1 on, as they are kept in one file.
#[derive(Debug)]
pub(crate) struct Folded {
    /// The last of them.
    pub(crate) last: u64,
    pub(crate) batches: Vec<Arc<BatchManifest>>,
}

/// Where the manifests of a table are.
pub(crate) fn folder(table: &TableName) -> String {
    format!("_sluice/batches/{}/{}", table.dataset, table.table)
}

impl BatchManifest {
    /// Takes files out that are gone.
    pub(crate) fn leave_out(&mut self, without: &BTreeSet<String>) {
        let kept: Vec<bool> = self.files.iter().map(|file| !without.contains(&file.path)).collect();
        let mut keep = kept.iter();
        self.files.retain(|_| keep.next().copied().unwrap_or(true));
        let mut keep = kept.iter();
        self.contents.retain(|_| keep.next().copied().unwrap_or(true));
    }

    /// Files with the hash of their content, if it is known.
    pub fn files_with_content(&self) -> impl Iterator<Item = (&SourceFile, Option<&str>)> {
        let contents = self.contents.iter().map(|hash| Some(hash.as_str())).chain(std::iter::repeat(None));
        self.files.iter().zip(contents)
    }
}
