//! A small lake for tests and for looking at the screens without a host.

mod lake;
mod rows;

pub use rows::page;

use sluice_api::{ApiError, ErrorCode, Reply, Request, ResultView};

/// Answer of the sample lake.
#[must_use]
pub fn reply(request: &Request) -> Reply {
    match request {
        Request::OpenLake { .. } | Request::Lake | Request::SaveContract { .. } => Reply::Lake(lake::view()),
        Request::Table { table, version } => match lake::table(table, *version) {
            Some(view) => Reply::Table(view),
            None => Reply::Error(ApiError::new(
                ErrorCode::NotFound,
                format!("{table} is not in this lake"),
                "Choose a table of the tree",
            )),
        },
        Request::TableRows { table, version } => Reply::Result(rows::of_table(table, *version)),
        Request::Query { .. } | Request::Refine { .. } | Request::FailingRows { .. } => Reply::Result(rows::orders()),
        Request::Jobs => Reply::Jobs(lake::jobs()),
        Request::LoadSession => Reply::Session(None),
        Request::Page { .. }
        | Request::DropResult { .. }
        | Request::Cancel { .. }
        | Request::SaveSession { .. }
        | Request::FirstFrame { .. } => Reply::Done,
        _ => Reply::Error(ApiError::new(ErrorCode::NotFound, "The sample lake has no answer to this", "Open a lake")),
    }
}

/// The result with ten million rows.
#[must_use]
pub fn ten_million() -> ResultView {
    rows::ten_million()
}
