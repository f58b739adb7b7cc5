//! The personal columns of the results that are open, by their ids.

use sluice_api::ResultId;
use sluice_query::PersonalColumns;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The personal columns of the results that are open; a result without any has no entry.
#[derive(Default)]
pub(crate) struct PersonalResults {
    of: Mutex<BTreeMap<ResultId, PersonalColumns>>,
}

impl PersonalResults {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<ResultId, PersonalColumns>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, result: ResultId) -> PersonalColumns {
        self.lock().get(&result).cloned().unwrap_or_default()
    }

    pub(super) fn put(&self, result: ResultId, personal: PersonalColumns) {
        self.lock().insert(result, personal);
    }

    /// Forgets a result.
    pub(super) fn remove(&self, result: ResultId) {
        self.lock().remove(&result);
    }
}
