//! The two doors between the page and the engine; both carry raw bytes in both directions.

pub(crate) mod call;
pub(crate) mod page;

use serde_json::Error as JsonError;
use sluice_api::{ApiError, ErrorCode};
use tauri::ipc::{InvokeBody, Request};

/// The body of a call. The page always sends bytes; JSON means that the fast way is blocked.
fn body_of<'a>(request: &'a Request<'_>) -> Result<&'a [u8], ApiError> {
    match request.body() {
        InvokeBody::Raw(bytes) => Ok(bytes),
        InvokeBody::Json(_) => Err(ApiError::new(
            ErrorCode::Internal,
            "A call arrived as JSON values instead of bytes",
            "Reload the window with Ctrl R",
        )),
    }
}

/// A body that cannot be read: page and engine are not of one build.
fn not_understood(error: &JsonError) -> ApiError {
    // The position only: the text of the error may quote what was typed.
    ApiError::new(
        ErrorCode::Internal,
        format!("The engine does not understand this call (column {})", error.column()),
        "Build screens and window again with `cargo xtask demo`",
    )
}
