//! Where the parts of a table are in a lake, and the application ids under which its batches are committed.
//! What is written here stands in every lake: none of it may change.

use sluice_api::{Layer, TableRef};
use sluice_contract::TableName;
use sluice_lake::TableLocation;

/// The Delta table of a layer.
pub(crate) fn location(table: &TableRef) -> TableLocation {
    let name = table.name.clone();
    match table.layer {
        Layer::Bronze => TableLocation::Bronze(name),
        Layer::Silver => TableLocation::Silver(name),
        Layer::Gold => TableLocation::Gold(name),
    }
}

/// Path of the check results of a batch.
pub(crate) fn quality_path(table: &TableName, batch: u64) -> String {
    format!("_sluice/quality/{}/{}/{batch:020}.json", table.dataset, table.table)
}

/// Application id of a table's batches in bronze.
pub(crate) fn bronze_app_id(table: &TableName) -> String {
    format!("sluice.bronze.{table}")
}

/// Application id of a table's batches in its quarantine.
pub(crate) fn quarantine_app_id(table: &TableName) -> String {
    format!("sluice.quarantine.{table}")
}

/// Application id of a table's batches in silver.
pub(crate) fn silver_app_id(table: &TableName) -> String {
    format!("sluice.silver.{table}")
}

/// Application id of a table's rebuilds.
pub(crate) fn rebuild_app_id(table: &TableName) -> String {
    format!("sluice.rebuild.{table}")
}

/// Application id of the batches of a table that were reprocessed.
pub(crate) fn reprocess_app_id(table: &TableName) -> String {
    format!("sluice.again.{table}")
}
