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

use sluice_api::{ApiError, PageRequest, Reply, Request};

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Answer to a request.
    Reply(u64, Box<Reply>),
    /// Rows of a result: an Arrow IPC stream.
    Page(u64, Result<Vec<u8>, ApiError>),
}

/// Carries requests to a host and answers back, without waiting.
pub trait Transport {
    /// Sends `request`; its answer will carry `id`.
    fn call(&self, id: u64, request: Request);

    /// Asks for rows of a result; the answer will carry `id`.
    fn page(&self, id: u64, page: PageRequest);

    /// Answers that came since the last call.
    fn poll(&self) -> Vec<Answer>;
}
