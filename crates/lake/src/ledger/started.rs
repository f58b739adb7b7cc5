//! When tables began that begin with their first run (`source.from: now`).

use crate::LakeError;
use crate::ledger::registry::Ledger;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sluice_contract::TableName;

#[derive(Debug, Serialize, Deserialize)]
struct Started {
    /// Milliseconds since 1970.
    at_ms: i64,
}

fn path_of(table: &TableName) -> String {
    format!("_sluice/started/{}/{}.json", table.dataset, table.table)
}

impl Ledger {
    /// When a table began, milliseconds since 1970; `None` if it has not yet.
    ///
    /// # Errors
    /// [`LakeError::Read`], [`LakeError::Corrupt`].
    pub async fn started_ms(&self, table: &TableName) -> Result<Option<i64>, LakeError> {
        let path = path_of(table);
        let bytes = match self.objects.read(&path).await {
            Ok(bytes) => bytes,
            Err(LakeError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let started: Started =
            serde_json::from_slice(&bytes).map_err(|error| LakeError::Corrupt { reason: error.to_string(), path })?;
        Ok(Some(started.at_ms))
    }

    /// Notes that a table begins at a time, unless it began before.
    ///
    /// # Errors
    /// [`LakeError::Write`].
    pub async fn put_started(&self, table: &TableName, at_ms: i64) -> Result<(), LakeError> {
        let path = path_of(table);
        let bytes = serde_json::to_vec(&Started { at_ms })
            .map_err(|error| LakeError::Corrupt { reason: error.to_string(), path: path.clone() })?;
        self.objects.put_new(&path, Bytes::from(bytes)).await.map(|_| ())
    }
}
