//! What a lake knows of the keys of its keyed hashes: a check value of each, never a key.
//!
//! Values that were hashed with two keys do not meet, and nobody sees it. So the first key of a name is the only one.

use crate::LakeError;
use crate::ledger::registry::Ledger;
use crate::store::objects::PutNew;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
struct KeyDocument {
    /// What the key makes of its own name.
    check: String,
}

fn path_of(name: &str) -> String {
    format!("_sluice/keys/{name}.json")
}

impl Ledger {
    /// The check value of the key of a name; `None` if none was used yet.
    ///
    /// # Errors
    /// [`LakeError::Read`], [`LakeError::Corrupt`].
    pub async fn hash_key_check(&self, name: &str) -> Result<Option<String>, LakeError> {
        let path = path_of(name);
        let bytes = match self.objects.read(&path).await {
            Ok(bytes) => bytes,
            Err(LakeError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let document: KeyDocument =
            serde_json::from_slice(&bytes).map_err(|error| LakeError::Corrupt { reason: error.to_string(), path })?;
        Ok(Some(document.check))
    }

    /// Notes the check value of the key of a name, unless there is one.
    ///
    /// # Errors
    /// [`LakeError::Write`].
    pub async fn put_hash_key_check(&self, name: &str, check: &str) -> Result<PutNew, LakeError> {
        let path = path_of(name);
        let document = KeyDocument { check: check.to_owned() };
        let bytes = serde_json::to_vec(&document)
            .map_err(|error| LakeError::Corrupt { reason: error.to_string(), path: path.clone() })?;
        self.objects.put_new(&path, Bytes::from(bytes)).await
    }
}
