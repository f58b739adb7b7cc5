//! A lake in memory, in which everything is the same at every run.

use crate::RunError;
use sluice_contract::{Contract, HashKey, HashKeys};
use sluice_lake::{Clock, IdGenerator, Lake, LakeEnvironment, Secrets};
use std::path::PathBuf;
use std::sync::Arc;

/// The key of every keyed hash in a test, so that no test needs a secret.
const TEST_KEY: &str = "the key of keyed hashes in tests of a lake";

/// An empty lake. `folder`: where copies of its files are put for DuckDB; `contracts`: those whose keyed hashes it makes.
pub(super) fn memory_lake<'a>(
    folder: PathBuf,
    now_ms: i64,
    contracts: impl Iterator<Item = &'a Arc<Contract>>,
) -> Result<Lake, RunError> {
    let environment = LakeEnvironment {
        clock: Clock::fixed(now_ms),
        ids: IdGenerator::seeded(1),
        cache_folder: Some(folder),
        secrets: test_secrets(contracts),
        ..LakeEnvironment::default()
    };
    Ok(Lake::in_memory(environment)?)
}

/// One key for all keyed hashes of contracts.
pub(crate) fn test_secrets<'a>(contracts: impl Iterator<Item = &'a Arc<Contract>>) -> Secrets {
    let mut keys = HashKeys::default();
    for contract in contracts {
        for name in contract.key_names() {
            if let Some(key) = HashKey::new(TEST_KEY.to_owned()) {
                keys.insert(name, key);
            }
        }
    }
    Secrets::Given(keys)
}
