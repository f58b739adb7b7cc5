//! Tests of the publish screen with canned answers.

use crate::Workbench;
use crate::command::Command;
use crate::link::{Canned, sample};
use crate::state::ScreenKind;
use crate::tests::support::window;
use egui::{Key, Modifiers};
use egui_kittest::{Harness, kittest::Queryable as _};
use sluice_api::{ApiError, ErrorCode, Reply, Request};
use std::{cell::RefCell, rc::Rc};

type Window = Harness<'static, Option<Workbench>>;
type Asked = Rc<RefCell<Vec<Request>>>;

fn opened(transport: Canned) -> Window {
    let mut window = window(transport);
    if let Some(bench) = window.state_mut() {
        bench.run(Command::Open(ScreenKind::Publish, None));
    }
    window.run_ok();
    window
}

fn type_name(window: &mut Window, name: &str) {
    window.get_by_label("Release name").focus();
    window.run_ok();
    window.get_by_label("Release name").type_text(name);
    window.run_ok();
}

fn enter(window: &mut Window) {
    window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    window.run_ok();
}

fn published(asked: &Asked) -> Vec<(u64, Option<u64>)> {
    let asked = asked.borrow();
    let found = asked.iter().filter_map(|request| match request {
        Request::Publish { release, base, .. } => Some((*release, *base)),
        _ => None,
    });
    found.collect()
}

#[test]
fn the_plan_shows_grades_effects_and_releases() {
    let window = opened(Canned::sample());
    assert!(window.query_by_label("r14 → r15").is_some());
    assert!(window.query_by_label("2 breaking").is_some());
    assert!(window.query_by_label("3 warnings").is_some());
    assert!(window.query_by_label("2 info").is_some());
    assert!(window.query_by_label_contains("Breaking: schema.customer_id updated, nullable → required").is_some());
    assert!(window.query_by_label_contains("shop.orders, 5 changes. Silver is rebuilt from bronze").is_some());
    assert!(window.query_by_label_contains("r14, current").is_some());
    assert!(window.query_by_label_contains("shop.orders v43 9f2c41d7").is_some());
}

#[test]
fn publishing_needs_the_typed_name() {
    let transport = Canned::sample();
    let asked = transport.asked();
    let mut window = opened(transport);
    enter(&mut window);
    window.get_by_label("Publish r15").click();
    window.run_ok();
    assert!(published(&asked).is_empty());
    type_name(&mut window, "r15");
    enter(&mut window);
    assert_eq!(published(&asked), [(15, Some(14))]);
    assert!(window.query_by_label("r15 is published").is_some());
    assert!(window.query_by_label_contains("releases/r15.json").is_some());
}

#[test]
fn a_conflict_is_shown_and_looked_at_again() {
    let replies = |request: &Request| match request {
        Request::Publish { .. } => Some(Reply::Error(ApiError::new(
            ErrorCode::Conflict,
            "mira published r15 first",
            "Look at the new plan, then publish again",
        ))),
        other => Some(sample::reply(other)),
    };
    let transport = Canned::new(replies, sample::page);
    let asked = transport.asked();
    let mut window = opened(transport);
    type_name(&mut window, "r15");
    enter(&mut window);
    assert!(window.query_by_label("mira published r15 first").is_some());
    asked.borrow_mut().clear();
    window.get_by_label("Look again").click();
    window.run_ok();
    assert!(asked.borrow().contains(&Request::PublishPlan));
    assert!(window.query_by_label("mira published r15 first").is_none());
}

#[test]
fn blockers_and_an_equal_draft_publish_nothing() {
    let blocked = |request: &Request| match (request, sample::reply(request)) {
        (Request::PublishPlan, Reply::PublishPlan(mut plan)) => {
            plan.blockers.push("shop.payments: 5.4 % of batch 29 in quarantine, limit 5 %".to_owned());
            Some(Reply::PublishPlan(plan))
        }
        (_, reply) => Some(reply),
    };
    let transport = Canned::new(blocked, sample::page);
    let asked = transport.asked();
    let mut window = opened(transport);
    type_name(&mut window, "r15");
    enter(&mut window);
    assert!(window.query_by_label_contains("5.4 % of batch 29 in quarantine, limit").is_some());
    assert!(published(&asked).is_empty());

    let equal = |request: &Request| match (request, sample::reply(request)) {
        (Request::PublishPlan, Reply::PublishPlan(mut plan)) => {
            plan.changes.clear();
            plan.hash.clone_from(&plan.releases[0].hash);
            Some(Reply::PublishPlan(plan))
        }
        (_, reply) => Some(reply),
    };
    let window = opened(Canned::new(equal, sample::page));
    assert!(window.query_by_label("Draft equals r14").is_some());
}

#[test]
fn a_draft_that_differs_in_its_text_alone_can_be_published() {
    let unlisted = |request: &Request| match (request, sample::reply(request)) {
        (Request::PublishPlan, Reply::PublishPlan(mut plan)) => {
            plan.changes.clear();
            Some(Reply::PublishPlan(plan))
        }
        (_, reply) => Some(reply),
    };
    let transport = Canned::new(unlisted, sample::page);
    let asked = transport.asked();
    let mut window = opened(transport);
    type_name(&mut window, "r15");
    enter(&mut window);
    assert_eq!(published(&asked), [(15, Some(14))]);
}
