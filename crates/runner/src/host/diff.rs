//! What changed between two versions.

use super::OpenLake;
use super::results::elapsed_ms;
use crate::RunError;
use crate::contract_set::ContractSet;
use crate::gold::column_types;
use crate::local_tables::readable;
use crate::silver::blocking;
use sluice_api::{DiffView, Layer, TableRef};
use std::time::Instant;

impl OpenLake {
    /// Compares two versions of a table by its key, or by whole rows where it has none.
    pub(crate) async fn diff(&self, table: &TableRef, from: u64, to: u64) -> Result<DiffView, RunError> {
        let started = Instant::now();
        let (store, before) = self.snapshot(table, Some(from)).await?;
        let (_, after) = self.snapshot(table, Some(to)).await?;
        let key = match table.layer {
            Layer::Silver => ContractSet::draft(&self.lake).await?.contract(&table.name)?.apply.key.clone(),
            Layer::Bronze => vec!["_batch".to_owned(), "_file".to_owned(), "_row".to_owned()],
            Layer::Gold => column_types(&after).into_iter().take(1).map(|(name, _)| name).collect(),
        };
        let (before_files, after_files) =
            (readable(&store, &before.files).await?, readable(&store, &after.files).await?);
        let (before_columns, after_columns) = (column_types(&before), column_types(&after));
        let (engine, of) = (self.engine.clone(), table.clone());
        let parts = blocking(move || {
            Ok(engine.diff(&of, &key, &before_files, &after_files, &before_columns, &after_columns, &[])?)
        })
        .await?;
        let unchanged = before.rows().saturating_sub(parts.deleted + parts.updated);
        Ok(DiffView {
            table: table.clone(),
            from,
            to,
            inserted: parts.inserted,
            updated: parts.updated,
            deleted: parts.deleted,
            unchanged,
            schema: parts.schema,
            columns: parts.columns,
            result: parts.result,
            elapsed_ms: elapsed_ms(started),
        })
    }
}
