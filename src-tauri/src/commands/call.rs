//! `call`: one request of the page, one reply.

use super::{body_of, not_understood};
use crate::desktop;
use crate::engine::Engine;
use crate::window::FirstFrame;
use sluice_api::{ApiError, ErrorCode, Reply, Request};
use tauri::{AppHandle, State, ipc};

/// Takes the JSON of a [`Request`] as bytes and answers with the JSON of a [`Reply`] as bytes.
/// Errors travel inside the reply. Requests about the desktop itself are answered here.
#[tauri::command]
pub(crate) async fn call(
    app: AppHandle,
    body: ipc::Request<'_>,
    engine: State<'_, Engine>,
    first_frame: State<'_, FirstFrame>,
) -> Result<ipc::Response, String> {
    let reply = match read(&body) {
        Ok(Request::FirstFrame { since_load_ms }) => {
            first_frame.drawn(since_load_ms);
            Reply::FirstFrame(())
        }
        Ok(Request::WriteClipboard { text }) => match desktop::write_clipboard(&app, text).await {
            Ok(()) => Reply::WriteClipboard(()),
            Err(error) => Reply::Error(error),
        },
        Ok(Request::ChooseFolder) => match desktop::choose_folder(&app).await {
            Ok(folder) => Reply::ChooseFolder(folder),
            Err(error) => Reply::Error(error),
        },
        Ok(request) => engine.handle(request).await,
        Err(error) => Reply::Error(error),
    };
    write(&reply).map(ipc::Response::new)
}

fn read(body: &ipc::Request<'_>) -> Result<Request, ApiError> {
    serde_json::from_slice(body_of(body)?).map_err(|error| not_understood(&error))
}

fn write(reply: &Reply) -> Result<Vec<u8>, String> {
    serde_json::to_vec(reply).or_else(|_| {
        let error = ApiError::new(ErrorCode::Internal, "The answer could not be written as JSON", "");
        serde_json::to_vec(&Reply::Error(error)).map_err(|error| error.to_string())
    })
}
