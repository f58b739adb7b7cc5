//! Where the parts of a table are in a lake.
//! What is written here stands in every lake: none of it may change.

use sluice_api::{Layer, TableRef};
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
