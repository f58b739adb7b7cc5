//! Doctor: what is wrong with the change feed of a table, one line per finding.

mod inspector;
mod screen;
mod side;
mod words;

pub use screen::DoctorScreen;

#[cfg(test)]
mod tests;
