//! Tests of the lake: which pass, what differs in the others, and their text.

mod list;
mod screen;
mod text;

pub use screen::LakeTestsScreen;

#[cfg(test)]
mod tests;
