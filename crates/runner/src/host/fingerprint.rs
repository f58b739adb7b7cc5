//! The content of a table as one number.

use super::Host;
use crate::RunError;
use crate::support::table_content::table_fingerprint;
use sluice_api::{Answer, TableFingerprint, ask};

impl Answer<ask::Fingerprint> for Host {
    async fn answer(&self, request: ask::Fingerprint) -> Result<TableFingerprint, RunError> {
        let ask::Fingerprint { table, version } = request;
        let (store, snapshot) = self.opened().await?.snapshot(&table, version).await?;
        let fingerprint = table_fingerprint(&store, &snapshot).await?;
        Ok(TableFingerprint { table, version: snapshot.version, fingerprint })
    }
}
