//! One table: columns, versions, files.

use super::lag::{facts_of, lag_seconds, newest_source_time, recent_ties};
use super::{Host, OpenLake};
use crate::contract_set::ContractSet;
use crate::support::column_types::type_words;
use crate::{Clock, RunError};
use sluice_api::{Answer, ColumnView, FileView, Health, Layer, TableRef, TableView, VersionView, ask};
use sluice_change::RowLedger;
use sluice_contract::Contract;
use sluice_lake::HistoryEntry;
use sluice_query::PersonalColumns;
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
        let invalid = set.invalid.get(&table.name).filter(|_| table.layer != Layer::Gold);
        // Of one with a mistake the published one still says which columns are personal.
        let published = match invalid {
            Some(_) => sluice_publish::current(&self.lake).await?,
            None => None,
        };
        let published = published.into_iter().flat_map(|release| release.contracts).map(|(_, contract)| contract);
        let published = published.filter(|contract| contract.name == table.name).map(Arc::new).next();
        let contract = set.silver(&table.name).filter(|_| table.layer != Layer::Gold);
        let history = store.history(HISTORY_MAX).await?;
        let mut facts = contract.map(|contract| facts_of(contract)).unwrap_or_default();
        let health = match contract {
            Some(contract) if table.layer == Layer::Silver => {
                facts.lag_seconds = lag_seconds(newest_source_time(&store).await?, clock);
                facts.ties = recent_ties(&store).await?;
                self.health(contract, &facts).await?.health
            }
            _ if invalid.is_some() => Health::Invalid,
            _ => Health::Ok,
        };
        let newest = history.first().filter(|_| table.layer != Layer::Gold).map(|entry| entry.version);
        let is_foreign = match newest {
            Some(version) => !store.foreign_commits(version, None).await?.commits.is_empty(),
            None => false,
        };
        let health = if is_foreign { Health::Fail } else { health };
        let declared = contract.or(published.as_ref()).filter(|_| table.layer == Layer::Silver);
        let mut columns = columns(&snapshot.schema, declared, &self.personal_of(table).await?);
        if let (Some(_), Some(published)) = (invalid, declared) {
            for column in &mut columns {
                column.pii = published.column(&column.name).is_some_and(|declared| declared.pii);
            }
        }
        if invalid.is_some() && declared.is_none() && table.layer == Layer::Silver {
            // Nobody knows which columns are personal.
            columns.iter_mut().for_each(|column| column.pii = true);
        }
        Ok(TableView {
            table: table.clone(),
            version: snapshot.version,
            rows: snapshot.rows(),
            bytes: snapshot.bytes(),
            columns,
            history: history.iter().map(version_view).collect(),
            files: snapshot
                .files
                .iter()
                .map(|file| FileView { path: file.path.clone(), bytes: file.size, rows: file.rows })
                .collect(),
            health,
            contract: match table.layer {
                Layer::Gold => set.models.iter().find(|model| model.name == table.name).map(|model| model.sql.clone()),
                Layer::Bronze | Layer::Silver => {
                    let of_invalid = invalid.map(|invalid| invalid.text.clone());
                    contract.map(|contract| contract.text.clone()).or(of_invalid)
                }
            },
            facts,
        })
    }
}

fn columns(
    schema: &arrow::datatypes::Schema,
    contract: Option<&Arc<Contract>>,
    personal: &PersonalColumns,
) -> Vec<ColumnView> {
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
                pii: personal.contains(field.name()),
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
