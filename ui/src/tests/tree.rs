//! The tree of the lake with keys.

use super::support::{Asked, Window, active, bench, run, window};
use crate::command::Command;
use crate::link::{Canned, sample};
use crate::state::{Place, ScreenKind, Tab};
use egui::{Key, accesskit::Role};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sluice_api::{Health, LakeView, Reply, Request};

#[test]
fn arrows_move_and_enter_opens() {
    let mut harness = window(Canned::sample());
    harness.get_by_label("silver.shop.customers, 403 k rows, healthy").focus();
    harness.run_ok();
    harness.key_press(Key::ArrowDown);
    harness.run_ok();
    harness.key_press(Key::ArrowDown);
    harness.run_ok();
    assert!(harness.get_by_label("silver.shop.orders, 1.92 M rows, warning").is_focused());
    harness.key_press(Key::Enter);
    harness.run_ok();
    let tab = bench(&mut harness).workspace().active_tab().map(Tab::title);
    assert_eq!(tab.as_deref(), Some("silver.shop.orders"));
}

#[test]
fn left_folds_a_layer() {
    let mut harness = window(Canned::sample());
    harness.get_by_label("bronze, 5 tables").focus();
    harness.run_ok();
    assert!(harness.query_by_label_contains("bronze.shop.orders").is_some());
    harness.key_press(Key::ArrowLeft);
    harness.run_ok();
    assert!(harness.query_by_label_contains("bronze.shop.orders").is_none());
    harness.key_press(Key::ArrowRight);
    harness.run_ok();
    assert!(harness.query_by_label_contains("bronze.shop.orders").is_some());
}

#[test]
fn the_filter_keeps_what_matches() {
    let mut harness = window(Canned::sample());
    harness.get_by_role_and_label(Role::TextInput, "Filter tables").focus();
    harness.run_ok();
    harness.get_by_role_and_label(Role::TextInput, "Filter tables").type_text("payments");
    harness.run_ok();
    assert!(harness.query_by_label_contains("silver.shop.payments").is_some());
    assert!(harness.query_by_label_contains("silver.shop.customers").is_none());
}

/// A window over the sample lake as `change` makes it.
fn over(change: impl Fn(&mut LakeView) + 'static) -> (Window, Asked) {
    let canned = Canned::new(
        move |request| {
            let mut reply = sample::reply(request);
            if let Reply::OpenLake(lake) | Reply::Lake(lake) = &mut reply {
                change(lake);
            }
            Some(reply)
        },
        sample::page,
    );
    let asked = canned.asked();
    (window(canned), asked)
}

#[test]
fn a_late_table_is_named_in_the_tree_and_the_status_bar() {
    let (harness, _) = over(|lake| {
        for table in &mut lake.tables {
            let is_orders = table.table.to_string() == "silver.shop.orders";
            table.facts.sla_seconds = is_orders.then_some(4 * 3_600);
            table.facts.lag_seconds = is_orders.then_some(8 * 86_400);
            if is_orders {
                (table.health, table.is_only_late) = (Health::Fail, true);
            }
        }
    });
    assert!(harness.query_by_label("silver.shop.orders, 1.92 M rows, failed").is_some(), "not healthy");
    assert!(harness.query_by_label("1 table late").is_some());
}

#[test]
fn a_contract_that_is_not_valid_keeps_its_table_in_the_tree() {
    let (harness, _) = over(|lake| {
        for table in lake.tables.iter_mut().filter(|each| each.table.name.table == "payments") {
            (table.health, table.note) = (Health::Invalid, Some("payments.yaml line 3: no such type".to_owned()));
        }
    });
    assert!(harness.query_by_label("silver.shop.payments, 1.66 M rows, contract not valid").is_some());
}

#[test]
fn all_tables_are_replayed_at_once() {
    let (mut harness, asked) = over(|_| {});
    harness.get_by_label("Replay all").click();
    harness.run_ok();
    let all = |request: &Request| matches!(request, Request::StartReplay { tables, .. } if tables.is_empty());
    assert!(asked.borrow().iter().any(all));
}

#[test]
fn the_lake_of_the_rail_is_its_tree_and_not_onboarding() {
    let mut harness = window(Canned::sample());
    let filter = "Filter tables";
    run(&mut harness, Command::Open(ScreenKind::Onboard, None));
    assert!(harness.query_by_role_and_label(Role::TextInput, filter).is_none(), "onboarding has a list of its own");
    run(&mut harness, Command::Show(Place::Lake));
    assert!(harness.query_by_role_and_label(Role::TextInput, filter).is_some());
    assert_eq!(active(&harness).map(|tab| tab.kind()), Some(ScreenKind::Table));
    let tabs = bench(&mut harness).workspace().tabs.len();
    run(&mut harness, Command::Show(Place::Lake));
    assert_eq!(bench(&mut harness).workspace().tabs.len(), tabs);
}

#[test]
fn tables_without_new_files_are_not_listed_as_waiting() {
    let of = |files: Option<u64>| {
        let replies = move |request: &Request| {
            let mut reply = sample::reply(request);
            if let Reply::OpenLake(lake) | Reply::Lake(lake) = &mut reply {
                for (at, waiting) in lake.waiting.iter_mut().enumerate() {
                    waiting.files = if at == 0 { files } else { Some(0) };
                }
            }
            Some(reply)
        };
        let harness = window(Canned::new(replies, sample::page));
        harness
            .query_all_by_label_contains(" waiting")
            .filter(|node| node.accesskit_node().role() == Role::ListItem)
            .count()
    };
    assert_eq!(of(Some(3)), 1);
    assert_eq!(of(None), 1, "what is not known is no zero");
    assert_eq!(of(Some(0)), 0);
}
