//! What can go wrong, with what to do next.

use serde::{Deserialize, Serialize};
use sluice_api::{ApiError, ErrorCode};
use std::fmt;
use std::time::Duration;

/// Where in user SQL, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlPlace {
    /// Line.
    pub line: u32,
    /// Character in the line.
    pub column: u32,
    /// Character in the whole text, from 0.
    pub position: u32,
}

impl fmt::Display for SqlPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Kind of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueryErrorKind {
    /// The SQL, the contract or the call is wrong.
    Input,
    /// The SQL would do more than read.
    Refused,
    /// The named result, table or check does not exist.
    NotFound,
    /// The person stopped it.
    Cancelled,
    /// It took longer than it may.
    TimedOut,
    /// Memory or disk did not suffice, or a file could not be read.
    Resources,
    /// A bug in Sluice.
    Internal,
}

/// An error of the engine. Holds no row values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct QueryError {
    /// Kind.
    pub kind: QueryErrorKind,
    /// What happened.
    pub message: String,
    /// Where in the SQL, if DuckDB knows.
    pub place: Option<SqlPlace>,
    /// What to do next.
    pub next: String,
}

impl QueryError {
    /// An error without a place.
    pub(crate) fn new(kind: QueryErrorKind, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self { kind, message: message.into(), place: None, next: next.into() }
    }

    /// Wrong words of the caller.
    pub(crate) fn input(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(QueryErrorKind::Input, message, next)
    }

    /// Not read-only.
    pub(crate) fn refused(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(QueryErrorKind::Refused, message, next)
    }

    /// No such thing.
    pub(crate) fn not_found(message: impl Into<String>, next: impl Into<String>) -> Self {
        Self::new(QueryErrorKind::NotFound, message, next)
    }

    /// A bug.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(
            QueryErrorKind::Internal,
            message,
            "Try again. If the error persists, report it with the steps to reproduce it",
        )
    }

    /// Stopped because it took longer than `limit`.
    pub(crate) fn timed_out(limit: Duration) -> Self {
        Self::new(
            QueryErrorKind::TimedOut,
            format!("The SQL did not end within {} s and was stopped", limit.as_secs_f64()),
            "Read fewer rows or aggregate earlier; for queries, --query-timeout allows more",
        )
    }

    /// More memory than it may use.
    pub(crate) fn out_of_memory() -> Self {
        Self::new(
            QueryErrorKind::Resources,
            "The query needs more memory than it may use",
            "Read fewer columns or rows, aggregate earlier, or add a LIMIT",
        )
    }

    /// Stopped by the person.
    pub(crate) fn cancelled() -> Self {
        Self::new(QueryErrorKind::Cancelled, "The query was stopped", "Run it again when you want its result")
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(place) = self.place {
            write!(f, " ({place})")?;
        }
        if self.next.is_empty() { Ok(()) } else { write!(f, ". {}", self.next) }
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        let code = match error.kind {
            QueryErrorKind::Input | QueryErrorKind::Refused | QueryErrorKind::TimedOut => ErrorCode::Input,
            QueryErrorKind::NotFound => ErrorCode::NotFound,
            QueryErrorKind::Cancelled => ErrorCode::Cancelled,
            QueryErrorKind::Resources => ErrorCode::Storage,
            QueryErrorKind::Internal => ErrorCode::Internal,
        };
        let message = match error.place {
            Some(place) => format!("{} ({place})", error.message),
            None => error.message,
        };
        Self::new(code, message, error.next)
    }
}
