//! Commits of other programs in tables that only Sluice is to write.

use crate::RunError;
use sluice_api::Layer;
use sluice_contract::TableName;
use sluice_lake::ForeignCommits;

/// Refuses a table in which another program changed what Sluice counts on.
///
/// # Errors
/// [`RunError::Foreign`].
pub(crate) fn ensure_own(layer: Layer, name: &TableName, found: &ForeignCommits) -> Result<(), RunError> {
    match found.commits.as_slice() {
        [] => Ok(()),
        commits => Err(RunError::Foreign { layer, table: name.clone(), commits: commits.to_vec() }),
    }
}
