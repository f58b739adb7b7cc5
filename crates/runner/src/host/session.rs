//! The screens' session on this machine.

use super::Host;
use crate::RunError;
use sluice_api::{Answer, ask};
use std::path::PathBuf;

/// Bytes of a session.
const SESSION_BYTES_MAX: usize = 4 << 20;

impl Host {
    /// The session file of the open lake: every lake has its own tabs.
    async fn session_path(&self) -> Option<PathBuf> {
        let file = self.options.session_file.as_ref()?;
        let Ok(open) = self.opened().await else { return Some(file.clone()) };
        let hash = blake3::hash(open.lake.url().as_bytes()).to_hex();
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or("session");
        Some(file.with_file_name(format!("{stem}-{}.json", &hash[..12])))
    }
}

impl Answer<ask::LoadSession> for Host {
    async fn answer(&self, _request: ask::LoadSession) -> Result<Option<String>, RunError> {
        let Some(path) = self.session_path().await else { return Ok(None) };
        match tokio::fs::read_to_string(&path).await {
            Ok(session) => Ok(Some(session)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(RunError::File { path: path.display().to_string(), source }),
        }
    }
}

impl Answer<ask::SaveSession> for Host {
    async fn answer(&self, request: ask::SaveSession) -> Result<(), RunError> {
        let session = request.session;
        let Some(path) = self.session_path().await else { return Ok(()) };
        if session.len() > SESSION_BYTES_MAX {
            return Err(RunError::input("The session is larger than 4 MiB", "Close some tabs"));
        }
        let file_error = |source| RunError::File { path: path.display().to_string(), source };
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder).await.map_err(file_error)?;
        }
        // Written beside and renamed, so that a crash leaves the old one whole.
        let beside = path.with_extension("new");
        tokio::fs::write(&beside, session).await.map_err(file_error)?;
        tokio::fs::rename(&beside, &path).await.map_err(file_error)?;
        Ok(())
    }
}

impl Answer<ask::FirstFrame> for Host {
    async fn answer(&self, _request: ask::FirstFrame) -> Result<(), RunError> {
        Ok(())
    }
}

/// A host has no clipboard and nobody to ask.
fn no_window(what: &str) -> RunError {
    RunError::input(format!("{what} needs the window"), "Start `sluice-desktop`")
}

impl Answer<ask::WriteClipboard> for Host {
    async fn answer(&self, _request: ask::WriteClipboard) -> Result<(), RunError> {
        Err(no_window("The clipboard"))
    }
}

impl Answer<ask::ChooseFolder> for Host {
    async fn answer(&self, _request: ask::ChooseFolder) -> Result<Option<String>, RunError> {
        Err(no_window("Choosing a folder"))
    }
}
