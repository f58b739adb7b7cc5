//! One table: columns, versions, files.

use super::OpenLake;
use crate::contract_set::ContractSet;
use crate::gold::type_words;
use crate::replay::counters;
use crate::{Clock, RunError};
use sluice_api::{ColumnView, Counters, FileView, Health, Layer, TableRef, TableView, VersionView};
use sluice_contract::Contract;
use sluice_lake::HistoryEntry;
use std::sync::Arc;

/// Versions shown.
const HISTORY_MAX: usize = 1_000;

impl OpenLake {
    /// Everything the Table screen shows besides rows.
    pub(crate) async fn table_view(
        &self,
        table: &TableRef,
        version: Option<u64>,
        clock: &Clock,
    ) -> Result<TableView, RunError> {
        let (store, snapshot) = self.snapshot(table, version).await?;
        let set = ContractSet::draft(&self.lake).await?;
        let contract = set.contracts.get(&table.name).filter(|_| table.layer != Layer::Gold);
        let history = store.history(HISTORY_MAX).await?;
        let health = match contract {
            Some(contract) if table.layer == Layer::Silver => self.health(contract).await?.0,
            _ => Health::Ok,
        };
        let newest_ms = history.iter().find_map(|entry| entry.info.span.as_ref()?.newest_ms);
        let lag_seconds = newest_ms.map(|newest| u64::try_from((clock.now_ms() - newest) / 1_000).unwrap_or(0));
        Ok(TableView {
            table: table.clone(),
            version: snapshot.version,
            rows: snapshot.rows(),
            bytes: snapshot.bytes(),
            columns: columns(&snapshot.schema, contract.filter(|_| table.layer == Layer::Silver)),
            history: history.iter().map(version_view).collect(),
            files: snapshot
                .files
                .iter()
                .map(|file| FileView { path: file.path.clone(), bytes: file.size, rows: file.rows })
                .collect(),
            health,
            contract: match table.layer {
                Layer::Gold => set.models.iter().find(|model| model.name == table.name).map(|model| model.sql.clone()),
                Layer::Bronze | Layer::Silver => contract.map(|contract| contract.text.clone()),
            },
            lag_seconds,
            sla: contract.and_then(|contract| contract.sla.clone()),
        })
    }
}

fn columns(schema: &arrow::datatypes::Schema, contract: Option<&Arc<Contract>>) -> Vec<ColumnView> {
    let fields = schema.fields().iter();
    fields
        .map(|field| {
            let declared = contract.and_then(|contract| contract.column(field.name()));
            ColumnView {
                name: field.name().clone(),
                data_type: declared
                    .map_or_else(|| type_words(field.data_type()), |column| column.data_type.to_string()),
                key: declared.is_some_and(|column| column.key),
                nullable: declared.is_none_or(|column| !column.required),
                pii: declared.is_some_and(|column| column.pii),
                system: field.name().starts_with('_'),
            }
        })
        .collect()
}

/// A version as the screens see it.
pub(crate) fn version_view(entry: &HistoryEntry) -> VersionView {
    VersionView {
        version: entry.version,
        timestamp_ms: entry.timestamp_ms,
        operation: entry.operation.to_string(),
        batch: entry.info.batch,
        counters: entry_counters(entry),
    }
}

/// The ledger that a commit carries.
pub(crate) fn entry_counters(entry: &HistoryEntry) -> Option<Counters> {
    entry.info.ledger.as_ref().map(counters)
}
