//! The quarantine of a table: every record that is not in silver, why, what became of it, and what is done with it.

mod bar;
mod inspector;
mod record;
mod screen;
mod state;

pub use state::QuarantineScreen;

#[cfg(test)]
mod tests;
