//! Diff: what changed between two versions of a table, counts first, then cell by cell.

mod bar;
mod cells;
mod counts;
mod filter;
mod inspector;
mod kind;
mod model;
mod rows;
mod screen;
mod seek;
mod side;
mod state;
mod versions;

pub use state::DiffScreen;

#[cfg(test)]
mod tests;
