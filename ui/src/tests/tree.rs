//! The tree of the lake with keys.

use super::support::{bench, window};
use crate::link::Canned;
use crate::state::Tab;
use egui::{Key, accesskit::Role};
use egui_kittest::kittest::Queryable as _;

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
