//! Tests of the screen with canned answers.

use crate::state::Tab;
use crate::tests::support::{Asked, Window, open as open_tab, press};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use sluice_api::{ApiError, ErrorCode, Reply, Request};

fn open(change: impl Fn(&mut Reply) + 'static) -> (Window, Asked) {
    open_tab(Tab::LakeTests {}, change)
}

fn runs(asked: &Asked) -> usize {
    asked.borrow().iter().filter(|request| matches!(request, Request::RunLakeTests { .. })).count()
}

#[test]
fn tests_run_when_the_screen_opens_and_what_differs_is_below_each() {
    let (mut window, asked) = open(|_| {});
    window.run_ok();
    window.run_ok();
    assert_eq!(runs(&asked), 1);
    assert!(window.query_by_label_contains("passed, shop/orders/late_update.yaml").is_some());
    assert!(window.query_by_label_contains("failed, shop/orders/refund").is_some());
    assert!(window.query_by_label_contains("cannot be run, shop/payments/half_written.yaml").is_some());
    assert!(window.query_by_label("~ order_id = 1204377: status expected refunded, got paid").is_some());
    assert!(window.query_by_label("- order_id = 1204378: expected, not there").is_some());
    assert!(window.query_by_label_contains("line 3: unknown field `expects`").is_some());
    assert!(window.query_by_label("Tests: All 4").is_some() && window.query_by_label("Tests: Failing 2").is_some());
    window.get_by_label("Tests: Passed 2").click();
    window.run_ok();
    assert!(window.query_by_label_contains("failed, shop/orders/refund").is_none());
    press(&mut window, Modifiers::COMMAND, Key::Enter);
    assert_eq!(runs(&asked), 2);
}

#[test]
fn the_inspector_has_the_text_of_the_one_that_was_chosen() {
    let (mut window, _) = open(|_| {});
    window.run_ok();
    window.get_by_label_contains("passed, shop/payments/twice.yaml").click();
    window.run_ok();
    window.run_ok();
    assert!(window.query_by_label("Text of the test").is_some());
}

#[test]
fn a_lake_without_tests_says_how_to_begin_and_runs_none() {
    let (window, asked) = open(|reply| {
        if let Reply::LakeTests(tests) = reply {
            tests.clear();
        }
    });
    assert!(window.query_by_label("No tests yet").is_some());
    assert_eq!(runs(&asked), 0);
}

#[test]
fn a_run_that_fails_is_no_pass() {
    let (mut window, _) = open(|reply| {
        if matches!(reply, Reply::RunLakeTests(_)) {
            *reply = Reply::Error(ApiError::new(ErrorCode::Storage, "The temporary folder is full", "Make room"));
        }
    });
    window.run_ok();
    assert!(window.query_by_label_contains("The temporary folder is full").is_some());
    assert!(window.query_by_label_contains("not run, shop/orders/late_update.yaml").is_some());
}
