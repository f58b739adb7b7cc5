//! Other tables of the lake that checks look at.

use crate::checks::rules::all;
use crate::files::table_files::TableFiles;
use sluice_api::{Layer, TableRef};
use sluice_contract::{CheckRule, Contract, Parent, ParentLayer, ParentVersion, TableName};
use std::collections::{BTreeMap, BTreeSet};

/// The tables that the checks of a contract look at besides the own one, as [`parents_of`] names them.
pub type ParentTables = BTreeMap<TableRef, ParentTable>;

/// Another table, for the checks that look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParentTable {
    /// A version of it.
    Version {
        /// Its number.
        version: u64,
        /// Its columns and files.
        files: TableFiles,
    },
    /// There is none that could be looked at.
    Unavailable {
        /// Why, in a sentence; the reason of checks that are not evaluated because of it.
        reason: String,
    },
}

impl ParentTable {
    /// The number of the version, if there is one.
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        match self {
            Self::Version { version, .. } => Some(*version),
            Self::Unavailable { .. } => None,
        }
    }
}

/// The tables that the checks of a contract look at besides the own one.
#[must_use]
pub fn parents_of(contract: &Contract) -> BTreeSet<TableRef> {
    contract.checks.iter().filter_map(|rule| other_table(contract, rule)).collect()
}

/// For every check in the list of all: whether it looks at another table.
#[must_use]
pub fn foreign_keys(contract: &Contract) -> Vec<bool> {
    all(contract).iter().map(|rule| other_table(contract, rule).is_some()).collect()
}

/// The other table that a rule looks at.
pub(crate) fn other_table(contract: &Contract, rule: &CheckRule) -> Option<TableRef> {
    let table = parent_table(rule.check.parent()?, &contract.name);
    let own = table.layer == Layer::Silver && table.name == contract.name;
    (!own).then_some(table)
}

/// The table that a check of `child` points to.
pub(crate) fn parent_table(parent: &Parent, child: &TableName) -> TableRef {
    let layer = match parent.layer {
        ParentLayer::Silver => Layer::Silver,
        ParentLayer::Gold => Layer::Gold,
    };
    TableRef { layer, name: parent.name(child) }
}

/// The version of the other table that a rule was evaluated against.
pub(crate) fn parent_version(contract: &Contract, rule: &CheckRule, parents: &ParentTables) -> Option<ParentVersion> {
    let table = other_table(contract, rule)?;
    let version = parents.get(&table).and_then(ParentTable::version);
    Some(ParentVersion { table: table.to_string(), version })
}
