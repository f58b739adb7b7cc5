//! Why a model was not refreshed the last time, kept beside the tables for whoever asks after the run.
//!
//! `_sluice/gold/<dataset>/<model>.json` is there while the model fails and gone once it is refreshed.

use crate::RunError;
use sluice_api::ApiError;
use sluice_contract::TableName;
use sluice_lake::{Lake, LakeError};

fn path(model: &TableName) -> String {
    format!("_sluice/gold/{}/{}.json", model.dataset, model.table)
}

/// Why the model was not refreshed the last time; `None` if it was. A file that does not hold what Sluice writes says
/// nothing, and the next run of the model writes it again.
///
/// # Errors
/// If the store does not answer.
pub(crate) async fn last_failure(lake: &Lake, model: &TableName) -> Result<Option<ApiError>, RunError> {
    match lake.objects().read(&path(model)).await {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(LakeError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Keeps how a refresh ended. Writes only what is not there.
///
/// # Errors
/// If the store cannot be read or written.
pub(super) async fn keep_outcome(lake: &Lake, model: &TableName, failed: Option<&ApiError>) -> Result<(), RunError> {
    let path = path(model);
    let Some(error) = failed else {
        if lake.objects().exists(&path).await? {
            lake.objects().delete(&path).await?;
        }
        return Ok(());
    };
    if last_failure(lake, model).await?.as_ref() != Some(error) {
        let text = serde_json::to_vec(error).map_err(|error| RunError::Internal(error.to_string()))?;
        lake.objects().put(&path, text.into()).await?;
    }
    Ok(())
}
