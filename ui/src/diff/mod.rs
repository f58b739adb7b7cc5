//! Diff: what changed between two versions of a table, counts first, then cell by cell.

mod bar;
mod cells;
mod counts;
mod embedded;
mod filter;
mod inspector;
mod kind;
mod model;
mod options;
mod rows;
mod screen;
mod seek;
mod side;
mod side_words;
mod state;
mod versions;

pub(crate) use embedded::changed_rows;
pub use state::DiffScreen;

#[cfg(test)]
mod tests;
