//! What the desktop does for the screens: the clipboard and the dialog for a folder.
//!
//! A page may write the clipboard only while a key or a button is being handled, and knows no folders. On Linux both
//! go through GTK, which the webview brings along; elsewhere the page does what it may.

use sluice_api::{ApiError, ErrorCode};
use tauri::AppHandle;
use tokio::sync::oneshot;

/// Puts a text on the clipboard.
///
/// # Errors
/// When this system's clipboard is written by the page.
pub(crate) async fn write_clipboard(app: &AppHandle, text: String) -> Result<(), ApiError> {
    on_main_thread(app, move |_| system::write_clipboard(&text)).await?
}

/// Asks for a folder; `None` if the person chose none.
///
/// # Errors
/// When this system has no dialog for it.
pub(crate) async fn choose_folder(app: &AppHandle) -> Result<Option<String>, ApiError> {
    on_main_thread(app, system::choose_folder).await?
}

/// Runs `work` where windows may be touched.
async fn on_main_thread<T: Send + 'static>(
    app: &AppHandle,
    work: impl FnOnce(&AppHandle) -> T + Send + 'static,
) -> Result<T, ApiError> {
    let (answer, answered) = oneshot::channel();
    let of_window = app.clone();
    let sent = app.run_on_main_thread(move || {
        // Nobody waits any more when the window is closing.
        let _ = answer.send(work(&of_window));
    });
    let closing = || ApiError::new(ErrorCode::Internal, "The window is closing", "Start Sluice again");
    sent.map_err(|_| closing())?;
    answered.await.map_err(|_| closing())
}

#[cfg(target_os = "linux")]
mod system {
    use gtk::prelude::{FileChooserExt as _, NativeDialogExt as _};
    use gtk::{Clipboard, FileChooserAction, FileChooserNative, ResponseType, Window};
    use sluice_api::{ApiError, ErrorCode};
    use tauri::{AppHandle, Manager as _};

    /// Puts a text on the clipboard.
    pub(super) fn write_clipboard(text: &str) -> Result<(), ApiError> {
        Clipboard::get(&gtk::gdk::SELECTION_CLIPBOARD).set_text(text);
        Ok(())
    }

    /// The dialog of the desktop, in front of the window.
    pub(super) fn choose_folder(app: &AppHandle) -> Result<Option<String>, ApiError> {
        let window = app.get_webview_window("main").and_then(|window| window.gtk_window().ok());
        let title = Some("Open a lake");
        let (action, accept, cancel) = (FileChooserAction::SelectFolder, Some("Open"), Some("Cancel"));
        let dialog = match &window {
            Some(window) => FileChooserNative::new(title, Some(window), action, accept, cancel),
            None => FileChooserNative::new(title, None::<&Window>, action, accept, cancel),
        };
        let chosen = (dialog.run() == ResponseType::Accept).then(|| dialog.filename()).flatten();
        match chosen.map(|folder| folder.into_os_string().into_string()) {
            None => Ok(None),
            Some(Ok(folder)) => Ok(Some(folder)),
            Some(Err(_)) => Err(ApiError::new(
                ErrorCode::Input,
                "The name of that folder is not UTF-8",
                "Rename the folder, or choose another",
            )),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use sluice_api::{ApiError, ErrorCode};
    use tauri::AppHandle;

    fn by_the_page(what: &str) -> ApiError {
        ApiError::new(ErrorCode::Input, format!("{what} is not there on this system"), "Write the path instead")
    }

    /// The page writes the clipboard here.
    pub(super) fn write_clipboard(_text: &str) -> Result<(), ApiError> {
        Err(by_the_page("The clipboard of the shell"))
    }

    /// The path is typed here.
    pub(super) fn choose_folder(_app: &AppHandle) -> Result<Option<String>, ApiError> {
        Err(by_the_page("The dialog for a folder"))
    }
}
