//! The one place where the shell meets the engine: bytes in, bytes out.

use sluice_api::{ApiError, ErrorCode, PageRequest, Reply, Request};
use sluice_runner::{Host, HostOptions};
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

/// The engine, shared by all calls of the page.
#[derive(Clone)]
pub(crate) struct Engine {
    host: Arc<Host>,
}

impl Engine {
    pub(crate) fn new(lake: Option<String>, session_file: PathBuf) -> Self {
        let options = HostOptions { lake, session_file: Some(session_file), ..HostOptions::default() };
        Self { host: Arc::new(Host::new(options)) }
    }

    /// Hands one request over. A bug in the engine ends this call, not the window.
    pub(crate) async fn handle(&self, request: Request) -> Reply {
        let host = Arc::clone(&self.host);
        match run_isolated(move || async move { host.handle(request).await }).await {
            Ok(reply) => reply,
            Err(error) => Reply::Error(error),
        }
    }

    /// Rows of a result as an Arrow IPC stream.
    pub(crate) async fn page(&self, page: PageRequest) -> Result<Vec<u8>, ApiError> {
        let host = Arc::clone(&self.host);
        run_isolated(move || async move { host.page(page).await }).await?
    }
}

/// Runs `work` on a thread of its own, so that its panic comes back as an error and long work holds
/// up no other call.
async fn run_isolated<T, F>(work: impl FnOnce() -> F + Send + 'static) -> Result<T, ApiError>
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(work())).await.map_err(|_| {
        ApiError::new(
            ErrorCode::Internal,
            "This call failed inside Sluice; the lake keeps its last whole version",
            "Try again. If the error persists, report it with the text that the terminal shows",
        )
    })
}
