//! The history screen.

use crate::command::Command;
use crate::link::{Canned, sample};
use crate::state::{KeyValues, ScreenKind, Tab};
use crate::tests::support::{Asked, Window, active, open as open_tab, orders, press, run, window};
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use sluice_api::{ApiError, ErrorCode, Reply, Request};
use std::{cell::RefCell, rc::Rc};

fn key(value: &str) -> KeyValues {
    KeyValues { columns: vec![("order_id".to_owned(), value.to_owned())], is_personal: false }
}

fn tab(key: KeyValues) -> Tab {
    Tab::History { table: orders(), key }
}

fn open(change: impl Fn(&mut Reply) + 'static) -> (Window, Asked) {
    open_tab(tab(key("1204377")), change)
}

fn asked_for(asked: &Asked) -> Vec<Vec<(String, String)>> {
    let asked = asked.borrow();
    let keys = asked.iter().filter_map(|request| match request {
        Request::RowHistory { key, .. } => Some(key.clone()),
        _ => None,
    });
    keys.collect()
}

fn copied(asked: &Asked) -> Option<String> {
    asked.borrow().iter().rev().find_map(|request| match request {
        Request::WriteClipboard { text } => Some(text.clone()),
        _ => None,
    })
}

#[test]
fn verdict_sum_and_versions_are_shown_newest_first() {
    let (window, asked) = open(|_| {});
    assert_eq!(asked_for(&asked), [key("1204377").columns]);
    assert!(window.query_by_label("order_id = 1204377").is_some());
    assert!(window.query_by_label("Deleted").is_some());
    let verdict = "Deleted in v42 by batch 42, 2026-11-20 13:42:06 UTC. It came with v12 by batch 12";
    assert!(window.query_by_label(verdict).is_some());
    for word in ["versions", "inserted", "updated", "deleted"] {
        assert!(window.query_all_by_label(word).next().is_some(), "{word}");
    }
    let versions: Vec<f32> = ["version v42", "version v31", "version v17", "version v12"]
        .into_iter()
        .map(|label| window.get_by_label(label).rect().top())
        .collect();
    assert!(versions.is_sorted(), "{versions:?}");
    assert!(window.query_by_label_contains("changed columns status paid → shipped").is_some());
    assert!(window.query_by_label_contains("changed columns new row, ").is_some());
    assert!(window.query_by_label_contains("_seq").is_none(), "columns of Sluice are left out");
}

#[test]
fn arrows_choose_a_version_and_the_inspector_shows_it() {
    let (mut window, _) = open(|_| {});
    assert!(window.query_by_label("status was shipped").is_some(), "the newest is chosen");
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    assert!(window.query_by_label("status was paid, is shipped").is_some());
    assert!(window.query_by_label("Diff v30 → v31").is_some());
    assert!(window.query_by_label_contains("currency is EUR, unchanged").is_some());
    press(&mut window, Modifiers::NONE, Key::C);
    assert!(window.query_by_label_contains("currency is EUR, unchanged").is_none(), "changed cells only");
    press(&mut window, Modifiers::COMMAND, Key::End);
    assert!(window.query_by_label("status is placed").is_some());
}

#[test]
fn h_on_a_row_opens_its_history() {
    let (mut window, asked) = open_tab(Tab::Table { table: orders() }, |_| {});
    window.get_by_label("Data").click();
    window.run_ok();
    window.run_ok();
    window.get_by_label("order_id 3").click();
    window.run_ok();
    press(&mut window, Modifiers::NONE, Key::H);
    window.run_ok();
    assert_eq!(active(&window), Some(tab(key("3"))));
    assert_eq!(asked_for(&asked), [key("3").columns]);
}

#[test]
fn the_menu_of_a_cell_opens_the_history_of_its_row() {
    let (mut window, asked) = open_tab(Tab::Table { table: orders() }, |_| {});
    window.get_by_label("Data").click();
    window.run_ok();
    window.run_ok();
    window.get_by_label("order_id 5").click_secondary();
    window.run_ok();
    window.get_by_label("Row history").click();
    window.run_ok();
    window.run_ok();
    assert_eq!(asked_for(&asked), [key("5").columns]);
}

#[test]
fn a_changed_row_of_a_diff_has_a_history_too() {
    let (mut window, asked) = open_tab(Tab::Diff { table: orders(), versions: Some((41, 42)) }, |_| {});
    window.get_by_label("order_id 1204377").click();
    window.run_ok();
    press(&mut window, Modifiers::NONE, Key::H);
    window.run_ok();
    assert_eq!(asked_for(&asked), [key("1204377").columns]);
}

#[test]
fn without_a_row_the_key_is_asked_for() {
    let canned = Canned::sample();
    let asked = canned.asked();
    let mut window = window(canned);
    run(&mut window, Command::open_for(ScreenKind::History, orders()));
    assert!(window.query_by_label("Which row?").is_some());
    assert!(asked_for(&asked).is_empty());
    window.get_by_label("Value of order_id").type_text("42");
    window.run_ok();
    press(&mut window, Modifiers::NONE, Key::Enter);
    window.run_ok();
    assert_eq!(active(&window), Some(tab(key("42"))));
    assert_eq!(asked_for(&asked), [key("42").columns]);
}

#[test]
fn a_key_that_no_version_has_is_said() {
    let (window, _) = open(|reply| {
        if let Reply::RowHistory(view) = reply {
            view.result.rows = 0;
        }
    });
    assert!(window.query_by_label("No row has order_id = 1204377").is_some());
    let text = "v1 to v42 of silver.shop.orders, all that can be read, have none";
    assert!(window.query_by_label_contains(text).is_some());
}

#[test]
fn an_error_says_what_to_do() {
    let (mut window, asked) = open(|reply| {
        if let Reply::RowHistory(_) = reply {
            let message = "The value of `order_id` is not a bigint";
            *reply = Reply::Error(ApiError::new(ErrorCode::Input, message, "Write it as the table shows it"));
        }
    });
    assert!(window.query_by_label("The value of `order_id` is not a bigint").is_some());
    assert!(window.query_by_label_contains("Write it as the table shows it").is_some());
    window.get_by_label("Try again").click();
    window.run_ok();
    assert_eq!(asked_for(&asked).len(), 2);
}

#[test]
fn while_it_is_looked_for_that_is_said() {
    let canned = Canned::new(
        |request| match request {
            Request::RowHistory { .. } => None,
            other => Some(sample::reply(other)),
        },
        sample::page,
    );
    let mut window = window(canned);
    run(&mut window, Command::OpenTab(tab(key("7"))));
    assert!(window.query_by_label("Looking for order_id = 7").is_some());
}

#[test]
fn personal_data_is_masked_everywhere() {
    let clear = Rc::new(RefCell::new(0));
    let (mut window, asked) = open(move |reply| {
        if let Reply::Table(view) = reply {
            for column in view.columns.iter_mut().filter(|column| column.name == "status") {
                column.pii = true;
                *clear.borrow_mut() += 1;
            }
        }
    });
    assert!(window.query_by_label_contains("status p••• → s•••").is_some());
    assert!(window.query_by_label_contains("shipped").is_none());
    window.get_by_label("Copy as Markdown").click();
    let text = (0..8).find_map(|_| {
        window.step();
        copied(&asked)
    });
    let text = text.unwrap();
    assert!(text.contains("| ~ updated | v31 | 31 |") && text.contains("status p••• → s•••"), "{text}");
    assert!(!text.contains("shipped"));
}

#[test]
fn the_key_of_a_person_is_masked_and_not_saved() {
    let of_person =
        KeyValues { columns: vec![("email".to_owned(), "anna@post.example".to_owned())], is_personal: true };
    let tab = tab(of_person);
    assert_eq!(tab.title(), "History orders a•••@post.example");
    let saved = serde_json::to_string(&tab).unwrap();
    assert!(!saved.contains("anna"), "{saved}");
    let read: Tab = serde_json::from_str(&saved).unwrap();
    assert_eq!(read, Tab::History { table: orders(), key: KeyValues::default() });
}

#[test]
fn gold_has_no_history_of_rows_and_says_why() {
    let mut window = window(Canned::sample());
    let gold = "gold.shop.daily_revenue".parse().unwrap();
    run(&mut window, Command::open_for(ScreenKind::History, gold));
    assert_eq!(active(&window), None);
    assert!(window.query_by_label_contains("A model replaces gold as a whole").is_some());
}
