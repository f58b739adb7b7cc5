//! What changed between two versions, and what happened to one row.

use super::OpenLake;
use super::results::elapsed_ms;
use crate::RunError;
use crate::contract_set::ContractSet;
use crate::gold::column_types;
use crate::local_tables::readable_steps;
use crate::silver::blocking;
use sluice_api::{DiffCounts, DiffView, Layer, TableRef};
use sluice_lake::Snapshot;
use sluice_query::DiffInput;
use std::time::Instant;

/// Column with the start of a row's validity, where silver keeps history (SCD 2).
const HISTORY_START: &str = "__START_AT";

impl OpenLake {
    /// How much changed between two versions, by the log alone.
    pub(crate) async fn diff_counts(&self, table: &TableRef, from: u64, to: u64) -> Result<DiffCounts, RunError> {
        let started = Instant::now();
        let (store, before) = self.snapshot(table, Some(from)).await?;
        let (_, after) = self.snapshot(table, Some(to)).await?;
        let counts = store.change_counts(&before, &after).await?;
        Ok(DiffCounts {
            table: table.clone(),
            from,
            to,
            rows_before: before.rows(),
            rows_after: after.rows(),
            added: counts.added,
            removed: counts.removed,
            commits: counts.commits,
            rearranging: counts.rearranging,
            elapsed_ms: elapsed_ms(started),
        })
    }

    /// Compares two versions of a table by its key. Only rows that the log says came or went are read.
    pub(crate) async fn diff(&self, table: &TableRef, from: u64, to: u64) -> Result<DiffView, RunError> {
        let started = Instant::now();
        let (store, before) = self.snapshot(table, Some(from)).await?;
        let (_, after) = self.snapshot(table, Some(to)).await?;
        let key = self.key_of(table, &after).await?;
        let steps = readable_steps(&store, &store.changes(&before, &after).await?).await?;
        let (before_columns, after_columns, rows_before) = (column_types(&before), column_types(&after), before.rows());
        let (engine, of) = (self.engine.clone(), table.clone());
        let parts = blocking(move || {
            Ok(engine.diff(&DiffInput {
                table: &of,
                key: &key,
                steps: &steps,
                rows_before,
                before: &before_columns,
                after: &after_columns,
                ignore: &[],
            })?)
        })
        .await?;
        Ok(DiffView {
            table: table.clone(),
            from,
            to,
            inserted: parts.inserted,
            updated: parts.updated,
            deleted: parts.deleted,
            unchanged: parts.unchanged,
            schema: parts.schema,
            columns: parts.columns,
            result: parts.result,
            elapsed_ms: elapsed_ms(started),
        })
    }

    /// Columns that tell the rows of a table apart.
    pub(super) async fn key_of(&self, table: &TableRef, snapshot: &Snapshot) -> Result<Vec<String>, RunError> {
        Ok(match table.layer {
            Layer::Silver => {
                let mut key = ContractSet::draft(&self.lake).await?.contract(&table.name)?.apply.key.clone();
                // A history has a row per key and start.
                let start = snapshot.schema.fields().iter().find(|field| field.name() == HISTORY_START);
                key.extend(start.map(|field| field.name().clone()));
                key
            }
            Layer::Bronze => vec!["_batch".to_owned(), "_file".to_owned(), "_row".to_owned()],
            Layer::Gold => column_types(snapshot).into_iter().take(1).map(|(name, _)| name).collect(),
        })
    }
}
