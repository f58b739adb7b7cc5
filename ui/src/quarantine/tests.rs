//! The quarantine screen.

use crate::state::Tab;
use crate::tests::support::{Asked, Window, open as open_tab};
use egui_kittest::kittest::Queryable as _;
use sluice_api::{ApiError, ErrorCode, QuarantineChange, QuarantineStatus, Reply, Request, TableName};
use std::cell::RefCell;

fn orders() -> TableName {
    "shop.orders".parse().unwrap()
}

fn open(change: impl Fn(&mut Reply) + 'static) -> (Window, Asked) {
    let (mut window, asked) = open_tab(Tab::Quarantine { table: orders() }, change);
    (0..3).for_each(|_| window.run_ok().map_or((), drop));
    (window, asked)
}

fn steps(window: &mut Window) {
    (0..3).for_each(|_| window.run_ok().map_or((), drop));
}

fn first_record(window: &mut Window) {
    let name = "Reasons TYPE_MISMATCH discount, CHECK_FAILED total_amount";
    window.query_all_by_label_contains(name).next().unwrap().click();
    steps(window);
}

fn changes(asked: &RefCell<Vec<Request>>) -> Vec<(QuarantineChange, String)> {
    let change = |request: &Request| match request {
        Request::ChangeQuarantine { change, because, .. } => Some((change.clone(), because.clone())),
        _ => None,
    };
    asked.borrow().iter().filter_map(change).collect()
}

fn because(window: &mut Window) {
    window.get_by_label("Reason of what is done").focus();
    steps(window);
    window.get_by_label("Reason of what is done").type_text("10 percent was meant");
    steps(window);
}

#[test]
fn records_stand_with_all_their_reasons_and_are_filtered() {
    let (mut window, asked) = open(|_| {});
    for label in ["Status: All 10,000", "Status: Open 8,464", "Status: Ignored 18"] {
        assert!(window.query_by_label(label).is_some(), "{label}");
    }
    window.get_by_label("Status: Readable 312").click();
    steps(&mut window);
    let is_asked = |request: &Request| match request {
        Request::Quarantine { filter, .. } => filter.status == Some(QuarantineStatus::Readable),
        _ => false,
    };
    assert!(asked.borrow().iter().any(is_asked));
}

#[test]
fn the_chosen_record_says_everything() {
    let (mut window, _) = open(|_| {});
    first_record(&mut window);
    for label in [
        "TYPE_MISMATCH in discount: expected decimal(10,2)",
        "CHECK_FAILED in total_amount: the record fails min_value(total_amount, 0)",
        "In quarantine since batch 40",
        "Edit this record",
    ] {
        assert!(window.query_by_label_contains(label).is_some(), "{label}");
    }
    assert!(window.query_by_label_contains("\"discount\":\"10 %\"").is_some(), "the record");
}

#[test]
fn a_value_is_corrected_by_its_path() {
    let (mut window, asked) = open(|_| {});
    first_record(&mut window);
    window.get_by_label("Edit this record").click();
    steps(&mut window);
    because(&mut window);
    window.get_by_label("Keep the correction").click();
    steps(&mut window);
    assert!(changes(&asked).is_empty(), "nothing is changed yet");
    window.get_by_label("New value of after.order_id").focus();
    steps(&mut window);
    window.get_by_label("New value of after.order_id").type_text("0");
    steps(&mut window);
    window.get_by_label("Keep the correction").click();
    steps(&mut window);
    let asked_for = changes(&asked);
    let [(QuarantineChange::Set { values, .. }, because)] = asked_for.as_slice() else { panic!("{asked_for:?}") };
    assert_eq!((values.len(), values[0].0.as_str(), because.as_str()), (1, "after.order_id", "10 percent was meant"));
    assert!(window.query_by_label_contains("Bronze keeps the record that came").is_some());
}

#[test]
fn records_are_ignored_one_by_one_or_as_the_filter_shows_them() {
    let (mut window, asked) = open(|_| {});
    window.get_by_label("Ignore all that are shown").click();
    steps(&mut window);
    because(&mut window);
    window.get_by_label("Ignore all that are shown").click();
    steps(&mut window);
    assert!(changes(&asked).is_empty(), "never all of them");
    window.get_by_label("Status: Open 8,464").click();
    steps(&mut window);
    window.get_by_label("Ignore all that are shown").click();
    steps(&mut window);
    let asked_for = changes(&asked);
    let [(QuarantineChange::Ignore { filter }, because)] = asked_for.as_slice() else { panic!("{asked_for:?}") };
    assert_eq!((filter.status, because.as_str()), (Some(QuarantineStatus::Open), "10 percent was meant"));
    assert!(window.query_by_label_contains("They stay in the list, and out of silver").is_some());
}

#[test]
fn what_the_contract_reads_is_replayed_or_sent_to_a_sandbox() {
    let (mut window, asked) = open(|reply| {
        if let Reply::ReplayQuarantine(_) = reply {
            let message = "The draft of shop.orders is not published";
            *reply = Reply::Error(ApiError::new(ErrorCode::Input, message, "Replay it in a sandbox, then publish"));
        }
    });
    because(&mut window);
    window.get_by_label("Replay what the contract reads").click();
    steps(&mut window);
    assert!(asked.borrow().iter().any(|request| matches!(request, Request::ReplayQuarantine { .. })));
    assert!(window.query_by_label_contains("is not published").is_some());
    assert!(window.query_by_label_contains("Silver is unchanged. Replay it in a sandbox").is_some());
}

#[test]
fn an_empty_quarantine_says_so() {
    let (window, _) = open(|reply| {
        if let Reply::Quarantine(list) = reply {
            (list.counts, list.reasons, list.records) = (Vec::new(), Vec::new(), None);
        }
    });
    assert!(window.query_by_label("Nothing in quarantine").is_some());
}
