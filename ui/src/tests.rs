//! Tests of the window with canned answers.

mod frame;
mod support;
