//! The only module that talks to a host.

#[cfg(not(target_arch = "wasm32"))]
mod canned;
#[cfg(any(not(target_arch = "wasm32"), feature = "sample"))]
pub mod sample;
#[cfg(all(target_arch = "wasm32", feature = "sample"))]
mod sample_transport;
#[cfg(target_arch = "wasm32")]
mod tauri;

#[cfg(not(target_arch = "wasm32"))]
pub use canned::Canned;
#[cfg(all(target_arch = "wasm32", feature = "sample"))]
pub use sample_transport::SampleTransport;
#[cfg(target_arch = "wasm32")]
pub use tauri::TauriTransport;

use sluice_api::{ApiError, Reply, Request};

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Answer to any request but a page.
    Reply(u64, Reply),
    /// Answer to [`Request::Page`]: an Arrow IPC stream.
    Page(u64, Result<Vec<u8>, ApiError>),
}

/// Carries requests to a host and answers back, without waiting.
pub trait Transport {
    /// Sends `request`; its answer will carry `id`.
    fn call(&self, id: u64, request: Request);

    /// Answers that came since the last call.
    fn poll(&self) -> Vec<Answer>;
}
