//! What `sluice sql-worker` does.

use crate::RunError;

/// Runs the SQL that another `sluice` sends, until its input ends.
///
/// # Errors
/// When the input does not open an engine, or the output is closed.
pub fn sql_worker() -> Result<(), RunError> {
    Ok(sluice_query::sql_worker()?)
}
