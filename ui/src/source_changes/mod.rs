//! Schema changes: what changed in the shape of sources, and deciding what it is.

mod inspector;
mod screen;
#[cfg(test)]
mod tests;
mod words;

pub use screen::SourceChangesScreen;
