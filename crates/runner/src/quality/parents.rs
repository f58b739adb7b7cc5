//! The other tables that checks look at.

use crate::RunError;
use crate::support::local_tables::table_files;
use crate::support::places::location;
use sluice_api::{Layer, TableRef};
use sluice_contract::{Contract, TableName};
use sluice_lake::{AppId, Lake};
use sluice_query::{ParentTable, ParentTables, parents_of};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The tables that the checks of a contract look at, at their latest versions.
///
/// # Errors
/// If the store does not answer. A table that cannot be used is [`ParentTable::Unavailable`].
pub(crate) async fn parent_tables(lake: &Lake, contract: &Contract) -> Result<ParentTables, RunError> {
    let mut parents = ParentTables::new();
    for table in parents_of(contract) {
        let parent = match parent(lake, &table).await {
            Err(RunError::Lake(error)) if !error.is_retryable() => {
                ParentTable::Unavailable { reason: format!("{table} cannot be read: {error}") }
            }
            other => other?,
        };
        parents.insert(table, parent);
    }
    Ok(parents)
}

async fn parent(lake: &Lake, table: &TableRef) -> Result<ParentTable, RunError> {
    if parent_version(lake, table).await?.is_none() {
        return Ok(ParentTable::Unavailable { reason: format!("{table} has no rows yet, nothing was published") });
    }
    Ok(match table_files(lake, table).await? {
        Some((version, files)) => ParentTable::Version { version, files },
        None => ParentTable::Unavailable { reason: format!("{table} does not exist yet") },
    })
}

/// The latest version of a table; `None` while nothing was published. Silver exists empty before its first
/// batch is in it.
pub(super) async fn parent_version(lake: &Lake, table: &TableRef) -> Result<Option<u64>, RunError> {
    let Some(snapshot) = lake.table(location(table)).snapshot(None).await? else { return Ok(None) };
    let published = table.layer != Layer::Silver || snapshot.txn(&AppId::silver(&table.name)).is_some();
    Ok(published.then_some(snapshot.version))
}

/// Contracts in groups, so that a table comes in a later group than those that its foreign keys point to.
/// Tables that point to each other in a circle come together in the last one.
pub(crate) fn parents_first(contracts: Vec<Arc<Contract>>) -> Vec<Vec<Arc<Contract>>> {
    let mut waiting = contracts;
    let mut groups = Vec::new();
    while !waiting.is_empty() {
        let names: BTreeSet<TableName> = waiting.iter().map(|contract| contract.name.clone()).collect();
        let waits = |contract: &Arc<Contract>| {
            parents_of(contract).iter().any(|parent| parent.layer == Layer::Silver && names.contains(&parent.name))
        };
        let (later, now): (Vec<_>, Vec<_>) = waiting.into_iter().partition(waits);
        if now.is_empty() {
            groups.push(later);
            break;
        }
        groups.push(now);
        waiting = later;
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::parents_first;
    use sluice_contract::Contract;
    use std::sync::Arc;

    fn contract(name: &str, parents: &[&str]) -> Arc<Contract> {
        let checks: String = parents.iter().map(|to| format!("- check: 'foreign_key(id, {to})'\n")).collect();
        let quality = if checks.is_empty() { String::new() } else { format!("quality:\n{checks}") };
        let text = format!("dataset: s.{name}\n{quality}schema:\n- {{name: id, type: int, primary_key: true}}\n");
        Arc::new(Contract::parse(&text, name).unwrap_or_else(|problems| panic!("{problems:?}")))
    }

    #[test]
    fn a_table_comes_after_those_that_it_points_to() {
        let contracts = vec![
            contract("items", &["orders.id", "products.id"]),
            contract("orders", &["s.customers.id", "orders.id", "gold.s.items.id", "other.unknown.id"]),
            contract("customers", &[]),
            contract("products", &[]),
            contract("a", &["b.id", "customers.id"]),
            contract("b", &["a.id"]),
        ];
        let groups: Vec<Vec<String>> = parents_first(contracts)
            .iter()
            .map(|group| group.iter().map(|contract| contract.name.table.clone()).collect())
            .collect();
        assert_eq!(groups, [vec!["customers", "products"], vec!["orders"], vec!["items"], vec!["a", "b"]]);
        assert!(parents_first(Vec::new()).is_empty());
    }
}
