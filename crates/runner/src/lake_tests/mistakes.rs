//! What is wrong with a test beside its contract.

use crate::RunError;
use crate::contract_set::ContractSet;
use sluice_api::Problem;
use sluice_contract::{LakeTest, TableName};

/// A mistake of a test that only shows beside its contract.
pub(super) fn problem(test: &LakeTest, line: u32, message: impl Into<String>, fix: impl Into<String>) -> Problem {
    Problem { file: test.path.clone(), line, column: 1, message: message.into(), fix: fix.into() }
}

/// Why a table has no valid contract.
pub(super) fn no_contract(set: &ContractSet, name: &TableName, test: &LakeTest, line: u32) -> Problem {
    match set.contract(name) {
        Err(RunError::Contract(problems)) if !problems.is_empty() => problems.into_iter().next(),
        Err(error) => {
            let error = error.to_api();
            Some(problem(test, line, error.message, error.next))
        }
        Ok(_) => None,
    }
    .unwrap_or_else(|| problem(test, line, format!("{name} has no source"), "Give its contract a source"))
}
