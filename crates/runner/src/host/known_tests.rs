//! What came of the tests of a set of texts, which they follow from.

use sluice_api::LakeTestReport;
use tokio::sync::{Mutex, MutexGuard};

/// The latest run of all tests: the hash of contracts, models and tests, and what came of it.
#[derive(Default)]
pub(crate) struct KnownTests(Mutex<Option<(String, LakeTestReport)>>);

impl KnownTests {
    /// The run, kept for whoever has the guard.
    pub(super) async fn lock(&self) -> MutexGuard<'_, Option<(String, LakeTestReport)>> {
        self.0.lock().await
    }
}
