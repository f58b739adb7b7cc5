//! The palette.

use super::support::{bench, window};
use crate::design::Theme;
use crate::link::Canned;
use crate::state::Tab;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

const FIELD: &str = "Find tables, columns, commands";

#[test]
fn it_opens_finds_and_runs_a_command() {
    let mut harness = window(Canned::sample());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run_ok();
    harness.get_by_label(FIELD).type_text("switch dark");
    harness.run_ok();
    harness.key_press(Key::Enter);
    harness.run_ok();
    assert_eq!(bench(&mut harness).workspace().theme, Theme::Light);
    assert!(harness.query_by_label(FIELD).is_none());
}

#[test]
fn it_opens_a_table() {
    let mut harness = window(Canned::sample());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::P);
    harness.run_ok();
    harness.get_by_label(FIELD).type_text("gold.shop.daily");
    harness.run_ok();
    harness.key_press(Key::Enter);
    harness.run_ok();
    let tab = bench(&mut harness).workspace().active_tab().map(Tab::title);
    assert_eq!(tab.as_deref(), Some("gold.shop.daily_revenue"));
}

#[test]
fn escape_closes_it() {
    let mut harness = window(Canned::sample());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run_ok();
    assert!(harness.query_by_label(FIELD).is_some());
    harness.key_press(Key::Escape);
    harness.run_ok();
    assert!(harness.query_by_label(FIELD).is_none());
}
