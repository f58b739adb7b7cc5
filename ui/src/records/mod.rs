//! The records of a batch: what each does, what was decided of it, and dropping or editing it in a sandbox.

mod bar;
mod inspector;
mod record;
mod screen;
mod state;

pub use state::RecordsScreen;

#[cfg(test)]
mod tests;
