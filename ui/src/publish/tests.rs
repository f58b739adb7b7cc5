//! Tests of the publish screen with canned answers.

use crate::Workbench;
use crate::command::Command;
use crate::link::{Canned, sample};
use crate::state::ScreenKind;
use crate::tests::support::window;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::{Harness, kittest::Queryable as _};
use sluice_api::{
    ApiError, CanaryTable, ErrorCode, IncidentLock, Layer, PublishScope, PublishedTable, Reply, Request, TableName,
    TableRef,
};
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
fn the_bars_know_the_release_once_it_is_published() {
    let transport = Canned::sample();
    let asked = transport.asked();
    let mut window = opened(transport);
    asked.borrow_mut().clear();
    type_name(&mut window, "r15");
    enter(&mut window);
    window.run_ok();
    assert!(asked.borrow().contains(&Request::Lake), "no screen but the frame asks for the lake here");
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
    assert!(asked.borrow().iter().any(|request| matches!(request, Request::PublishPlan { .. })));
    assert!(window.query_by_label("mira published r15 first").is_none());
}

#[test]
fn blockers_and_an_equal_draft_publish_nothing() {
    let blocked = |request: &Request| match (request, sample::reply(request)) {
        (Request::PublishPlan { .. }, Reply::PublishPlan(mut plan)) => {
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
        (Request::PublishPlan { .. }, Reply::PublishPlan(mut plan)) => {
            plan.document.changes.clear();
            plan.document.hash.clone_from(&plan.releases[0].hash);
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
        (Request::PublishPlan { .. }, Reply::PublishPlan(mut plan)) => {
            plan.document.changes.clear();
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

/// The sample lake with a plan that `change` rewrites, and what was asked of it.
fn with_plan(change: impl Fn(&mut sluice_api::PublishPlan) + 'static) -> (Window, Asked) {
    let replies = move |request: &Request| match sample::reply(request) {
        Reply::PublishPlan(mut plan) => {
            change(&mut plan);
            Some(Reply::PublishPlan(plan))
        }
        reply => Some(reply),
    };
    let transport = Canned::new(replies, sample::page);
    let asked = transport.asked();
    (opened(transport), asked)
}

/// The last request to publish.
fn last_publish(asked: &Asked) -> Request {
    let asked = asked.borrow();
    let found = asked.iter().rev().find(|request| matches!(request, Request::Publish { .. }));
    found.cloned().unwrap_or_else(|| panic!("nothing was published"))
}

#[test]
fn exactly_the_plan_on_screen_is_published_with_message_and_author() {
    let (mut window, asked) = with_plan(|_| {});
    assert!(window.query_by_label_contains("Plan 77d2f9e1c0de").is_some());
    assert!(window.query_by_label_contains("1,919,380 rows, read by shop.daily_revenue").is_some());
    for (field, text) in [("Message of the release", "Refunds onboarded"), ("Author", "jonas")] {
        window.get_by_label(field).focus();
        window.run_ok();
        window.get_by_label(field).type_text(text);
        window.run_ok();
    }
    type_name(&mut window, "r15");
    enter(&mut window);
    let Request::Publish { scope, message, author, plan, .. } = last_publish(&asked) else { panic!("no publish") };
    assert_eq!((scope, message.as_str(), author.as_deref()), (PublishScope::Draft, "Refunds onboarded", Some("jonas")));
    assert!(plan.is_some_and(|plan| plan.plan.starts_with("77d2f9e1c0de")));
}

#[test]
fn decisions_on_records_are_listed_with_what_they_change() {
    let (window, _) = with_plan(|plan| {
        let table: TableName = "shop.orders".parse().unwrap();
        let decision = sluice_api::PlannedDecision {
            number: 1,
            action: sluice_api::RecordAction::Drop,
            batches: [41].into(),
            records: 3,
            because: "test orders".to_owned(),
            by: "mira".to_owned(),
            at_ms: 0,
        };
        let decided = sluice_api::TableDecisions { table: table.clone(), decisions: vec![decision], hash: None };
        plan.document.records = vec![decided];
        for effect in plan.document.tables.iter_mut().filter(|effect| effect.table == table) {
            effect.recomputed_keys = Some(2);
        }
        plan.changed_rows = vec![(table, [0, 1, 2])];
        plan.document.base_hash = Some(plan.document.hash.clone());
    });
    assert!(window.query_by_label("shop.orders: 3 records dropped by mira: test orders").is_some());
    assert!(window.query_by_label("shop.orders: 2 keys recomputed, all other rows stay").is_some());
    assert!(window.query_by_label("shop.orders: 0 rows inserted, 1 updated, 2 deleted in the sandbox").is_some());
    assert!(window.query_by_label_contains("The draft equals").is_none(), "there is something to publish");
}

#[test]
fn tables_can_be_left_out() {
    let (mut window, asked) = with_plan(|_| {});
    window.get_by_label_contains("shop.payments, 1 change, in the release").click();
    window.run_ok();
    window.run_ok();
    assert!(window.query_by_label_contains("shop.payments, 1 change, left out").is_some());
    assert!(window.query_by_label("2 warnings").is_some(), "that of payments is not counted");
    assert!(window.query_by_label_contains("Plan 15aa8b0c77d2").is_some());
    type_name(&mut window, "r15");
    enter(&mut window);
    let tables = ["shop.orders", "shop.refunds"].map(|name| name.parse().unwrap()).to_vec();
    let Request::Publish { scope, plan, .. } = last_publish(&asked) else { panic!("no publish") };
    assert_eq!(scope, PublishScope::Tables(tables));
    assert!(plan.is_some_and(|plan| plan.plan.starts_with("15aa8b0c77d2")));
}

#[test]
fn where_others_have_to_approve_the_plan_is_proposed() {
    let (mut window, asked) = with_plan(|plan| plan.approvals_needed = 1);
    assert!(window.query_by_label("0 of 1 approval, not proposed yet").is_some());
    type_name(&mut window, "r15");
    window.get_by_label("Propose r15").click();
    window.run_ok();
    assert!(asked.borrow().iter().any(|request| matches!(request, Request::ProposeRelease { .. })));
    assert!(published(&asked).is_empty());
    assert!(window.query_by_label("The plan 77d2f9e1c0de is proposed").is_some());
}

#[test]
fn an_incident_keeps_everybody_from_publishing() {
    let (mut window, asked) = with_plan(|plan| {
        plan.lock = Some(IncidentLock { by: "jonas".to_owned(), since_ms: 0, because: "incident 4711".to_owned() });
    });
    assert!(window.query_by_label("Locked by jonas: incident 4711").is_some());
    type_name(&mut window, "r15");
    enter(&mut window);
    assert!(published(&asked).is_empty());
}

#[test]
fn a_release_can_be_a_canary_first() {
    let (mut window, asked) = with_plan(|_| {});
    assert!(window.query_by_label_contains("The runner compares with the same inputs").is_some());
    window.get_by_role_and_label(Role::Switch, "As a canary first").click();
    window.run_ok();
    type_name(&mut window, "r15");
    enter(&mut window);
    assert!(matches!(last_publish(&asked), Request::Publish { canary: true, .. }));
}

#[test]
fn a_table_of_a_canary_is_one_line() {
    let table = |name: &str| TableRef { layer: Layer::Silver, name: TableName::new("shop", name).unwrap() };
    let canary = [
        CanaryTable { table: table("orders"), changed: Some([1, 2, 3]), rows: 9 },
        CanaryTable { table: table("customers"), changed: None, rows: 4 },
    ];
    let note = "adopted".to_owned();
    let tables = [PublishedTable { table: table("orders"), version: Some(4), note }];
    let text = super::of_tables(&canary, &tables);
    let lines: Vec<&str> = text.lines().skip(1).collect();
    let expected = ["silver.shop.customers: only one of the two has it", "silver.shop.orders: 6 changed rows, adopted"];
    assert_eq!(lines, expected);
}

fn type_text(window: &mut Window, field: &str, text: &str) {
    window.get_by_label(field).focus();
    window.run_ok();
    window.get_by_label(field).type_text(text);
    window.run_ok();
}

#[test]
fn a_plan_is_saved_and_a_saved_one_is_published_exactly() {
    let (mut window, asked) = with_plan(|_| {});
    window.get_by_label("Save plan…").click();
    window.run_ok();
    type_text(&mut window, "File for the plan", "/plans/r15.json");
    window.get_by_label("Save the plan on screen").click();
    window.run_ok();
    window.run_ok();
    let saved = |request: &Request| matches!(request, Request::SavePlan { file, plan } if file == "/plans/r15.json" && plan.base == Some(14));
    assert!(asked.borrow().iter().any(saved));
    assert!(window.query_by_label("The plan is in /plans/r15.json").is_some());
    window.key_press(Key::Escape);
    window.run_ok();

    window.get_by_label("Open plan…").click();
    window.run_ok();
    type_text(&mut window, "File of a plan", "/plans/r15.json");
    window.get_by_label("Open the plan").click();
    for _ in 0..3 {
        window.run_ok();
    }
    let judged = |request: &Request| matches!(request, Request::PublishPlan { plan: Some(_), .. });
    assert!(asked.borrow().iter().any(judged), "whether it is stale is asked at once");
    assert!(window.query_by_label_contains("Plan 77d2f9e1c0de of /plans/r15.json is in front").is_some());
    window.key_press(Key::Escape);
    window.run_ok();
    type_name(&mut window, "r15");
    enter(&mut window);
    let Request::Publish { plan, .. } = last_publish(&asked) else { panic!("no publish") };
    assert!(plan.is_some_and(|plan| plan.plan.starts_with("77d2f9e1c0de")));
}

#[test]
fn a_stale_plan_of_a_file_publishes_nothing() {
    let replies = |request: &Request| match request {
        Request::PublishPlan { plan: Some(_), .. } => Some(Reply::Error(ApiError::new(
            ErrorCode::Stale,
            "The plan is stale: the draft was changed",
            "Make another plan",
        ))),
        other => Some(sample::reply(other)),
    };
    let transport = Canned::new(replies, sample::page);
    let asked = transport.asked();
    let mut window = opened(transport);
    window.get_by_label("Open plan…").click();
    window.run_ok();
    type_text(&mut window, "File of a plan", "/plans/old.json");
    window.get_by_label("Open the plan").click();
    for _ in 0..3 {
        window.run_ok();
    }
    assert!(window.query_by_label_contains("The plan is stale").is_some());
    window.key_press(Key::Escape);
    window.run_ok();
    type_name(&mut window, "r15");
    enter(&mut window);
    assert!(published(&asked).is_empty(), "stale");
    window.get_by_label("Back to the draft").click();
    window.run_ok();
    window.run_ok();
    type_name(&mut window, "r15");
    enter(&mut window);
    assert_eq!(published(&asked), [(15, Some(14))], "the draft's own plan");
}

#[test]
fn each_audience_has_its_column_and_can_be_looked_at_alone() {
    let (mut window, _) = with_plan(|_| {});
    let row = "Breaking: schema.customer_id updated, nullable → required";
    assert!(window.query_by_label_contains("Producer breaking, null is refused; Consumer info").is_some());
    assert!(window.query_by_label_contains(row).is_some());
    window.get_by_label("Whom it reaches: Producer").click();
    window.run_ok();
    assert!(window.query_by_label_contains(row).is_some());
    assert!(window.query_by_label_contains("apply.sequence").is_none(), "who sends notices nothing of the order");
}

#[test]
fn a_test_that_does_not_pass_asks_for_a_reason() {
    let (mut window, asked) = with_plan(|plan| {
        if let Some(test) = plan.tests.as_mut().and_then(|tests| tests.tests.first_mut()) {
            test.state = sluice_api::LakeTestState::Failed;
        }
    });
    assert!(window.query_by_label_contains("1 test not passed").is_some());
    type_name(&mut window, "r15");
    enter(&mut window);
    assert!(published(&asked).is_empty());
    type_text(&mut window, "Why the tests do not count", "they follow");
    enter(&mut window);
    let Request::Publish { without_tests, .. } = last_publish(&asked) else { panic!("no publish") };
    assert_eq!(without_tests.as_deref(), Some("they follow"));
}
