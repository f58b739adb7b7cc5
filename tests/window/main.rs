//! Drives the real window: the built desktop program, under a virtual display, by a person's means
//! (pointer and keys), seen through the names that a screen reader is given.
//!
//! `cargo xtask window` builds everything, lays out a lake with files left to step, and calls this.

mod bad_batch;
mod bad_records;
mod display;
mod driver;
mod hands;
mod journey;
mod keys;
mod lake;
mod pictures;
mod script;
mod story;
mod window;
