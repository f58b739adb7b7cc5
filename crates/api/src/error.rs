//! Errors as a person sees them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What kind of trouble it is; decides colour, exit code and whether retry makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The words of the call are wrong (unknown table, bad SQL, bad contract).
    Input,
    /// The named thing does not exist.
    NotFound,
    /// No lake is named and none is open. Nothing went wrong: whoever starts has to say which.
    NoLake,
    /// Write conflict: someone else wrote first; look again.
    Conflict,
    /// The store or disk refused or failed.
    Storage,
    /// A check of severity `fail` did not hold; the last good version stays.
    Quality,
    /// Production would be written by a draft that nobody published; a sandbox is the place for it.
    Unpublished,
    /// A plan is no longer what would be done: look at a new one.
    Stale,
    /// Others have to agree first: an approval is missing, or an incident lock is open.
    NotAllowed,
    /// The person or a signal stopped it.
    Cancelled,
    /// A bug in Sluice.
    Internal,
}

/// An error with what happened, what stays safe and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// Kind.
    pub code: ErrorCode,
    /// What happened; names file, row, column where there are some. No row values.
    pub message: String,
    /// What to do next.
    pub next: String,
}

impl ApiError {
    /// An error of `code` with its message and next step.
    pub fn new(code: ErrorCode, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self { code, message: message.into(), next: next.into() }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.next.is_empty() { f.write_str(&self.message) } else { write!(f, "{}. {}", self.message, self.next) }
    }
}

impl std::error::Error for ApiError {}
