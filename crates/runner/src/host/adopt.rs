//! Accepting what other programs committed.

use super::Host;
use crate::RunError;
use crate::pipeline::adopt::adopt;
use sluice_api::{Adopted, Answer, ask};

impl Answer<ask::Adopt> for Host {
    async fn answer(&self, request: ask::Adopt) -> Result<Adopted, RunError> {
        adopt(&self.opened().await?.lake, &request.table).await
    }
}
