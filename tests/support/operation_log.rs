//! What a store was asked to change, in order.

use object_store::memory::InMemory;
use object_store::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Kind of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A file that must not be there yet.
    Create,
    /// A file that may replace another one.
    Overwrite,
    /// The end of an upload in parts.
    Upload,
    /// A file goes.
    Delete,
    /// A copy or a renaming.
    Copy,
}

/// One change of a store.
#[derive(Clone, Debug)]
pub struct Operation {
    /// From 1.
    pub number: usize,
    /// Kind.
    pub kind: Kind,
    /// Where.
    pub path: Path,
    /// Bytes written.
    pub bytes: u64,
    /// The store before it, if the log keeps that.
    pub before: Option<InMemory>,
    /// The store after it, if the log keeps that.
    pub after: Option<InMemory>,
}

/// The changes that one process asked for.
#[derive(Debug, Default)]
pub struct OperationLog {
    operations: Mutex<Vec<Operation>>,
}

impl OperationLog {
    fn lock(&self) -> MutexGuard<'_, Vec<Operation>> {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes an operation down and numbers it.
    pub(crate) fn begin(&self, kind: Kind, path: &Path, bytes: u64, before: Option<InMemory>) -> usize {
        let mut operations = self.lock();
        let number = operations.len() + 1;
        operations.push(Operation { number, kind, path: path.clone(), bytes, before, after: None });
        number
    }

    pub(crate) fn end(&self, number: usize, after: InMemory) {
        if let Some(operation) = self.lock().get_mut(number - 1) {
            operation.after = Some(after);
        }
    }

    /// Everything so far.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        self.lock().clone()
    }

    /// Number of operations so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Kind and path of every operation, to compare two runs.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.lock().iter().map(|operation| format!("{:?} {}", operation.kind, operation.path)).collect()
    }
}
