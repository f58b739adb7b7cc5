//! The screen that searches the versions of a table.

use crate::state::{KeyValues, Tab};
use crate::tests::support::{Asked, Window, open as open_tab, orders, press};
use egui::{Key, Modifiers, accesskit::Role};
use egui_kittest::kittest::Queryable as _;
use sluice_api::{BisectQuestion, Reply, Request};

fn open(change: impl Fn(&mut Reply) + 'static) -> (Window, Asked) {
    let key = KeyValues { columns: vec![("order_id".to_owned(), "1204377".to_owned())], is_personal: false };
    open_tab(Tab::Bisect { table: orders(), key }, change)
}

fn questions(asked: &Asked) -> Vec<BisectQuestion> {
    let asked = asked.borrow();
    let questions = asked.iter().filter_map(|request| match request {
        Request::Bisect { question, reveal: false, .. } => Some(question.clone()),
        _ => None,
    });
    questions.collect()
}

fn choose(window: &mut Window, about: &str) {
    window.get_by_label(&format!("What is looked for: {about}")).click();
    window.run_ok();
}

fn type_into(window: &mut Window, field: &str, text: &str) {
    window.get_by_role_and_label(Role::TextInput, field).focus();
    window.run_ok();
    window.get_by_role_and_label(Role::TextInput, field).type_text(text);
    window.run_ok();
}

#[test]
fn the_selected_row_is_asked_for_and_the_versions_are_shown_as_they_were_halved() {
    let (mut window, asked) = open(|_| {});
    assert!(questions(&asked).is_empty(), "nothing is searched before it is asked for");
    choose(&mut window, "Row is gone");
    window.get_by_label("Search").click();
    window.run_ok();
    window.run_ok();
    let key = vec![("order_id".to_owned(), "1204377".to_owned())];
    assert_eq!(questions(&asked), [BisectQuestion::Row { key, is_there: false }]);
    assert!(window.query_by_label("Since batch 40").is_some());
    assert!(window.query_by_label("v21, batch 21, not so, 1 row").is_some());
    assert!(window.query_by_label("v40, batch 40, so, no row").is_some());
    // The event that did it.
    assert!(window.query_by_label("Event 4").is_some());
}

#[test]
fn a_question_that_lacks_something_is_not_asked() {
    let (mut window, asked) = open(|_| {});
    window.get_by_label("Search").click();
    window.run_ok();
    assert!(questions(&asked).is_empty());
    type_into(&mut window, "Column", "status");
    type_into(&mut window, "Value", "null");
    press(&mut window, Modifiers::NONE, Key::Enter);
    let key = vec![("order_id".to_owned(), "1204377".to_owned())];
    let question = BisectQuestion::Value { key, column: "status".to_owned(), value: None };
    assert_eq!(questions(&asked), [question]);
    choose(&mut window, "Check fails");
    type_into(&mut window, "Check", "min_value(total, 0)");
    press(&mut window, Modifiers::NONE, Key::Enter);
    let check = "min_value(total, 0)".to_owned();
    assert_eq!(questions(&asked).last(), Some(&BisectQuestion::Check { check }));
}

#[test]
fn never_so_is_said_and_is_not_red() {
    let (mut window, _) = open(|reply| {
        if let Reply::Bisect(view) = reply {
            view.found = None;
            view.verdict = "It is not so in the latest version of silver.shop.orders".to_owned();
        }
    });
    choose(&mut window, "Row is there");
    window.get_by_label("Search").click();
    window.run_ok();
    window.run_ok();
    assert!(window.query_by_label("Not so").is_some());
    assert!(window.query_by_label_contains("It is not so in the latest version").is_some());
}
