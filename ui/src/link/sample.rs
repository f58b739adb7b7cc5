//! A small lake for tests and for looking at the screens without a host.

mod batch_records;
mod bisect;
mod diff;
mod doctor;
mod explain;
mod lake;
mod lake_tests;
mod onboard;
mod publish;
mod quality;
mod quarantine;
mod reconcile;
mod replay;
mod row_history;
mod rows;
mod source_changes;
mod trace;

pub use replay::with_batches;

use sluice_api::{
    ApiError, ContractCheck, ErrorCode, PageRequest, PublishScope, QuarantineFilter, QueryFile, RecordFilter,
    ReplaySummary, Reply, Request, ResultView,
};

/// Answer of the sample lake.
#[must_use]
pub fn reply(request: &Request) -> Reply {
    match request {
        Request::OpenLake { .. } => Reply::OpenLake(lake::view()),
        Request::Lake => Reply::Lake(lake::view()),
        Request::SaveModel { .. } => Reply::SaveModel(lake::view()),
        Request::Queries | Request::SaveQuery { .. } => {
            let name = "late orders".to_owned();
            let sql = "SELECT *\nFROM silver.shop.orders\nWHERE shipped_at IS NULL".to_owned();
            let queries = vec![QueryFile { name, sql }];
            match request {
                Request::Queries => Reply::Queries(queries),
                _ => Reply::SaveQuery(queries),
            }
        }
        Request::SaveContract { .. } => Reply::SaveContract(lake::view()),
        Request::Table { table, version } => match lake::table(table, *version) {
            Some(view) => Reply::Table(view),
            None => Reply::Error(ApiError::new(
                ErrorCode::NotFound,
                format!("{table} is not in this lake"),
                "Choose a table of the tree",
            )),
        },
        Request::TableRows { table, version } => Reply::TableRows(rows::of_table(table, *version)),
        Request::Replay { table, max_files } => Reply::Replay(replay::view(table, *max_files)),
        Request::PreviewReplay { tables, .. } => Reply::PreviewReplay(replay::preview(tables)),
        Request::StartReplay { .. } => Reply::StartReplay(ReplaySummary::default()),
        Request::Diff { table, from, to, .. } => Reply::Diff(diff::view(table, *from, *to)),
        Request::DiffFirst { table, from, to, .. } => Reply::DiffFirst(diff::first(table, *from, *to)),
        Request::RowHistory { table, .. } => Reply::RowHistory(row_history::view(table)),
        Request::Doctor { source, .. } => Reply::Doctor(doctor::reports(source)),
        Request::LakeDoctor => Reply::LakeDoctor(doctor::lake()),
        Request::Trace { file, record, .. } => Reply::Trace(trace::traces(file, *record)),
        Request::Explain { table, key, .. } => Reply::Explain(explain::view(table, key)),
        Request::Bisect { table, .. } => Reply::Bisect(bisect::view(table)),
        Request::LakeTests => Reply::LakeTests(lake_tests::views()),
        Request::SaveLakeTest { .. } => Reply::SaveLakeTest(lake_tests::views()),
        Request::ExplainTest { .. } => Reply::ExplainTest(lake_tests::saved()),
        Request::WriteIncident { file, .. } => Reply::WriteIncident(lake_tests::incident(file.as_deref())),
        Request::RunLakeTests { .. } => Reply::RunLakeTests(lake_tests::report(true)),
        Request::Reconcile { table, with, .. } => Reply::Reconcile(reconcile::view(table, with)),
        Request::RepairFromSource { table, with, by, .. } => {
            Reply::RepairFromSource(reconcile::repair(table, with, *by))
        }
        Request::Quality { table } => Reply::Quality(quality::view(table)),
        Request::Quarantine { filter, .. } => Reply::Quarantine(quarantine::list(filter)),
        Request::ChangeQuarantine { .. } => Reply::ChangeQuarantine(quarantine::list(&QuarantineFilter::default())),
        Request::ReplayQuarantine { table, .. } => Reply::ReplayQuarantine(quarantine::replayed(table)),
        Request::Refine { result, .. } if *result == diff::RESULT => Reply::Refine(diff::result()),
        Request::Refine { result, .. } if *result == quality::QUARANTINED => Reply::Refine(quality::quarantined()),
        Request::Refine { .. } => Reply::Refine(rows::orders()),
        Request::Query { .. } => Reply::Query(rows::orders()),
        Request::FailingRows { .. } => Reply::FailingRows(rows::orders()),
        Request::InspectSource { source } => Reply::InspectSource(onboard::source(source)),
        Request::InferContract { path, .. } => Reply::InferContract(onboard::draft(path)),
        Request::CheckContract { .. } => Reply::CheckContract(ContractCheck { name: None, problems: Vec::new() }),
        Request::Sandboxes => Reply::Sandboxes(lake::sandboxes()),
        Request::NewSandbox { name, .. } => Reply::NewSandbox(lake::sandbox(name)),
        Request::RemoveSandbox { name } => Reply::RemoveSandbox(lake::removed(name)),
        Request::PublishPlan { scope, .. } => Reply::PublishPlan(publish::plan(scope)),
        Request::Publish { release, message, .. } => Reply::Publish(publish::published(*release, message)),
        Request::ProposeRelease { scope, .. } => Reply::ProposeRelease(publish::proposed(scope, false)),
        Request::ApprovePlan { .. } => Reply::ApprovePlan(publish::proposed(&PublishScope::Draft, true)),
        Request::LockReleases { because, .. } => Reply::LockReleases(publish::lock(because)),
        Request::UnlockReleases { .. } => Reply::UnlockReleases(publish::lock("incident 4711")),
        Request::Releases => Reply::Releases(publish::list()),
        Request::Release { release } => match publish::detail(*release) {
            Some(detail) => Reply::Release(detail),
            None => Reply::Error(ApiError::new(ErrorCode::NotFound, "There is no such release", "Choose another")),
        },
        Request::SavePlan { .. } => Reply::SavePlan(()),
        Request::OpenPlan { .. } => Reply::OpenPlan(publish::plan(&PublishScope::Draft).document),
        Request::DiffSides { to, .. } => Reply::DiffSides(diff::of_sides(&to.table)),
        Request::ExportResult { file, .. } => Reply::ExportResult(diff::exported(file)),
        Request::ReleaseDiff { from, to } => Reply::ReleaseDiff(publish::diff(*from, *to)),
        Request::DecideBatch { table, .. } => Reply::DecideBatch(replay::view(table, None)),
        Request::BatchRecords { table, batch, filter } => {
            Reply::BatchRecords(batch_records::list(table, *batch, filter))
        }
        Request::DecideRecords { table, batch, .. } => {
            Reply::DecideRecords(batch_records::list(table, *batch, &RecordFilter::default()))
        }
        Request::SourceChanges { .. } => Reply::SourceChanges(source_changes::inbox()),
        Request::DecideSourceChanges { choices, .. } => Reply::DecideSourceChanges(source_changes::chosen(choices)),
        Request::Jobs => Reply::Jobs(lake::jobs()),
        Request::LoadSession => Reply::LoadSession(None),
        Request::DropResult { .. } => Reply::DropResult(()),
        Request::Cancel { .. } => Reply::Cancel(()),
        Request::SaveSession { .. } => Reply::SaveSession(()),
        Request::WriteClipboard { .. } => Reply::WriteClipboard(()),
        Request::ChooseFolder => Reply::ChooseFolder(None),
        Request::FirstFrame { .. } => Reply::FirstFrame(()),
        // What no screen asks needs no sample.
        _ => Reply::Error(ApiError::new(ErrorCode::NotFound, "The sample lake does not know this", "Open a lake")),
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
        batch_records::RESULT => batch_records::page(request),
        quarantine::RESULT => quarantine::page(request),
        onboard::SAMPLE => onboard::page(request),
        _ => rows::page(request),
    }
}

/// The result with ten million rows.
#[must_use]
pub fn ten_million() -> ResultView {
    rows::ten_million()
}
