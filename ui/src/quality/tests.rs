//! The quality screen.

use crate::Workbench;
use crate::command::Command;
use crate::link::{Canned, sample};
use crate::state::Tab;
use crate::tests::support::window;
use egui_kittest::{Harness, kittest::Queryable as _};
use sluice_api::{ApiError, ErrorCode, QualityView, Reply, Request, TableName};
use std::{cell::RefCell, rc::Rc};

type Window = Harness<'static, Option<Workbench>>;

fn orders() -> TableName {
    "shop.orders".parse().unwrap()
}

fn run(window: &mut Window, command: Command) {
    window.state_mut().as_mut().unwrap().run(command);
    window.run_ok();
    window.run_ok();
}

fn open(change: impl Fn(&mut QualityView) + 'static) -> (Window, Rc<RefCell<Vec<Request>>>) {
    let canned = Canned::new(
        move |request| {
            let mut reply = sample::reply(request);
            if let Reply::Quality(view) = &mut reply {
                change(view);
            }
            Some(reply)
        },
        sample::page,
    );
    let asked = canned.asked();
    let mut window = window(canned);
    run(&mut window, Command::OpenTab(Tab::Quality { table: orders() }));
    (window, asked)
}

fn failing(asked: &RefCell<Vec<Request>>, index: u32) -> bool {
    asked.borrow().iter().any(|request| matches!(request, Request::FailingRows { check, .. } if *check == index))
}

#[test]
fn verdict_checks_and_quarantine_are_shown() {
    let (window, _) = open(|_| {});
    assert!(window.query_by_label_contains("v43 was not published, v42 stays visible").is_some());
    assert!(window.query_by_label("Check null_percentage(customer_id) < 0.01").is_some());
    assert!(window.query_by_label("Observed 1.42 % null").is_some());
    assert!(window.query_by_label("Checks: Fail 1").is_some());
    assert!(window.query_by_label("TYPE_MISMATCH, 214 records, since batch 31").is_some());
    assert!(window.query_by_label("A value is not of the type in the contract").is_some());
    assert!(window.query_by_label("Check again").is_some());
    assert!(window.query_by_label("shop.orders, failed 1 fail 2 warn").is_some());
}

#[test]
fn the_failing_rows_of_the_chosen_check_are_asked_for() {
    let (mut window, asked) = open(|_| {});
    assert!(failing(&asked, 0), "the first failure is chosen");
    assert!(window.query_all_by_label_contains(", fails").count() > 0);
    assert!(!failing(&asked, 2));
    window.get_by_label_contains("Check accepted_values").click_accesskit();
    window.run_ok();
    window.run_ok();
    assert!(failing(&asked, 2));
}

#[test]
fn a_check_that_holds_or_was_not_evaluated_asks_for_no_rows() {
    let (mut window, asked) = open(|view| {
        view.checks.retain(|check| check.outcome.failed.unwrap_or(0) == 0);
        view.refused_batch = None;
    });
    // What is not known comes before what passed.
    assert!(window.query_by_label("This check was not evaluated").is_some());
    assert!(window.query_by_label("silver.shop.carriers does not exist yet").is_some());
    window.get_by_label("Check row_count > 0").click_accesskit();
    window.run_ok();
    window.run_ok();
    assert!(window.query_by_label("It passed").is_some());
    assert!(!asked.borrow().iter().any(|request| matches!(request, Request::FailingRows { .. })));
}

#[test]
fn an_outcome_filters_the_checks() {
    let (mut window, _) = open(|_| {});
    window.get_by_label("Checks: Warn 2").click();
    window.run_ok();
    assert!(window.query_by_label("Check row_count > 0").is_none());
    assert!(window.query_by_label_contains("Check accepted_values").is_some());
}

#[test]
fn checking_again_asks_again() {
    let (mut window, asked) = open(|_| {});
    asked.borrow_mut().clear();
    window.get_by_label("Check again").click();
    window.run_ok();
    assert!(asked.borrow().iter().any(|request| matches!(request, Request::Quality { .. })));
}

#[test]
fn nothing_to_see_is_said() {
    let (window, _) = open(|view| {
        view.checks.clear();
        view.quarantine.clear();
        (view.refused_batch, view.quarantined_rows) = (None, None);
    });
    assert!(window.query_by_label("No checks yet").is_some());
    assert!(window.query_by_label("Nothing in quarantine").is_some());
    let (window, _) = open(|view| (view.version, view.refused_batch) = (None, None));
    assert!(window.query_by_label("Nothing to check yet").is_some());
}

#[test]
fn an_error_says_what_stays_safe() {
    let canned = Canned::new(
        |request| match request {
            Request::Quality { .. } => Some(Reply::Error(ApiError::new(
                ErrorCode::Input,
                "contracts/shop.orders.yaml line 14 column 5: `amuont` is not a column",
                "Fix the contract",
            ))),
            _ => Some(sample::reply(request)),
        },
        sample::page,
    );
    let mut window = window(canned);
    run(&mut window, Command::OpenTab(Tab::Quality { table: orders() }));
    assert!(window.query_by_label_contains("`amuont` is not a column").is_some());
    assert!(window.query_by_label("Silver is unchanged. Fix the contract").is_some());
}
