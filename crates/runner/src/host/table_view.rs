//! One table: columns, versions, files.

use super::lag::{facts_of, lag_seconds, newest_source_time};
use super::{Host, OpenLake};
use crate::contract_set::ContractSet;
use crate::support::column_types::type_words;
use crate::{Clock, RunError};
use sluice_api::{Answer, ColumnView, FileView, Health, Layer, TableRef, TableView, VersionView, ask};
use sluice_change::RowLedger;
use sluice_contract::Contract;
use sluice_lake::HistoryEntry;
use std::sync::Arc;

/// Versions shown.
const HISTORY_MAX: usize = 1_000;

impl Answer<ask::Table> for Host {
    async fn answer(&self, request: ask::Table) -> Result<TableView, RunError> {
        self.opened().await?.table_view(&request.table, request.version, &self.options.clock).await
    }
}

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
        let mut facts = contract.map(|contract| facts_of(contract)).unwrap_or_default();
        let health = match contract {
            Some(contract) if table.layer == Layer::Silver => {
                facts.lag_seconds = lag_seconds(newest_source_time(&store).await?, clock);
                self.health(contract, &facts).await?.0
            }
            _ => Health::Ok,
        };
        let newest = history.first().filter(|_| table.layer != Layer::Gold).map(|entry| entry.version);
        let is_foreign = match newest {
            Some(version) => !store.foreign_commits(version, None).await?.commits.is_empty(),
            None => false,
        };
        let health = if is_foreign { Health::Fail } else { health };
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
            facts,
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
pub(crate) fn entry_counters(entry: &HistoryEntry) -> Option<RowLedger> {
    entry.info.ledger
}
