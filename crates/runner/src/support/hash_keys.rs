//! The keys of a contract's keyed hashes.

use crate::RunError;
use sluice_cdc::key_check;
use sluice_contract::{Contract, HashKey, HashKeys};
use sluice_lake::Lake;
use std::sync::Arc;

/// The contract with the keys of its keyed hashes, which have to be those that the lake was hashed with before.
///
/// # Errors
/// When a key is not known here, or is another one; the lake cannot be read.
pub(crate) async fn with_keys(lake: &Lake, contract: &Arc<Contract>) -> Result<Arc<Contract>, RunError> {
    let names = contract.key_names();
    if names.is_empty() {
        return Ok(Arc::clone(contract));
    }
    let mut keys = HashKeys::default();
    for name in names {
        let variable = HashKey::variable(name);
        let Some(key) = lake.secrets().hash_key(name) else {
            let message = format!("{}: the key `{name}` of its keyed hashes is not known here", contract.name);
            let next = format!("Set {variable} to it, at least {} letters; it stays in no file", HashKey::BYTES_MIN);
            return Err(RunError::input(message, next));
        };
        check(lake, contract, name, &key).await?;
        keys.insert(name, key);
    }
    Ok(Arc::new(contract.as_ref().clone().with_keys(keys)))
}

/// Notes in the lake which keys its hashes are made with, so that no other key of the same name is taken later.
///
/// # Errors
/// When another writer was faster with another key; the lake cannot be written.
pub(crate) async fn remember_keys(lake: &Lake, contract: &Contract) -> Result<(), RunError> {
    for (name, key) in contract.keys.iter() {
        // Whichever was first is compared.
        let _ = lake.ledger().put_hash_key_check(name, &key_check(key, name)).await?;
        check(lake, contract, name, key).await?;
    }
    Ok(())
}

async fn check(lake: &Lake, contract: &Contract, name: &str, key: &HashKey) -> Result<(), RunError> {
    match lake.ledger().hash_key_check(name).await? {
        Some(known) if known != key_check(key, name) => {
            let message = format!(
                "{}: the key `{name}` in {} is another one than the hashes of this lake were made with, so equal values \
                 would no longer be equal",
                contract.name,
                HashKey::variable(name)
            );
            let next = "Set the former key. For a new one write another name in keyed_hash; silver is rebuilt with it";
            Err(RunError::input(message, next))
        }
        _ => Ok(()),
    }
}
