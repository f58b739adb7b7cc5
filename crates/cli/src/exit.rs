//! How the command ends.

use crate::print::note;
use sluice_api::{ApiError, ErrorCode};
use std::process::ExitCode;

/// An end without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything done.
    Done,
    /// A table stopped, the others completed.
    TableStopped,
    /// Someone else writes the tables.
    Held,
    /// A check of severity `fail` does not hold.
    CheckFailed,
    /// A comparison found differences.
    Different,
    /// A contract was not saved, because something about it has to be decided first.
    QuestionsOpen,
    /// Cancelled on a whole batch.
    Cancelled,
}

impl Exit {
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Done => 0,
            Self::TableStopped => 3,
            Self::Held => 5,
            Self::CheckFailed => 6,
            Self::Different => 7,
            Self::QuestionsOpen => 8,
            Self::Cancelled => 130,
        })
    }
}

/// Prints an error with its next step and gives its exit code.
pub(crate) fn report(error: &anyhow::Error, json: bool) -> ExitCode {
    let known = error.downcast_ref::<ApiError>().cloned();
    let shown = known.unwrap_or_else(|| ApiError::new(ErrorCode::Internal, format!("{error:#}"), ""));
    if json {
        match serde_json::to_string(&serde_json::json!({ "error": shown })) {
            Ok(text) => note(text),
            Err(_) => note("{}"),
        }
    } else {
        note(format_args!("error: {}", shown.message));
        if !shown.next.is_empty() {
            note(format_args!("next: {}", shown.next));
        }
    }
    ExitCode::from(code_of(shown.code))
}

/// Exit code of a kind of error.
pub(crate) fn code_of(code: ErrorCode) -> u8 {
    match code {
        ErrorCode::Internal => 1,
        ErrorCode::Input | ErrorCode::NotFound | ErrorCode::NoLake | ErrorCode::Unpublished => 2,
        ErrorCode::Storage => 4,
        ErrorCode::Conflict => 5,
        ErrorCode::Quality => 6,
        ErrorCode::Stale => 9,
        ErrorCode::NotAllowed => 10,
        ErrorCode::Cancelled => 130,
    }
}
