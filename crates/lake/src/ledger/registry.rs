//! The numbered documents of a lake, and what this process knows of them.

use crate::SourceFile;
use crate::ledger::manifest::BatchManifest;
use crate::store::objects::Objects;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Batches, schema documents, state, draft contracts and models of a lake. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub(crate) objects: Objects,
    pub(crate) known: Arc<Known>,
}

/// What was read before and never changes.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Manifests by path.
    pub(crate) manifests: Mutex<BTreeMap<String, BatchManifest>>,
    /// Hashes of the content of change files.
    pub(crate) contents: Mutex<BTreeMap<SourceFile, String>>,
}

impl Ledger {
    pub(crate) fn new(objects: Objects) -> Self {
        Self { objects, known: Arc::default() }
    }
}
