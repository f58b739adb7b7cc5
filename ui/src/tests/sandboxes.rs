//! Sandboxes: made, opened, distinguished from the lake, removed.

use super::support::{Window, bench, run, window};
use crate::command::Command;
use crate::link::{Canned, sample};
use crate::state::Tab;
use egui::Key;
use egui_kittest::kittest::Queryable as _;
use sluice_api::{InSandbox, LakeView, Reply, Request, SandboxState, SandboxView};

/// A window over the sample lake, or over a sandbox of it.
fn over(in_sandbox: bool) -> (Window, super::support::Asked) {
    let canned = Canned::new(
        move |request| {
            let mut reply = sample::reply(request);
            if let (true, Reply::OpenLake(lake) | Reply::Lake(lake)) = (in_sandbox, &mut reply) {
                put_into_sandbox(lake);
            }
            Some(reply)
        },
        sample::page,
    );
    let asked = canned.asked();
    (window(canned), asked)
}

fn put_into_sandbox(lake: &mut LakeView) {
    let sandbox = SandboxView {
        name: "payments-limit".to_owned(),
        place: "/sandboxes/payments-limit".to_owned(),
        by: "mira".to_owned(),
        created_ms: 0,
        expires_ms: 0,
        state: SandboxState::Open,
    };
    lake.sandbox = Some(InSandbox { sandbox, base: std::mem::take(&mut lake.url) });
    lake.url = "/sandboxes/payments-limit".to_owned();
    for (at, table) in lake.tables.iter_mut().enumerate() {
        table.base_version = table.version.map(|version| version - u64::from(at == 7));
    }
}

#[test]
fn a_new_one_is_made_by_its_name_and_opened() {
    let (mut harness, asked) = over(false);
    run(&mut harness, Command::Sandboxes);
    let listed = harness.query_all_by_label_contains("payments-limit").next().is_some();
    assert!(listed, "those that there are");
    assert!(harness.query_by_label_contains("expired: remove it and make it again").is_some());
    harness.event(egui::Event::Text("try-it".to_owned()));
    harness.run_ok();
    harness.key_press(Key::Enter);
    harness.run_ok();
    harness.run_ok();
    let asked = asked.borrow();
    let made = asked.iter().any(|request| matches!(request, Request::NewSandbox { name, .. } if name == "try-it"));
    assert!(made, "{asked:?}");
    let opened =
        |request: &Request| matches!(request, Request::OpenLake { url: Some(url), .. } if url.ends_with("/try-it"));
    assert!(asked.iter().any(opened), "{asked:?}");
}

#[test]
fn where_one_is_shows_at_all_times() {
    let (mut harness, _) = over(true);
    assert!(harness.query_by_label("Sandbox payments-limit").is_some());
    assert!(harness.query_by_label_contains("nothing reaches the lake").is_some());
    assert!(harness.query_by_label_contains("Writes stay in /sandboxes/payments-limit").is_some());
    assert!(
        harness.query_by_label_contains("silver.shop.orders, 1.92 M rows, warning, written in the sandbox").is_some()
    );
    assert!(harness.query_by_label_contains("silver.shop.products, 21.9 k rows, healthy, as in the lake").is_some());
    run(&mut harness, Command::Sandboxes);
    assert!(harness.query_by_label_contains("You are in sandbox payments-limit").is_some());
    assert!(bench(&mut harness).workspace().recent.is_empty(), "a sandbox is found by its lake");
}

#[test]
fn one_is_removed_when_that_is_pressed_twice() {
    let (mut harness, asked) = over(false);
    run(&mut harness, Command::Sandboxes);
    let removals = || asked.borrow().iter().filter(|request| matches!(request, Request::RemoveSandbox { .. })).count();
    let top = |label: &str| harness.get_by_label(label).rect().top();
    assert!(top("Remove orders-commit-lsn") - top("Remove payments-limit") < 40.0, "rows are below each other");
    harness.get_by_label("Remove orders-commit-lsn").click();
    harness.run_ok();
    assert_eq!(removals(), 0, "once is a question");
    harness.get_by_label("Remove orders-commit-lsn for good").click();
    harness.run_ok();
    harness.run_ok();
    assert_eq!(removals(), 1);
}

#[test]
fn the_replay_of_a_sandbox_lists_where_each_state_comes_from() {
    let (mut harness, _) = over(true);
    run(&mut harness, Command::OpenTab(Tab::Replay { table: super::support::orders_name() }));
    assert!(harness.query_by_label("silver.shop.orders, s1 written here only").is_some());
    assert!(harness.query_by_label("silver.shop.customers, v31 read from the lake").is_some());
    assert!(harness.query_by_label("Base, s3://acme-lake/shop").is_some());
    harness.get_by_label("silver.shop.payments, v28 read from the lake").click();
    harness.run_ok();
    let tab = super::support::active(&harness).map(|tab| tab.title());
    assert_eq!(tab.as_deref(), Some("Replay shop.payments"));
    let (mut harness, _) = over(false);
    run(&mut harness, Command::OpenTab(Tab::Replay { table: super::support::orders_name() }));
    assert!(harness.query_by_label("State comes from").is_none(), "the lake itself has no such list");
}
