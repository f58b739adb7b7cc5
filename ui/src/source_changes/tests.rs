//! Tests of the screen with canned answers.

use crate::state::Tab;
use crate::tests::support::{Asked, Window, open};
use egui_kittest::kittest::Queryable as _;
use sluice_api::{Reply, Request, SourceDecision};

fn shown() -> (Window, Asked) {
    open(Tab::SourceChanges {}, |_| {})
}

fn click(window: &mut Window, label: &str) {
    window.get_by_label_contains(label).click();
    window.run_ok();
    window.run_ok();
}

fn decided(asked: &Asked) -> Vec<Vec<(String, Option<SourceDecision>)>> {
    let asked = asked.borrow();
    let choices = asked.iter().filter_map(|request| match request {
        Request::DecideSourceChanges { choices, .. } => Some(choices),
        _ => None,
    });
    choices.map(|of| of.iter().map(|one| (format!("{}.{}", one.table, one.column), one.decision)).collect()).collect()
}

#[test]
fn a_rename_is_confirmed_with_its_evidence_in_view() {
    let (mut window, asked) = shown();
    assert!(window.query_by_label("3 changes to decide").is_some());
    click(&mut window, "shop.orders.remark, New column, Rename: it is note, waits");
    assert!(window.query_by_label_contains("118 of 120 keys with both columns have the same value").is_some());
    assert!(window.query_by_label_contains("First in record 13 of landing/orders/0043.json").is_some());
    assert!(decided(&asked).is_empty(), "nothing is decided by looking");
    click(&mut window, "Confirm rename");
    assert_eq!(decided(&asked), [[("shop.orders.remark".to_owned(), None)]]);
    assert!(window.query_by_label_contains("1 change decided").is_some());
}

#[test]
fn changes_that_are_alike_are_decided_together() {
    let (mut window, asked) = shown();
    click(&mut window, "shop.orders.etl_tag, New column");
    click(&mut window, "Same for 2 tables");
    let both = ["shop.orders.etl_tag", "shop.order_items.etl_tag"].map(|name| (name.to_owned(), None));
    assert_eq!(decided(&asked), [both]);
    click(&mut window, "shop.order_items.etl_tag, New column");
    click(&mut window, "Ignore");
    let last = [("shop.order_items.etl_tag".to_owned(), Some(SourceDecision::Ignore))];
    assert_eq!(decided(&asked).last().map(Vec::as_slice), Some(last.as_slice()));
}

#[test]
fn what_was_refused_is_said() {
    let (mut window, _asked) = open(Tab::SourceChanges {}, |reply| {
        if let Reply::DecideSourceChanges(chosen) = reply {
            for one in chosen {
                one.says = None;
                one.refused = Some("The contract would not be valid".to_owned());
            }
        }
    });
    click(&mut window, "shop.orders.remark, New column");
    click(&mut window, "Confirm rename");
    assert!(window.query_by_label_contains("Nothing was decided").is_some());
}

#[test]
fn an_empty_inbox_says_what_would_be_in_it() {
    let (window, _asked) = open(Tab::SourceChanges {}, |reply| {
        if let Reply::SourceChanges(inbox) = reply {
            inbox.changes.clear();
        }
    });
    assert!(window.query_by_label_contains("No change waits").is_some());
}
