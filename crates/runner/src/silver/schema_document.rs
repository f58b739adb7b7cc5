//! Writes down by which columns silver is made: numbered documents beside the table.

use crate::RunError;
use crate::silver_hash::{column_signature, rules_hash, silver_hash, source_hashes};
use sluice_contract::{Contract, InferredSchema};
use sluice_lake::{Lake, PutNew, SchemaColumn, SchemaDocument};

/// Makes sure that there is a document of the contract by which silver is about to be made.
pub(crate) async fn record_schema(lake: &Lake, effective: &Contract) -> Result<(), RunError> {
    let latest = lake.ledger().latest_schema(&effective.name).await?;
    if latest.as_ref().is_some_and(|document| document.contract_hash == silver_hash(effective)) {
        return Ok(());
    }
    let number = latest.as_ref().map_or(0, |document| document.number) + 1;
    let inferred = latest.map(|document| document.inferred).unwrap_or_default();
    write_document(lake, effective, number, inferred, 0).await
}

pub(super) async fn write_document(
    lake: &Lake,
    effective: &Contract,
    number: u64,
    inferred: InferredSchema,
    batch: u64,
) -> Result<(), RunError> {
    let columns = effective.columns.iter().map(|column| SchemaColumn {
        name: column.name.clone(),
        data_type: column.data_type.clone(),
        discovered: column.discovered,
        signature: column_signature(effective, column),
    });
    let document = SchemaDocument {
        number,
        batch,
        contract_hash: silver_hash(effective),
        rules_hash: rules_hash(effective),
        columns: columns.collect(),
        sources: source_hashes(effective),
        keep: effective.apply.keep.as_ref().map(ToString::to_string),
        inferred,
    };
    match lake.ledger().put_schema(&effective.name, &document).await? {
        PutNew::Created => Ok(()),
        PutNew::Exists => Err(RunError::Conflict(effective.name.to_string())),
    }
}
