//! Trace: what became of a delivered file or record, from its file to gold.

mod inspector;
mod screen;
mod way;
mod words;

pub use screen::TraceScreen;

#[cfg(test)]
mod tests;
