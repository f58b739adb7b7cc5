//! The screen that compares a table with its source.

use crate::state::Tab;
use crate::tests::support::{Asked, Window, open as open_tab, orders, press};
use egui::{Key, Modifiers, accesskit::Role};
use egui_kittest::kittest::Queryable as _;
use sluice_api::{ApiError, DatabaseUrl, ErrorCode, ReconcileWith, RepairBy, Reply, Request};

const ADDRESS: &str = "postgres://ada:s3cr@db/shop";

fn open(change: impl Fn(&mut Reply) + 'static) -> (Window, Asked) {
    open_tab(Tab::Reconcile { table: orders().name }, change)
}

fn compared(asked: &Asked) -> Vec<ReconcileWith> {
    let asked = asked.borrow();
    let compared = asked.iter().filter_map(|request| match request {
        Request::Reconcile { with, .. } => Some(with.clone()),
        _ => None,
    });
    compared.collect()
}

fn repairs(asked: &Asked) -> Vec<(RepairBy, String)> {
    let asked = asked.borrow();
    let repairs = asked.iter().filter_map(|request| match request {
        Request::RepairFromSource { by, because, .. } => Some((*by, because.clone())),
        _ => None,
    });
    repairs.collect()
}

fn type_into(window: &mut Window, field: &str, text: &str) {
    window.get_by_role_and_label(Role::TextInput, field).focus();
    window.run_ok();
    window.get_by_role_and_label(Role::TextInput, field).type_text(text);
    window.run_ok();
}

fn compare(window: &mut Window) {
    type_into(window, "Address", ADDRESS);
    press(window, Modifiers::NONE, Key::Enter);
    window.run_ok();
}

#[test]
fn nothing_is_compared_before_it_is_asked_for_and_differences_are_shown() {
    let (mut window, asked) = open(|_| {});
    window.get_by_label("Compare").click();
    window.run_ok();
    assert!(compared(&asked).is_empty());
    assert!(window.query_by_label("Write corrective events").is_none(), "no repair before the differences are seen");
    compare(&mut window);
    let with = ReconcileWith::Database { url: DatabaseUrl::new(ADDRESS), table: None };
    assert_eq!(compared(&asked), [with]);
    assert!(window.query_by_label("Differs, maybe under way").is_some());
    assert!(window.query_by_label("missing order_id = 1204381, in the source alone, fault").is_some());
    window.get_by_label("different order_id = 1204377, status, total, fault").click();
    window.run_ok();
    assert!(window.query_by_label_contains("s3cr").is_none(), "the address is not shown again");
    window.get_by_label("Explain").click();
    window.run_ok();
    assert!(window.query_by_role_and_label(Role::Tab, "Explain orders 1204377").is_some());
}

#[test]
fn a_repair_has_a_reason_and_is_asked_for_once() {
    let (mut window, asked) = open(|_| {});
    compare(&mut window);
    window.get_by_label("Write corrective events").click();
    window.run_ok();
    assert!(repairs(&asked).is_empty(), "without a reason");
    type_into(&mut window, "Reason of the repair", "a lost file");
    window.get_by_label("Write corrective events").click();
    window.run_ok();
    window.run_ok();
    assert_eq!(repairs(&asked), [(RepairBy::Events, "a lost file".to_owned())]);
    assert!(window.query_by_label("Correction 3: 3 rows written, 1 deleted").is_some());
    assert!(window.query_by_label("Write corrective events").is_none());
}

#[test]
fn equal_is_green_and_an_error_says_what_to_do() {
    let (mut window, _) = open(|reply| {
        if let Reply::Reconcile(view) = reply {
            view.is_equal = true;
            (view.counts, view.keys) = (sluice_api::ReconcileCounts::default(), Vec::new());
        }
    });
    compare(&mut window);
    assert!(window.query_by_label("Equal").is_some());
    assert!(window.query_by_label("Write corrective events").is_none(), "nothing is to be repaired");
    let (mut window, asked) = open(|reply| {
        if matches!(reply, Reply::Reconcile(_)) {
            let message = "Cannot connect to PostgreSQL db:5432/shop: it does not answer";
            *reply = Reply::Error(ApiError::new(ErrorCode::Input, message, "Check the address"));
        }
    });
    compare(&mut window);
    assert!(window.query_by_label_contains("Cannot connect to PostgreSQL db:5432/shop").is_some());
    assert!(window.query_by_label_contains("Check the address").is_some(), "the next step");
    assert!(window.query_by_label_contains("Nothing was changed").is_some());
    let before = compared(&asked).len();
    window.get_by_label("Try again").click();
    window.run_ok();
    assert_eq!(compared(&asked).len(), before + 1);
}

#[test]
fn how_long_silver_is_waited_for_is_asked_with_the_question() {
    let (mut window, asked) = open(|_| {});
    type_into(&mut window, "Wait for silver", "60");
    compare(&mut window);
    let asked = asked.borrow();
    let waits = asked.iter().filter_map(|request| match request {
        Request::Reconcile { options, .. } => Some(options.wait_s),
        _ => None,
    });
    assert_eq!(waits.collect::<Vec<_>>(), [60]);
}
