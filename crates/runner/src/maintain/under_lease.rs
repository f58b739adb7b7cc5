//! Commits of maintenance, each with the table's lease for an instant.

use crate::RunError;
use crate::support::lease::{LeaseTerms, with_lease};
use sluice_api::TableRef;
use sluice_lake::{DeltaStore, Lake};
use std::ops::ControlFlow;
use std::time::Duration;

/// Hands `commit` the table with the number of its lease, when the writer of the table has ended.
///
/// # Errors
/// If another writer holds the table longer than `wait`, or the store or `commit` fails.
pub(super) async fn under_lease<T>(
    lake: &Lake,
    table: &TableRef,
    store: &DeltaStore,
    wait: Duration,
    commit: impl AsyncFnOnce(DeltaStore) -> Result<T, RunError>,
) -> Result<T, RunError> {
    let terms = LeaseTerms { wait, waiting: &|_| {}, unreleased: &|error| Err(error.into()) };
    // Nothing is read before: `commit` plans on the version that is the latest under the lease.
    let read = async || Ok(ControlFlow::Continue(()));
    with_lease(lake, &table.name, &terms, read, async |(), lease| commit(lease.fence(store)).await).await
}
