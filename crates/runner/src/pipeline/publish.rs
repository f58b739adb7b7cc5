//! Step 6, publish: the commit that makes a merged batch visible.

use super::batch::BatchDone;
use super::context::TableContext;
use super::merge::Merged;
use crate::RunError;
use crate::silver::{self, Silver};

/// Makes a merged batch visible; nothing of it is if this fails.
///
/// # Errors
/// [`RunError::Conflict`] if another writer was faster; errors of the store.
pub(crate) async fn publish(
    context: &TableContext,
    silver: &mut Silver,
    merged: Merged,
) -> Result<BatchDone, RunError> {
    let Merged { summary, candidate, commit } = merged;
    let ledger = silver::publish::publish(silver, &context.lake, &context.contract, candidate, commit).await?;
    Ok(summary.done(ledger, silver.version()))
}
