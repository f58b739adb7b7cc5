//! Plans as files of the person's.

use super::Host;
use super::export::from_home;
use crate::RunError;
use crate::support::rows_file::write_new_file;
use sluice_api::{Answer, PlanDocument, ask};

impl Answer<ask::SavePlan> for Host {
    async fn answer(&self, request: ask::SavePlan) -> Result<(), RunError> {
        let ask::SavePlan { file, plan } = request;
        let mut text = serde_json::to_vec_pretty(&plan).map_err(|error| RunError::Internal(error.to_string()))?;
        text.push(b'\n');
        write_new_file(&from_home(&file), &text)?;
        Ok(())
    }
}

impl Answer<ask::OpenPlan> for Host {
    async fn answer(&self, request: ask::OpenPlan) -> Result<PlanDocument, RunError> {
        let path = from_home(&request.file);
        let read = tokio::fs::read(&path).await;
        let bytes = read.map_err(|source| RunError::File { path: path.display().to_string(), source })?;
        Ok(sluice_publish::read_plan(&bytes)?)
    }
}
