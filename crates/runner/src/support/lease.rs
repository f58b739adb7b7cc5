//! Working on a table as its only writer.

use crate::RunError;
use sluice_contract::TableName;
use sluice_lake::{Holder, Lake, LakeError, Lease};
use std::ops::ControlFlow;
use std::time::Duration;

/// How long a replay waits for another writer of a table when the caller does not say. Longer than the
/// lease timeout after which a dead writer is taken over.
pub const LEASE_WAIT_DEFAULT: Duration = Duration::from_secs(30);

/// How to wait for a lease, and who hears of it.
pub(crate) struct LeaseTerms<'a> {
    /// How long to wait for another writer.
    pub(crate) wait: Duration,
    /// Hears of the writer that is waited for.
    pub(crate) waiting: &'a (dyn Fn(&Holder) + Sync),
    /// Hears that the lease was not released, so others wait a moment for it; its error is that of the whole.
    pub(crate) unreleased: &'a (dyn Fn(LakeError) -> Result<(), RunError> + Sync),
}

/// Takes the lease of a table when no living writer has it. Whoever gets it has to read the table after that, and to
/// release it.
///
/// # Errors
/// [`LakeError::Held`] when another writer is not done in time; errors of the store.
pub(crate) async fn take_lease(lake: &Lake, table: &TableName, terms: &LeaseTerms<'_>) -> Result<Lease, RunError> {
    let mut turn = lake.leases().candidate(table).await?;
    loop {
        if let Some(turn) = turn
            && let Some(lease) = lake.leases().take(table, turn).await?
        {
            return Ok(lease);
        }
        turn = Some(lake.leases().wait(table, terms.wait, |holder| (terms.waiting)(holder)).await?);
    }
}

/// Works on a table with its lease.
///
/// A plan is only good if nobody else wrote between reading and writing. So `read` reads the table when no
/// living writer has it, and what it gives goes to `work` if nobody took the lease since; otherwise the table
/// is read again when the other writer has ended. `read` may end everything without a lease (`Break`), when
/// there is nothing to write. If `work` fails, its error counts and not that of the release.
///
/// # Errors
/// [`LakeError::Held`] when another writer is not done in time; errors of the store, `read` and `work`.
pub(crate) async fn with_lease<R, T>(
    lake: &Lake,
    table: &TableName,
    terms: &LeaseTerms<'_>,
    mut read: impl AsyncFnMut() -> Result<ControlFlow<T, R>, RunError>,
    work: impl AsyncFnOnce(R, &Lease) -> Result<T, RunError>,
) -> Result<T, RunError> {
    let mut turn = lake.leases().candidate(table).await?;
    loop {
        let plan = match read().await? {
            ControlFlow::Break(done) => return Ok(done),
            ControlFlow::Continue(plan) => plan,
        };
        if let Some(turn) = turn
            && let Some(lease) = lake.leases().take(table, turn).await?
        {
            let worked = work(plan, &lease).await;
            let released = lease.release().await.map_or_else(terms.unreleased, Ok);
            let done = worked?;
            released?;
            return Ok(done);
        }
        turn = Some(lake.leases().wait(table, terms.wait, |holder| (terms.waiting)(holder)).await?);
    }
}
