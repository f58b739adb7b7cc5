//! A table beside its source: what is compared with what, what differs, and what puts it right.

mod form;
mod inspector;
mod repair;
mod screen;
mod state;
mod words;

pub use state::ReconcileScreen;

#[cfg(test)]
mod tests;
