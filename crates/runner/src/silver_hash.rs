//! Hash of everything in a contract that decides what silver holds: names and values of the entries whose change is
//! a rebuild. When it changes, silver is rebuilt from bronze, or its columns are changed where that is enough.
//!
//! Entries that are as if they were not written are left out, so a new kind of entry rebuilds no table. Hashes of
//! [`version2`] are accepted where they are those of the same contract; the next commit writes the new one.

mod digest;
mod version2;

use digest::hash_of;
use sluice_contract::{Column, Contract, EntryValue, Evolution, PartForm, Source, Start};
use sluice_lake::SchemaDocument;
use std::collections::BTreeMap;

/// The hash of a contract, as commits of silver carry it.
#[must_use]
pub(crate) fn silver_hash(contract: &Contract) -> String {
    let columns = contract.columns.iter();
    let columns = columns.map(|column| format!("{}\0{}", column.name, column_signature(contract, column)));
    let sources = source_hashes(contract).into_iter().map(|(name, hash)| format!("{name}\0{hash}"));
    hash_of(std::iter::once(rules_hash(contract)).chain(columns).chain(sources))
}

/// The entry that says how long a new column waits.
const REVIEW: &str = "source.review";

/// Entries of `source` that are of the table where it has several sources.
const IS_OF_TABLE: [&str; 4] = ["source.evolution", "source.schema_policy", "source.hints", "source.ignored"];

/// Of each of several sources a hash of everything that decides how its records are read, by name.
pub(crate) fn source_hashes(contract: &Contract) -> BTreeMap<String, String> {
    let is_ordered =
        contract.apply.sequence.iter().filter_map(|part| contract.column(part)).any(|of| of.is_source_name);
    let hash = |source: &Source| {
        let name = source.name.clone()?;
        let entries = contract.source_entries(source).into_iter();
        let is_own = |path: &str| path != REVIEW && !IS_OF_TABLE.contains(&path);
        let own = entries.filter(|value| is_own(&value.entry.path())).collect();
        let rank = contract.for_source(&name).filter(|_| is_ordered).map(|of| of.source_rank().to_string());
        Some((name, hash_of(std::iter::once("3".to_owned()).chain(rank).chain(deciding(own)))))
    };
    contract.sources.iter().filter_map(hash).collect()
}

/// The part of [`silver_hash`] that is not about single columns.
pub(crate) fn rules_hash(contract: &Contract) -> String {
    let order = has_log_positions(contract).then(|| "positions of a log".to_owned());
    let mut entries = contract.entries();
    // Silver lacks what it ignores anyhow where it takes no column that the contract does not have.
    if !contract.source.as_ref().is_some_and(takes_unknown) {
        entries.retain(|value| value.entry.path() != "source.ignored");
    }
    if !contract.columns.iter().any(|column| column.is_source_name) {
        entries.retain(|value| value.entry.path() != "source.name");
    }
    if contract.has_several_sources() {
        entries.retain(|value| value.entry.section != "source" || IS_OF_TABLE.contains(&value.entry.path().as_str()));
    }
    // Each has a hash of its own, so that another source reads no older record again. When columns appear is no matter
    // of what they are; those whose review is over change the columns.
    entries.retain(|value| !["sources", REVIEW].contains(&value.entry.path().as_str()));
    let mut quarantines: Vec<String> =
        contract.checks.iter().filter(|rule| rule.quarantines).map(|rule| format!("quality\0{}", rule.check)).collect();
    quarantines.sort();
    quarantines.dedup();
    let once = std::iter::once("3".to_owned());
    hash_of(once.chain(order).chain(folders(contract)).chain(quarantines).chain(deciding(entries)))
}

/// The folders that columns are taken from. They tell equal records apart, so they are of the order of events.
fn folders(contract: &Contract) -> Vec<String> {
    let mut keys: Vec<String> = contract.columns.iter().filter_map(|column| column.from_folder.clone()).collect();
    keys.sort();
    let words = (!keys.is_empty()).then(|| "folders".to_owned());
    words.into_iter().chain(keys).collect()
}

/// Hash of everything in a column but its name that decides its values.
pub(crate) fn column_signature(contract: &Contract, column: &Column) -> String {
    hash_of(std::iter::once("3".to_owned()).chain(deciding(contract.column_entries(column))))
}

/// Whether `hash` is that of the contract, in this version or the one before.
pub(crate) fn is_hash_of(hash: &str, contract: &Contract) -> bool {
    hash == silver_hash(contract) || (hash == version2::silver_hash(contract) && !is_beyond_version2(contract))
}

/// Whether silver was made by the contract's rules, apart from single columns.
pub(crate) fn has_rules_of(made_by: &SchemaDocument, contract: &Contract) -> bool {
    made_by.rules_hash == rules_hash(contract)
        || (version2::has_rules_of(made_by, contract) && !is_beyond_version2(contract))
}

/// Whether members that the contract does not have reach silver.
fn takes_unknown(source: &Source) -> bool {
    source.evolution.adds() || source.evolution == Evolution::Rescue
}

/// Whether the contract has what version 2 did not know.
fn is_beyond_version2(contract: &Contract) -> bool {
    let is_beyond = |source: &Source| {
        source.table.is_some()
            || contract.has_several_sources()
            || !source.restarts.is_empty()
            || (takes_unknown(source) && !source.ignored.is_empty())
            || source.from != Start::Beginning
    };
    has_log_positions(contract)
        || contract.apply.keep.is_some()
        || contract.checks.iter().any(|rule| rule.quarantines)
        || contract.columns.iter().any(|column| column.from.is_some() || column.since.is_some() || column.is_of_file())
        || contract.source.as_ref().is_some_and(is_beyond)
}

/// Whether a part of the sequence is a log position that is no number: such parts once counted as 0, so silver of
/// that time has another order.
fn has_log_positions(contract: &Contract) -> bool {
    contract.sequence().iter().any(|part| !PartForm::of(part).is_number())
}

/// Whether a signature is that of the column, in this version or the one before.
pub(crate) fn is_signature_of(signature: &str, contract: &Contract, column: &Column) -> bool {
    signature == column_signature(contract, column)
        || (signature == version2::column_signature(column) && column.since.is_none())
}

fn deciding(values: Vec<EntryValue>) -> impl Iterator<Item = String> {
    let deciding = values.into_iter().filter(|value| value.decides_silver() && value.is_set());
    deciding.flat_map(|value| [value.entry.path(), value.text])
}

#[cfg(test)]
mod tests;
