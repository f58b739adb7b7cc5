//! Releases: what was published, what differs between two, taking one back, and plans that wait for approval.

mod audit;
mod diff;
mod inspector;
mod outcome;
mod screen;
mod side;
mod state;
#[cfg(test)]
mod tests;

pub use state::ReleasesScreen;
