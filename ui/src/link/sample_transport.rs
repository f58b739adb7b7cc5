//! Answers from the sample lake, to look at the screens in a browser.

use super::{Answer, Transport, sample};
use egui::Context;
use sluice_api::{PageRequest, Request};
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
        self.answers.borrow_mut().push(Answer::Reply(id, Box::new(sample::reply(&request))));
        self.ctx.request_repaint();
    }

    fn page(&self, id: u64, page: PageRequest) {
        self.answers.borrow_mut().push(Answer::Page(id, sample::page(&page)));
        self.ctx.request_repaint();
    }

    fn poll(&self) -> Vec<Answer> {
        std::mem::take(&mut self.answers.borrow_mut())
    }
}
