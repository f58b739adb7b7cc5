//! The `_col_seq` column: which columns of a row are of an older event than the row, and of which.

use super::schema::COL_SEQ;
use crate::error::EngineError;
use sluice_change::EventSeq;
use sluice_contract::Contract;
use std::collections::BTreeMap;

/// A column by its position in the contract, and the sequence of the event that wrote its value: `None` where no
/// event has provided one yet.
pub(crate) type WrittenBy = (u16, Option<EventSeq>);

/// The JSON object for some columns; positions that the contract does not have are left out.
pub(crate) fn write(contract: &Contract, columns: impl Iterator<Item = WrittenBy>) -> Option<String> {
    let named = columns.filter_map(|(position, written_by)| {
        let column = contract.columns.get(usize::from(position))?;
        Some((column.name.as_str(), written_by.map(|seq| seq.to_string())))
    });
    serde_json::to_string(&named.collect::<BTreeMap<&str, Option<String>>>()).ok()
}

/// The columns that a JSON object names, in the order of their names; those that the contract does not have are left
/// out.
///
/// # Errors
/// [`EngineError::Sequence`] if it is no such object.
pub(crate) fn read<C: FromIterator<WrittenBy>>(contract: &Contract, json: &str) -> Result<C, EngineError> {
    let damaged = || EngineError::Sequence(COL_SEQ);
    let written: BTreeMap<String, Option<String>> = serde_json::from_str(json).map_err(|_| damaged())?;
    let column = |(name, text): (String, Option<String>)| {
        let position = contract.columns.iter().position(|column| column.name == name)?;
        let written_by = match text {
            Some(text) => EventSeq::parse(&text).ok_or_else(damaged).map(Some),
            None => Ok(None),
        };
        let position = u16::try_from(position).ok()?;
        Some(written_by.map(|written_by| (position, written_by)))
    };
    written.into_iter().filter_map(column).collect()
}
