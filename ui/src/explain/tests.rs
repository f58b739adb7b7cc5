//! The screen that explains a row.

use crate::command::Command;
use crate::link::Canned;
use crate::state::{KeyValues, ScreenKind, Tab};
use crate::tests::support::{Asked, Window, active, open as open_tab, orders, press, run, window};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use sluice_api::{EventOutcome, ExplainedCell, ExplainedRow, Reply, Request, SilverAgrees};

fn key(value: &str) -> KeyValues {
    KeyValues { columns: vec![("order_id".to_owned(), value.to_owned())], is_personal: false }
}

fn tab(key: KeyValues) -> Tab {
    Tab::Explain { table: orders(), key }
}

fn open(change: impl Fn(&mut Reply) + 'static) -> (Window, Asked) {
    open_tab(tab(key("1204377")), change)
}

fn asked_for(asked: &Asked) -> Vec<Vec<(String, String)>> {
    let asked = asked.borrow();
    let keys = asked.iter().filter_map(|request| match request {
        Request::Explain { key, reveal: false, .. } => Some(key.clone()),
        _ => None,
    });
    keys.collect()
}

#[test]
fn the_verdict_stands_above_every_event_in_the_order_of_the_source() {
    let (window, asked) = open(|_| {});
    assert_eq!(asked_for(&asked), [key("1204377").columns]);
    assert!(window.query_by_label("Equal to silver v42").is_some());
    assert!(window.query_by_label_contains("There is no row because of event 4 of batch 42, a delete").is_some());
    assert!(window.query_by_label_contains("4 events among 631,204 records").is_some());
    let tops: Vec<f32> =
        ["event 1", "event 2", "event 3", "event 4"].map(|label| window.get_by_label(label).rect().top()).to_vec();
    assert!(tops.is_sorted(), "{tops:?}");
}

#[test]
fn the_inspector_says_why_an_event_lost_and_shows_its_record() {
    let (mut window, _) = open(|_| {});
    assert!(window.query_by_label("Event 4").is_some(), "what made the row comes first");
    press(&mut window, Modifiers::NONE, Key::ArrowUp);
    assert!(window.query_by_label("Event 3").is_some());
    assert!(window.query_by_label_contains("older than the delete of event 4").is_some());
    assert!(window.query_by_label_contains("\"order_id\": 1204377").is_some());
}

#[test]
fn each_value_of_the_row_names_its_event_and_a_difference_is_not_green() {
    let (window, _) = open(|reply| {
        if let Reply::Explain(view) = reply {
            let cell = |column: &str, value: Option<&str>, event| ExplainedCell {
                column: column.to_owned(),
                value: value.map(str::to_owned),
                event,
            };
            let cells =
                vec![cell("status", Some("paid"), Some(2)), cell("note", None, None), cell("_seq", Some("01"), None)];
            view.rows = vec![ExplainedRow { cells }];
            view.silver = SilverAgrees::Differs { first: "status differs".to_owned() };
        }
    });
    assert!(window.query_by_label("status: paid, event 2").is_some());
    assert!(window.query_by_label("note: ∅, no event").is_some());
    assert!(window.query_by_label_contains("_seq").is_none());
    assert!(window.query_by_label("Silver v42 differs").is_some());
    assert!(window.query_by_label("Equal to silver v42").is_none());
}

#[test]
fn a_record_in_quarantine_is_one_of_the_events() {
    let (window, _) = open(|reply| {
        if let Reply::Explain(view) = reply {
            view.events[3].outcome = EventOutcome::Quarantined {
                reason: "VALUE_OUT_OF_RANGE".to_owned(),
                column: Some("total".to_owned()),
                detail: "expected decimal(12,2)".to_owned(),
                further: Vec::new(),
            };
        }
    });
    assert!(window.query_by_label_contains("Quarantine, VALUE_OUT_OF_RANGE").is_some());
}

#[test]
fn e_on_a_row_explains_it() {
    let (mut window, asked) = open_tab(Tab::Table { table: orders() }, |_| {});
    window.get_by_label("Data").click();
    window.run_ok();
    window.run_ok();
    window.get_by_label("order_id 3").click();
    window.run_ok();
    press(&mut window, Modifiers::NONE, Key::E);
    window.run_ok();
    assert_eq!(active(&window), Some(tab(key("3"))));
    assert_eq!(asked_for(&asked), [key("3").columns]);
}

#[test]
fn without_a_row_the_key_is_asked_for() {
    let canned = Canned::sample();
    let asked = canned.asked();
    let mut window = window(canned);
    run(&mut window, Command::open_for(ScreenKind::Explain, orders()));
    assert!(window.query_by_label("Which row?").is_some());
    window.get_by_label("Value of order_id").type_text("42");
    window.run_ok();
    press(&mut window, Modifiers::NONE, Key::Enter);
    window.run_ok();
    assert_eq!(asked_for(&asked), [key("42").columns]);
}

#[test]
fn the_events_are_saved_as_a_test_and_the_tests_are_one_click_away() {
    let (mut window, asked) = open(|_| {});
    window.get_by_label("Save as test").click();
    window.run_ok();
    window.run_ok();
    let saves = |request: &Request| matches!(request, Request::ExplainTest { save: true, name: None, .. });
    assert_eq!(asked.borrow().iter().filter(|request| saves(request)).count(), 1);
    assert!(window.query_by_label_contains("tests/shop/orders/order_id_1204377.yaml").is_some());
    window.get_by_label("Open tests").click();
    window.run_ok();
    assert!(window.query_by_label_contains("late_update.yaml").is_some());
}
