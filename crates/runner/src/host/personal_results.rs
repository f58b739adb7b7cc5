//! Which columns of the open results hold personal data.

use sluice_api::ResultId;
use sluice_query::PersonalColumns;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The personal columns of the results that are open.
#[derive(Default)]
pub(crate) struct PersonalResults {
    of: Mutex<BTreeMap<ResultId, PersonalColumns>>,
}

impl PersonalResults {
    /// Of a result; none if nothing was kept of it.
    pub(crate) fn get(&self, result: ResultId) -> PersonalColumns {
        self.of.lock().unwrap_or_else(PoisonError::into_inner).get(&result).cloned().unwrap_or_default()
    }

    /// Keeps those of a result.
    pub(crate) fn insert(&self, result: ResultId, personal: PersonalColumns) {
        self.of.lock().unwrap_or_else(PoisonError::into_inner).insert(result, personal);
    }

    /// Forgets a result.
    pub(crate) fn remove(&self, result: ResultId) {
        self.of.lock().unwrap_or_else(PoisonError::into_inner).remove(&result);
    }
}
