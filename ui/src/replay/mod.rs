//! Replay: batches of a table on one x axis, what each did, and stepping through the files that wait.

mod actions;
mod axis;
mod cells;
mod decision;
mod incident;
mod inspector;
mod model;
mod overview;
mod plots;
mod preview;
mod sandbox_side;
mod screen;
mod state;
mod timeline;
mod toolbar;

pub use state::ReplayScreen;

#[cfg(test)]
mod tests;
