//! Drives the real window: the built desktop program, under a virtual display, by a person's means
//! (pointer and keys), seen through the names that a screen reader is given.
//!
//! `cargo xtask window` builds everything, lays out a lake with files left to step, and calls this.

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

/// Whether tests that do not reach their end yet are left out: all but with `SLUICE_WINDOW_UNFINISHED` set. What stops
/// each is in `docs/window-by-hand.md`.
fn is_unfinished_left_out() -> bool {
    let is_left_out = std::env::var_os("SLUICE_WINDOW_UNFINISHED").is_none();
    if is_left_out {
        eprintln!("SKIPPED: it does not reach its end yet; SLUICE_WINDOW_UNFINISHED=1 runs it");
    }
    is_left_out
}
