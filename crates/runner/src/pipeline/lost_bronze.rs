//! Bronze that lost batches which silver has.

use super::context::TableContext;
use super::table_state::TableState;
use crate::RunError;

/// Refuses a table whose silver has batches of which neither bronze nor a manifest is left. New files would be claimed
/// under the numbers of such batches, which silver counts as done, and a rebuild would have nothing of them.
///
/// # Errors
/// [`RunError::Input`] with the way out.
pub(super) fn ensure_batches_known(context: &TableContext, table: &TableState) -> Result<(), RunError> {
    let (has, known) = (table.silver.batch(), table.bronze.batch.max(table.last_claimed()));
    if has <= known {
        return Ok(());
    }
    let name = &context.contract.name;
    let folder = format!("{}/{}", name.dataset, name.table);
    let lost = if has == known + 1 { format!("batch {has}") } else { format!("batches {} to {has}", known + 1) };
    Err(RunError::input(
        format!(
            "silver.{name} has {lost}, which bronze.{name} and the manifests in _sluice/batches/{folder} have lost"
        ),
        format!(
            "Restore bronze/{folder} or _sluice/batches/{folder} from a copy of the lake. Where all its change files \
             are still there, move the folder silver/{folder} away instead: the next replay makes the table anew"
        ),
    ))
}
