//! The desktop window's IPC: raw bytes out, an `ArrayBuffer` back.

use super::{Answer, Transport};
use egui::Context;
use js_sys::{ArrayBuffer, Promise, Uint8Array};
use sluice_api::{ApiError, ErrorCode, PageRequest, Reply, Request};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast as _, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, spawn_local};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["window", "__TAURI__", "core"], js_name = invoke, catch)]
    fn invoke(command: &str, body: &Uint8Array) -> Result<Promise, JsValue>;
}

/// Talks to the desktop shell.
pub struct TauriTransport {
    answers: Rc<RefCell<Vec<Answer>>>,
    ctx: Context,
}

impl TauriTransport {
    /// Repaints `ctx` when an answer comes.
    #[must_use]
    pub fn new(ctx: Context) -> Self {
        Self { answers: Rc::default(), ctx }
    }

    /// Waits for an answer beside the frames.
    fn answer_with(&self, answer: impl Future<Output = Answer> + 'static) {
        let (answers, ctx) = (Rc::clone(&self.answers), self.ctx.clone());
        spawn_local(async move {
            let answer = answer.await;
            answers.borrow_mut().push(answer);
            ctx.request_repaint();
            crate::mirror::wake();
        });
    }
}

impl Transport for TauriTransport {
    fn call(&self, id: u64, request: Request) {
        self.answer_with(async move {
            let reply = send("call", serde_json::to_vec(&request)).await;
            let reply = reply.and_then(|bytes| decode(&bytes)).unwrap_or_else(Reply::Error);
            Answer::Reply(id, Box::new(reply))
        });
    }

    fn page(&self, id: u64, page: PageRequest) {
        self.answer_with(async move { Answer::Page(id, send("page", serde_json::to_vec(&page)).await) });
    }

    fn poll(&self) -> Vec<Answer> {
        std::mem::take(&mut self.answers.borrow_mut())
    }
}

fn decode(bytes: &[u8]) -> Result<Reply, ApiError> {
    serde_json::from_slice(bytes).map_err(|_| {
        ApiError::new(
            ErrorCode::Internal,
            "An answer of the shell could not be read",
            "Nothing was changed. Restart Sluice, and report this if it happens again",
        )
    })
}

async fn send(command: &str, body: Result<Vec<u8>, serde_json::Error>) -> Result<Vec<u8>, ApiError> {
    let body = body.map_err(|_| ApiError::new(ErrorCode::Internal, "A request could not be written", ""))?;
    let promise = invoke(command, &Uint8Array::from(body.as_slice())).map_err(|_| no_shell())?;
    match JsFuture::from(promise).await {
        Ok(value) => value
            .dyn_into::<ArrayBuffer>()
            .map(|buffer| Uint8Array::new(&buffer).to_vec())
            .map_err(|_| ApiError::new(ErrorCode::Internal, "The shell answered without bytes", "Restart Sluice")),
        Err(problem) => Err(rejected(&problem)),
    }
}

/// A rejection carries an [`ApiError`] as JSON, else its own words.
fn rejected(problem: &JsValue) -> ApiError {
    let text = problem.as_string().unwrap_or_default();
    serde_json::from_str(&text)
        .unwrap_or_else(|_| ApiError::new(ErrorCode::Internal, "The shell refused the request", text))
}

fn no_shell() -> ApiError {
    ApiError::new(
        ErrorCode::Internal,
        "This page is not running inside the Sluice window",
        "Start Sluice instead of opening the page in a browser",
    )
}
