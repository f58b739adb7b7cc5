//! A small lake for tests and for looking at the screens without a host.

mod diff;
mod lake;
mod onboard;
mod publish;
mod quality;
mod replay;
mod row_history;
mod rows;

pub use replay::with_batches;

use sluice_api::{ApiError, ContractCheck, ErrorCode, PageRequest, ReplaySummary, Reply, Request, ResultView};

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
        Request::Replay { table } => Reply::Replay(replay::view(table)),
        Request::StartReplay { .. } => Reply::Replayed(ReplaySummary::default()),
        Request::Diff { table, from, to, .. } => Reply::Diff(diff::view(table, *from, *to)),
        Request::DiffFirst { table, from, to, .. } => Reply::Diff(diff::first(table, *from, *to)),
        Request::RowHistory { table, .. } => Reply::RowHistory(row_history::view(table)),
        Request::Quality { table } => Reply::Quality(quality::view(table)),
        Request::Refine { result, .. } if *result == diff::RESULT => Reply::Result(diff::result()),
        Request::Refine { result, .. } if *result == quality::QUARANTINED => Reply::Result(quality::quarantined()),
        Request::Query { .. } | Request::Refine { .. } | Request::FailingRows { .. } => Reply::Result(rows::orders()),
        Request::InspectSource { source } => Reply::Source(onboard::source(source)),
        Request::InferContract { path, .. } => Reply::Draft(Box::new(onboard::draft(path))),
        Request::PublishPlan => Reply::PublishPlan(publish::plan()),
        Request::Publish { release, note, .. } => Reply::Published(publish::published(*release, note)),
        Request::Jobs => Reply::Jobs(lake::jobs()),
        Request::LoadSession => Reply::Session(None),
        Request::Page { .. }
        | Request::DropResult { .. }
        | Request::Cancel { .. }
        | Request::SaveSession { .. }
        | Request::FirstFrame { .. } => Reply::Done,
        Request::CheckContract { .. } => Reply::ContractCheck(ContractCheck { name: None, problems: Vec::new() }),
    }
}

/// A page of a result of the sample lake.
///
/// # Errors
/// When Arrow cannot write it.
pub fn page(request: &PageRequest) -> Result<Vec<u8>, ApiError> {
    match request.result {
        diff::RESULT => diff::page(request),
        row_history::RESULT => row_history::page(request),
        quality::QUARANTINED => quality::page(request),
        onboard::SAMPLE => onboard::page(request),
        _ => rows::page(request),
    }
}

/// The result with ten million rows.
#[must_use]
pub fn ten_million() -> ResultView {
    rows::ten_million()
}
