//! `delete_when` and `truncate_when`, asked of a record.

use super::markers::Markers;
use super::names::{Names, RowName};
use sluice_contract::Condition;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Word for the operation of a record, whatever the format calls it.
const OPERATION: &str = "op";

/// A condition of the contract with the member of the row that it is about.
#[derive(Clone, Debug)]
pub(crate) struct RowCondition {
    /// `None` if it is about the operation.
    column: Option<RowName>,
    value: String,
}

impl RowCondition {
    /// Prepares a condition.
    pub(crate) fn new(
        condition: &Condition,
        names: &mut Names,
        markers: &Markers,
        added: &BTreeMap<String, String>,
    ) -> Self {
        let name = condition.column.as_str();
        let member = added.get(OPERATION).map(String::as_str).or(markers.operation);
        let is_operation = name == OPERATION || member == Some(name);
        let about_operation = markers.carries_operations && is_operation && !names.is_column(name);
        let column = (!about_operation).then(|| names.row_name(name));
        Self { column, value: condition.value.clone() }
    }

    /// Whether it holds for a record with this operation and these members.
    pub(crate) fn holds<'a>(&self, op: &str, mut text: impl FnMut(RowName) -> Option<Cow<'a, str>>) -> bool {
        match self.column {
            None => self.value == op,
            Some(name) => text(name).is_some_and(|text| text == self.value.as_str()),
        }
    }
}
