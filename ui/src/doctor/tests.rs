//! Tests of the screen with canned answers.

use crate::state::Tab;
use crate::tests::support::{Asked, Window, open as open_tab, orders_name};
use egui_kittest::kittest::Queryable as _;
use sluice_api::{Reply, Request};

fn open(change: impl Fn(&mut Reply) + 'static) -> (Window, Asked) {
    open_tab(Tab::Doctor { table: orders_name() }, change)
}

#[test]
fn the_worst_finding_comes_first_and_what_could_not_run_is_named() {
    let (window, asked) = open(|_| {});
    let asks =
        |request: &Request| matches!(request, Request::Doctor { source, batch: None, .. } if source == "shop.orders");
    assert_eq!(asked.borrow().iter().filter(|request| asks(request)).count(), 1);
    assert!(window.query_by_label_contains("The feed of shop.orders has 1 error").is_some());
    let top = |label: &str| window.get_by_label_contains(label).rect().top();
    assert!(top("error, TRUNCATED_FILE") < top("warning, SEQ_CONFLICT"));
    assert!(window.query_by_label("21 checks found nothing").is_some());
    assert!(window.query_by_label_contains("RECONCILE could not run: a dump").is_some());
}

#[test]
fn the_inspector_says_what_to_do_and_shows_the_record() {
    let (mut window, _) = open(|_| {});
    window.get_by_label_contains("warning, SEQ_CONFLICT").click();
    window.run_ok();
    window.run_ok();
    assert!(window.query_by_label_contains("Check 4 of 26").is_some());
    assert!(window.query_by_label_contains("apply.tie_policy").is_some());
    assert!(window.query_by_label_contains("docs/guides/doctor.md#seq_conflict").is_some());
    assert!(window.query_by_label_contains("\"order_id\":1204470").is_some());
}

#[test]
fn a_feed_of_which_nothing_ran_is_not_green() {
    let (window, _) = open(|reply| {
        if let Reply::Doctor(reports) = reply
            && let Some(report) = reports.first_mut()
        {
            report.findings.clear();
            report.passed.clear();
            report.verdict = "The feed of shop.orders has no records; 24 checks could not run".to_owned();
        }
    });
    assert!(window.query_by_label_contains("has no records").is_some());
    assert!(window.query_by_label_contains("checks found nothing").is_none());
}

#[test]
fn the_lake_itself_is_examined_when_asked_and_unknown_is_not_green() {
    let (mut window, asked) = open(|_| {});
    let examined = |asked: &Asked| asked.borrow().iter().any(|request| matches!(request, Request::LakeDoctor));
    assert!(!examined(&asked), "it writes an object, so nobody asks for it by looking");
    window.get_by_label("Examine the lake itself").click();
    window.run_ok();
    window.run_ok();
    assert!(examined(&asked));
    assert!(window.query_by_label_contains("warned, VERSIONING").is_some());
    assert!(window.query_by_label_contains("unknown, ENCRYPTION_AT_REST").is_some());
}
