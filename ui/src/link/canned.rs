//! A transport that answers at once from closures, for tests.

use super::{Answer, Transport};
use sluice_api::{ApiError, PageRequest, Reply, Request};
use std::{cell::RefCell, rc::Rc};

type Replies = Box<dyn Fn(&Request) -> Option<Reply>>;
type Pages = Box<dyn Fn(&PageRequest) -> Result<Vec<u8>, ApiError>>;

/// Answers from closures and remembers what was asked.
pub struct Canned {
    replies: Replies,
    pages: Pages,
    answers: RefCell<Vec<Answer>>,
    asked: Rc<RefCell<Vec<Request>>>,
}

impl Canned {
    /// Answers with `replies` (nothing at all for `None`) and `pages`.
    pub fn new(
        replies: impl Fn(&Request) -> Option<Reply> + 'static,
        pages: impl Fn(&PageRequest) -> Result<Vec<u8>, ApiError> + 'static,
    ) -> Self {
        Self { replies: Box::new(replies), pages: Box::new(pages), answers: RefCell::default(), asked: Rc::default() }
    }

    /// Answers with the sample lake.
    #[must_use]
    pub fn sample() -> Self {
        Self::new(|request| Some(super::sample::reply(request)), super::sample::page)
    }

    /// What was asked so far, besides pages.
    #[must_use]
    pub fn asked(&self) -> Rc<RefCell<Vec<Request>>> {
        Rc::clone(&self.asked)
    }
}

impl Transport for Canned {
    fn call(&self, id: u64, request: Request) {
        let answer = (self.replies)(&request).map(|reply| Answer::Reply(id, Box::new(reply)));
        self.answers.borrow_mut().extend(answer);
        self.asked.borrow_mut().push(request);
    }

    fn page(&self, id: u64, page: PageRequest) {
        self.answers.borrow_mut().push(Answer::Page(id, (self.pages)(&page)));
    }

    fn poll(&self) -> Vec<Answer> {
        std::mem::take(&mut self.answers.borrow_mut())
    }
}
