//! Tests of the window with canned answers.

mod frame;
mod grid;
mod keys;
mod palette;
mod sandboxes;
mod session;
pub(crate) mod support;
mod tree;
