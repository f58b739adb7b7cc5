//! Answers from the sample lake, to look at the screens in a browser.

use super::{Answer, Transport, sample};
use egui::Context;
use sluice_api::Request;
use std::cell::RefCell;

/// Answers at once.
pub struct SampleTransport {
    answers: RefCell<Vec<Answer>>,
    ctx: Context,
}

impl SampleTransport {
    /// Repaints `ctx` when an answer comes.
    #[must_use]
    pub fn new(ctx: Context) -> Self {
        Self { answers: RefCell::default(), ctx }
    }
}

impl Transport for SampleTransport {
    fn call(&self, id: u64, request: Request) {
        let answer = match &request {
            Request::Page { page } => Answer::Page(id, sample::page(page)),
            other => Answer::Reply(id, sample::reply(other)),
        };
        self.answers.borrow_mut().push(answer);
        self.ctx.request_repaint();
    }

    fn poll(&self) -> Vec<Answer> {
        std::mem::take(&mut self.answers.borrow_mut())
    }
}
