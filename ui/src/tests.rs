//! Tests of the window with canned answers.

mod frame;
pub(crate) mod support;
