//! A record that gets another text: single values by their paths, or the whole text. Of the quarantine and of batches.

mod correction;
mod edit;

pub(crate) use correction::{Correction, Edit, Edited};
pub(crate) use edit::{Done, show};

use crate::cx::Cx;
use sluice_api::{Layer, TableName, TableRef};

/// The names of the personal columns of a table; `None` while they are not known.
pub(crate) fn personal<'a>(cx: &Cx<'a>, table: &TableName) -> Option<Vec<&'a str>> {
    let silver = TableRef { layer: Layer::Silver, name: table.clone() };
    let view = cx.store.table(&silver, None).value?;
    Some(view.columns.iter().filter(|column| column.pii).map(|column| column.name.as_str()).collect())
}
