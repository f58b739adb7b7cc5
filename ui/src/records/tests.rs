//! The screen of a batch's records.

use crate::state::Tab;
use crate::tests::support::{Asked, Window, active, open as open_tab};
use egui_kittest::kittest::Queryable as _;
use sluice_api::{RecordChange, RecordState, Reply, Request, TableName};
use std::cell::RefCell;

fn orders() -> TableName {
    "shop.orders".parse().unwrap()
}

fn open(change: impl Fn(&mut Reply) + 'static) -> (Window, Asked) {
    let (mut window, asked) = open_tab(Tab::Records { table: orders(), batch: Some(41) }, change);
    steps(&mut window);
    (window, asked)
}

fn steps(window: &mut Window) {
    (0..3).for_each(|_| window.run_ok().map_or((), drop));
}

fn first_record(window: &mut Window) {
    window.query_all_by_label_contains("Key 1203377").next().unwrap().click();
    steps(window);
}

fn because(window: &mut Window) {
    window.get_by_label("Reason of the decision").focus();
    steps(window);
    window.get_by_label("Reason of the decision").type_text("cents instead of euros");
    steps(window);
}

fn changes(asked: &RefCell<Vec<Request>>) -> Vec<(u64, RecordChange, String)> {
    let change = |request: &Request| match request {
        Request::DecideRecords { batch, change, because, .. } => Some((*batch, change.clone(), because.clone())),
        _ => None,
    };
    asked.borrow().iter().filter_map(change).collect()
}

#[test]
fn records_stand_beside_what_was_decided_and_are_filtered() {
    let (mut window, asked) = open(|_| {});
    for label in
        ["Records: All 4,812", "Records: As delivered 4,782", "Records: Dropped 2", "Records: In quarantine 27"]
    {
        assert!(window.query_by_label(label).is_some(), "{label}");
    }
    window.get_by_label("Records: Edited 1").click();
    steps(&mut window);
    let is_asked = |request: &Request| match request {
        Request::BatchRecords { filter, batch, .. } => filter.state == Some(RecordState::Edited) && *batch == 41,
        _ => false,
    };
    assert!(asked.borrow().iter().any(is_asked));
}

#[test]
fn a_record_is_dropped_with_a_reason_and_compared_after_a_replay() {
    let (mut window, asked) = open(|_| {});
    first_record(&mut window);
    window.get_by_label("Drop this record").click();
    steps(&mut window);
    assert!(changes(&asked).is_empty(), "nothing without a reason");
    because(&mut window);
    window.get_by_label("Drop this record").click();
    steps(&mut window);
    let asked_for = changes(&asked);
    let [(41, RecordChange::Drop { filter }, because)] = asked_for.as_slice() else { panic!("{asked_for:?}") };
    assert_eq!((filter.records.len(), because.as_str()), (1, "cents instead of euros"));
    assert!(filter.records[0].ends_with(".json:1"), "{filter:?}");
    assert!(window.query_by_label_contains("The next replay makes silver so").is_some());
    window.get_by_label("Replay now").click();
    steps(&mut window);
    let is_replay = |request: &Request| matches!(request, Request::StartReplay { tables, .. } if *tables == [orders()]);
    assert!(asked.borrow().iter().any(is_replay));
}

#[test]
fn a_record_is_traced_by_its_number_from_one() {
    let (mut window, _) = open(|_| {});
    first_record(&mut window);
    window.get_by_label("Trace this record").click();
    steps(&mut window);
    let Some(Tab::Trace { place }) = active(&window) else { panic!("no trace") };
    assert!(place.ends_with("0002388000.json:1"), "{place}");
}

#[test]
fn single_values_are_edited_by_their_paths() {
    let (mut window, asked) = open(|_| {});
    first_record(&mut window);
    window.get_by_label("Edit this record").click();
    steps(&mut window);
    because(&mut window);
    window.get_by_label("New value of after.order_id").focus();
    steps(&mut window);
    window.get_by_label("New value of after.order_id").type_text("0");
    steps(&mut window);
    window.get_by_label("Keep the correction").click();
    steps(&mut window);
    let asked_for = changes(&asked);
    let [(41, RecordChange::Set { values, filter }, _)] = asked_for.as_slice() else { panic!("{asked_for:?}") };
    assert_eq!((values.len(), values[0].0.as_str(), filter.records.len()), (1, "after.order_id", 1));
}

#[test]
fn outside_of_a_sandbox_it_says_why_nothing_can_be_decided() {
    let why =
        "What is made of shop.orders is published, so records are decided on in a sandbox. `sluice sandbox new try`";
    let (mut window, asked) = open(move |reply| {
        if let Reply::BatchRecords(list) = reply {
            list.why_not = Some(why.to_owned());
        }
    });
    assert!(window.query_by_label_contains("records are decided on in a sandbox").is_some());
    first_record(&mut window);
    because(&mut window);
    window.get_by_label("Drop this record").click();
    window.get_by_label("Edit this record").click();
    steps(&mut window);
    assert!(changes(&asked).is_empty() && window.query_by_label("Keep the correction").is_none());
}
