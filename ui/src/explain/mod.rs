//! Why a row has its values: the verdict, every event of its key, and the row with the event behind each value.

mod events;
mod inspector;
mod row;
mod save_test;
mod screen;
mod state;
mod words;

pub(crate) use inspector::show as event_ui;
pub use state::ExplainScreen;

#[cfg(test)]
mod tests;
