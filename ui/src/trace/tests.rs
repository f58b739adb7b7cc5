//! Tests of the screen with canned answers.

use crate::state::Tab;
use crate::tests::support::{Asked, Window, active, open as open_tab};
use egui_kittest::kittest::Queryable as _;
use sluice_api::{Reply, Request, TraceStage};

const FILE: &str = "shop.public.orders+0+0002484000.json";

fn open(place: &str, change: impl Fn(&mut Reply) + 'static) -> (Window, Asked) {
    open_tab(Tab::Trace { place: place.to_owned() }, change)
}

#[test]
fn a_file_balances_and_lists_what_is_not_applied() {
    let (mut window, asked) = open(FILE, |_| {});
    let asks =
        |request: &Request| matches!(request, Request::Trace { file, record: None, reveal: false } if file == FILE);
    assert!(asked.borrow().iter().any(asks));
    for words in
        ["12,000 records = 11,287 applied", "Quarantine: 5 records", "Silver: 11,287 applied, v44", "Gold: 1 model"]
    {
        assert!(window.query_by_label_contains(words).is_some(), "{words}");
    }
    window.get_by_label_contains("record 7,214 record: quarantine, TYPE_MISMATCH").click();
    window.run_ok();
    window.run_ok();
    assert!(window.query_by_label_contains("discount: expected decimal(10,2)").is_some());
    window.get_by_label("Trace this record").click();
    window.run_ok();
    let Some(Tab::Trace { place }) = active(&window) else { panic!("the record has a tab") };
    assert!(place.ends_with(&format!("{FILE}:7214")), "{place}");
}

#[test]
fn what_waits_is_not_green_and_nothing_is_asked_without_a_name() {
    let (window, _) = open(FILE, |reply| {
        if let Reply::Trace(traces) = reply
            && let Some(trace) = traces.first_mut()
        {
            (trace.stage, trace.batch) = (TraceStage::Waiting, None);
            trace.verdict = "It waits: the next batch of shop.orders takes it".to_owned();
        }
    });
    assert!(window.query_by_label("Claimed: waits for a batch").is_some());
    assert!(window.query_by_label("Silver: not yet").is_some());
    let (window, asked) = open("", |_| {});
    assert!(window.query_by_label_contains("Which file or record?").is_some());
    assert!(!asked.borrow().iter().any(|request| matches!(request, Request::Trace { .. })));
}
