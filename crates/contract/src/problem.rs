//! What is wrong in a contract text.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A mistake in a contract text, with its place and a fix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// File.
    pub file: String,
    /// Line, from 1; 0 if unknown.
    pub line: u32,
    /// Column, from 1; 0 if unknown.
    pub column: u32,
    /// What is wrong, a sentence without its full stop.
    pub message: String,
    /// What a person can do about it; empty if nothing is known.
    #[serde(rename = "mend")]
    pub fix: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        if self.fix.is_empty() { Ok(()) } else { write!(f, ". {}", self.fix) }
    }
}

impl std::error::Error for Problem {}

/// A [`Problem`] without its place: what is wrong with a value by itself, such as a type or a check, wherever it is
/// written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong, a sentence without its full stop.
    pub message: String,
    /// What a person can do about it.
    pub fix: String,
}

impl Mistake {
    /// A mistake with its fix.
    #[must_use]
    pub fn new(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { message: message.into(), fix: fix.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}", self.message, self.fix)
    }
}

impl std::error::Error for Mistake {}
