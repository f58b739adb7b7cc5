//! `page`: rows of a result.

use super::{body_of, not_understood};
use crate::engine::Engine;
use sluice_api::ApiError;
use tauri::{State, ipc};

/// Takes the JSON of a [`sluice_api::PageRequest`] as bytes and answers with an Arrow IPC stream.
/// An error is the JSON of an [`ApiError`].
#[tauri::command]
pub(crate) async fn page(body: ipc::Request<'_>, engine: State<'_, Engine>) -> Result<ipc::Response, ApiError> {
    let wanted = serde_json::from_slice(body_of(&body)?).map_err(|error| not_understood(&error))?;
    engine.page(wanted).await.map(ipc::Response::new)
}
