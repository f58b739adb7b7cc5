//! Compaction that keeps up with merges: after a commit, by the writer itself.

use super::groups::planned;
use super::options::MaintainOptions;
use super::publish_group::publish_group;
use super::rewrite::{self, RowOrder};
use crate::RunError;
use crate::silver::Silver;
use futures::{StreamExt, TryStreamExt};
use sluice_api::{Layer, TableRef};
use sluice_contract::{ApplyMode, Contract};
use sluice_lake::{DeltaStore, Snapshot};
use std::sync::Arc;

/// Bytes that a file is to have; less than [`crate::TARGET_BYTES_DEFAULT`], so that merging a group takes
/// a second and not ten.
const TARGET_BYTES: u64 = 128 << 20;
/// Rows that are in memory at once.
const GROUP_ROWS_MAX: u64 = 1_000_000;
/// Groups that are read and written at the same time.
const GROUPS_AT_ONCE: usize = 2;
/// Deleted rows below which a file is not rewritten for their sake; reading them costs next to nothing.
const DEAD_ROWS_MIN: u64 = 50_000;

/// Compacts silver if merges have left it with a full tier of small files or a file of which a quarter of the
/// rows is deleted. A table in copy-on-write mode merges its small files in its merges.
///
/// # Errors
/// If the store fails; the table then has the groups that were committed.
pub(crate) async fn compact_when_due(silver: &mut Silver, contract: &Arc<Contract>) -> Result<(), RunError> {
    let Some(snapshot) = &silver.snapshot else { return Ok(()) };
    if contract.apply.mode == ApplyMode::CopyOnWrite {
        return Ok(());
    }
    let table = TableRef { layer: Layer::Silver, name: contract.name.clone() };
    let compacted = compact(&silver.store, &table, contract, snapshot).await;
    if !matches!(compacted, Ok(false)) {
        silver.refresh().await?;
    }
    compacted.map(|_| ())
}

/// Merges files whose tier is full and rewrites those with many deleted rows, as far as `snapshot` has any;
/// returns whether it did. `store` is the writer's own, with its lease. A commit per group, each
/// with `dataChange=false`; nothing is removed from the store.
async fn compact(
    store: &DeltaStore,
    table: &TableRef,
    contract: &Arc<Contract>,
    snapshot: &Snapshot,
) -> Result<bool, RunError> {
    let options = MaintainOptions {
        target_bytes: TARGET_BYTES,
        group_rows: GROUP_ROWS_MAX,
        dead_rows: DEAD_ROWS_MIN,
        ..MaintainOptions::default()
    };
    let groups = planned(snapshot, &options);
    let order = RowOrder { cluster_by: Vec::new(), contract: Some(Arc::clone(contract)) };
    let rewrites = groups.into_iter().map(|group| {
        let (store, snapshot, order, bytes) = (store.clone(), snapshot.clone(), order.clone(), options.target_bytes);
        async move {
            // A task of its own each: what one does alone is done beside the other.
            let task = tokio::spawn(async move { rewrite::rewrite(&store, &snapshot, group, &order, bytes).await });
            task.await.map_err(|error| RunError::Internal(format!("a rewrite ended early: {error}")))?
        }
    });
    let mut rewritten = futures::stream::iter(rewrites).buffered(GROUPS_AT_ONCE);
    let mut compacted = false;
    while let Some(rewritten) = rewritten.try_next().await? {
        compacted |= publish_group(store, table, &rewritten).await?.is_some();
    }
    Ok(compacted)
}
