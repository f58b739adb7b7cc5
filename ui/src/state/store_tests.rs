//! What the store keeps, forgets and asks again.

use super::Store;
use crate::link::sample;
use sluice_api::{
    ApiError, ErrorCode, JobId, Kind, PublishScope, ReplayLimits, ReplaySummary, Reply, Request, TableName, TableRef,
    ask,
};

fn orders() -> TableRef {
    "silver.shop.orders".parse().unwrap()
}

/// Asks and has the sample lake answer.
fn ask(store: &mut Store, request: &Request) {
    store.begin(request);
    store.apply(request, sample::reply(request));
}

#[test]
fn another_lake_leaves_nothing_of_the_former_one() {
    let of_lake = [
        Request::Table { table: orders(), version: None },
        Request::TableRows { table: orders(), version: None },
        Request::Query { job: JobId(1), sql: "SELECT 1".to_owned() },
        Request::Diff { job: None, table: orders(), from: 41, to: 42 },
        Request::DiffFirst { table: orders(), from: 41, to: 42, rows: 10 },
        Request::RowHistory { table: orders(), key: vec![("order_id".to_owned(), "7".to_owned())] },
        Request::Fingerprint { table: orders(), version: None },
        plan_request(),
        Request::Publish {
            release: 15,
            base: Some(14),
            scope: PublishScope::Draft,
            message: String::new(),
            author: None,
            plan: None,
            during_incident: false,
            canary: false,
            without_tests: None,
        },
        Request::StartReplay { job: JobId(2), tables: Vec::new(), limits: ReplayLimits::default() },
    ];
    let of_host = [Request::Jobs, Request::LoadSession];
    let mut store = Store::default();
    for request in of_lake.iter().chain(&of_host) {
        ask(&mut store, request);
    }
    ask(&mut store, &Request::OpenLake { url: None, create: false });
    for request in &of_lake {
        assert!(request.kind().is_of_lake() && store.wants(request), "{request:?} is still known");
    }
    for request in &of_host {
        assert!(!store.wants(request), "{request:?} is not of the lake");
    }
    assert!(store.lake().value.is_some());
    assert!(store.diff_first(&orders(), 41, 42).value.is_none());
}

#[test]
fn a_lake_that_cannot_be_opened_leaves_the_open_one() {
    let mut store = Store::default();
    ask(&mut store, &Request::OpenLake { url: None, create: false });
    ask(&mut store, &Request::Table { table: orders(), version: None });
    let other = Request::OpenLake { url: Some("nowhere".to_owned()), create: false };
    store.begin(&other);
    assert!(store.lake().pending);
    store.apply(&other, Reply::Error(ApiError::new(ErrorCode::NotFound, "No lake there", "Choose another")));
    assert!(store.lake().value.is_some() && store.lake().error.is_some() && !store.lake().pending);
    assert!(store.table(&orders(), None).value.is_some());
}

#[test]
fn after_a_write_what_was_read_is_asked_again() {
    let table = Request::Table { table: orders(), version: None };
    let diff = Request::Diff { job: None, table: orders(), from: 41, to: 42 };
    let mut store = Store::default();
    ask(&mut store, &table);
    ask(&mut store, &diff);
    assert!(!store.wants(&table) && !store.wants(&diff));
    let replay = Request::StartReplay { job: JobId(3), tables: Vec::new(), limits: ReplayLimits::default() };
    assert_eq!(replay.kind(), Kind::WriteJob);
    store.begin(&replay);
    assert!(store.is_working());
    store.apply(&replay, Reply::StartReplay(ReplaySummary::default()));
    assert!(store.wants(&table), "the table may have a new version");
    assert!(!store.wants(&diff), "two versions stay what they are");
}

#[test]
fn a_result_that_is_replaced_is_given_back() {
    let rows = Request::TableRows { table: orders(), version: None };
    let mut store = Store::default();
    ask(&mut store, &rows);
    let old = store.rows(&orders(), None).value.map(|view| view.id);
    assert!(old.is_some());
    store.begin(&rows);
    assert_eq!(store.apply(&rows, sample::reply(&rows)), old);
}

#[test]
fn the_answer_of_another_request_is_an_error() {
    let table: TableName = "shop.orders".parse().unwrap();
    let replay = Request::Replay { table: table.clone(), max_files: None };
    let mut store = Store::default();
    store.begin(&replay);
    store.apply(&replay, Reply::PublishPlan(sample_plan()));
    let error = store.got::<ask::Replay>(&(table, None)).error.map(|error| error.code);
    assert_eq!(error, Some(ErrorCode::Internal));
}

fn plan_request() -> Request {
    Request::PublishPlan { scope: PublishScope::Draft, plan: None }
}

fn sample_plan() -> sluice_api::PublishPlan {
    let Reply::PublishPlan(plan) = sample::reply(&plan_request()) else { panic!("no plan") };
    plan
}
