//! Row history: every version of one row, newest first, and what each changed.

pub(crate) mod find;
mod header;
mod inspector;
mod list;
mod markdown;
mod screen;
mod state;
mod verdict;
mod versions;

pub use state::HistoryScreen;

#[cfg(test)]
mod tests;
