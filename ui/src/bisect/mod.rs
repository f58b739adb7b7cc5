//! Since when something is so in a table: what is looked for, the versions that were looked at, and where it began.

mod form;
mod screen;
mod state;
mod steps;

pub use state::BisectScreen;

#[cfg(test)]
mod tests;
