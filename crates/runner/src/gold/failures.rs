//! Why a model was not refreshed the last time, kept beside the tables for whoever asks after the run.
//!
//! `_sluice/gold/<dataset>/<model>.json` is there while the model fails and gone once it is refreshed.

use crate::RunError;
use sluice_api::ApiError;
use sluice_contract::TableName;
use sluice_lake::{Lake, LakeError};
use std::collections::BTreeSet;

const FOLDER: &str = "_sluice/gold";

fn path(model: &TableName) -> String {
    format!("{FOLDER}/{}/{}.json", model.dataset, model.table)
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

/// The models that failed the last time.
///
/// # Errors
/// If the store does not answer.
pub(super) async fn failing(lake: &Lake) -> Result<BTreeSet<String>, RunError> {
    Ok(lake.objects().list(FOLDER).await?.into_iter().map(|file| file.path).collect())
}

/// Keeps how a refresh ended; `failing` are the models that failed before. Writes only what is not there.
///
/// # Errors
/// If the store cannot be read or written.
pub(super) async fn keep_outcome(
    lake: &Lake,
    model: &TableName,
    failed: Option<&ApiError>,
    failing: &BTreeSet<String>,
) -> Result<(), RunError> {
    let path = path(model);
    let failed_before = failing.contains(&path);
    let Some(error) = failed else {
        if failed_before {
            lake.objects().delete(&path).await?;
        }
        return Ok(());
    };
    let is_kept = failed_before && last_failure(lake, model).await?.as_ref() == Some(error);
    if !is_kept {
        let text = serde_json::to_vec(error).map_err(|error| RunError::Internal(error.to_string()))?;
        lake.objects().put(&path, text.into()).await?;
    }
    Ok(())
}
