//! Editing on the table screen.

use crate::command::Command;
use crate::link::{Canned, sample};
use crate::state::Tab;
use crate::tests::support::{Window, active, bench, press, run, window};
use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use sluice_api::{ApiError, ContractCheck, ErrorCode, Problem, Reply, Request, TableRef};

/// Every letter that is a shortcut somewhere is in it.
const CONTRACT: &str = "dataset: \"shop.orders\"
owner: \"checkout@acme.example\"
source:
  path: \"topics/orders\"
  format: debezium_json
schema:
- {name: order_id, type: bigint, primary_key: true}
- {name: [x], type: \"decimal(12,2)\"}
quality:
- {check: \"row_count > 0\", severity: warn}
";

fn problem(line: u32, message: &str) -> Problem {
    Problem {
        file: "contract".to_owned(),
        line,
        column: 1,
        message: message.to_owned(),
        fix: "Correct the YAML".to_owned(),
    }
}

/// The part `part` of a table; a contract text has a problem while it is not [`CONTRACT`].
fn opened(table: &str, part: &str, transport: Canned) -> Window {
    let table: TableRef = table.parse().unwrap();
    let mut harness = window(transport);
    run(&mut harness, Command::OpenTab(Tab::Table { table }));
    harness.get_by_label(part).click();
    harness.run_ok();
    harness.run_ok();
    harness
}

fn checking() -> Canned {
    Canned::new(
        |request| match request {
            Request::CheckContract { yaml } if yaml != CONTRACT => {
                // On a line before the one that is typed, and more of them the more is wrong.
                let problems = vec![problem(1, "expected mapping start"); yaml.len() % 3 + 1];
                Some(Reply::CheckContract(ContractCheck { name: None, problems }))
            }
            other => Some(sample::reply(other)),
        },
        sample::page,
    )
}

/// Presses the key of a character as a keyboard does: the key, then its text.
fn strike(window: &mut Window, character: char) {
    if character == '\n' {
        window.key_press(Key::Enter);
    } else {
        if let Some(key) = Key::from_name(&character.to_uppercase().to_string()) {
            window.key_press(key);
        }
        window.event(Event::Text(character.to_string()));
    }
    window.step();
}

#[test]
fn a_whole_contract_can_be_typed_through_all_its_wrong_states() {
    let transport = checking();
    let asked = transport.asked();
    let mut window = opened("silver.shop.orders", "Contract", transport);
    window.get_by_label("Contract text").focus();
    window.run_ok();
    press(&mut window, Modifiers::COMMAND, Key::A);
    press(&mut window, Modifiers::NONE, Key::Delete);
    let tab = active(&window);
    let before = bench(&mut window).workspace().tabs.len();
    let mut top = None;
    for character in CONTRACT.chars() {
        strike(&mut window, character);
        let editor = window.get_by_label("Contract text");
        assert!(editor.is_focused(), "after {character:?}");
        let now = editor.rect().top();
        assert!((top.replace(now).unwrap_or(now) - now).abs() < 0.5, "it moved after {character:?}");
    }
    window.run_ok();
    window.run_ok();
    let typed = bench(&mut window).workspace().texts.get("contract shop.orders").cloned();
    assert_eq!(typed.as_deref(), Some(CONTRACT));
    assert_eq!(active(&window), tab);
    assert_eq!(bench(&mut window).workspace().tabs.len(), before, "no letter was a command");
    assert!(window.query_by_label("No problems").is_some());
    press(&mut window, Modifiers::COMMAND, Key::S);
    assert!(asked.borrow().contains(&Request::SaveContract { yaml: CONTRACT.to_owned() }));
}

#[test]
fn an_edited_contract_outlives_its_tab() {
    let mut window = opened("silver.shop.orders", "Contract", checking());
    window.get_by_label("Contract text").focus();
    window.run_ok();
    press(&mut window, Modifiers::COMMAND, Key::A);
    window.event(Event::Text("dataset: mine".to_owned()));
    window.run_ok();
    run(&mut window, Command::CloseTab);
    run(&mut window, Command::ReopenTab);
    window.run_ok();
    assert!(window.query_by_label("Edited").is_some());
    assert!(window.query_all_by_label_contains("1:1 expected mapping start").next().is_some());
    window.get_by_label("Discard").click();
    window.run_ok();
    window.run_ok();
    assert!(bench(&mut window).workspace().texts.is_empty());
}

#[test]
fn a_model_is_edited_as_sql_and_a_refused_one_says_where() {
    const SQL: &str = "SELECT 1 AS one";
    let transport = Canned::new(
        |request| match request {
            Request::SaveModel { sql, .. } if sql != SQL => {
                let message = "`revenu` is not a column (line 1, column 8)";
                Some(Reply::Error(ApiError::new(ErrorCode::Input, message, "Correct the SQL")))
            }
            other => Some(sample::reply(other)),
        },
        sample::page,
    );
    let asked = transport.asked();
    let mut window = opened("gold.shop.daily_revenue", "Model", transport);
    let write = |window: &mut Window, sql: &str| {
        window.get_by_label("Model text").focus();
        window.run_ok();
        press(window, Modifiers::COMMAND, Key::A);
        window.event(Event::Text(sql.to_owned()));
        window.run_ok();
        press(window, Modifiers::COMMAND, Key::S);
        window.run_ok();
    };
    write(&mut window, "SELECT revenu");
    assert!(window.query_all_by_label_contains("`revenu` is not a column").next().is_some());
    assert!(window.query_by_label_contains("The model in the draft stays as it was").is_some());
    write(&mut window, SQL);
    let name = "shop.daily_revenue".parse().unwrap();
    assert!(asked.borrow().contains(&Request::SaveModel { name, sql: SQL.to_owned() }));
    assert!(window.query_by_label_contains("Model saved in the draft").is_some());
}

/// Texts that the window around the screens was asked to put on the clipboard.
fn written(asked: &std::cell::RefCell<Vec<Request>>) -> Vec<String> {
    let texts = asked.borrow();
    let texts = texts.iter().filter_map(|request| match request {
        Request::WriteClipboard { text } => Some(text.clone()),
        _ => None,
    });
    texts.collect()
}

fn copy_with_names(window: &mut Window) {
    window.get_by_label("order_id 3").click();
    window.run_ok();
    window.key_press_modifiers(Modifiers { shift: true, ..Modifiers::COMMAND }, Key::C);
    window.step();
}

#[test]
fn names_of_columns_are_copied_through_the_shell() {
    let transport = Canned::sample();
    let asked = transport.asked();
    let mut window = opened("silver.shop.orders", "Data", transport);
    copy_with_names(&mut window);
    window.run_ok();
    assert_eq!(written(&asked), ["order_id\n3"]);
}

#[test]
fn where_no_shell_copies_the_page_does() {
    let transport = Canned::new(
        |request| match request {
            Request::WriteClipboard { .. } => {
                Some(Reply::Error(ApiError::new(ErrorCode::Input, "No clipboard here", "Copy by the page")))
            }
            other => Some(sample::reply(other)),
        },
        sample::page,
    );
    let asked = transport.asked();
    let mut window = opened("silver.shop.orders", "Data", transport);
    window.get_by_label("order_id 3").click();
    window.run_ok();
    window.event(Event::Copy);
    let by_page = (0..4).find_map(|_| {
        window.step();
        window.output().platform_output.commands.iter().find_map(|command| match command {
            egui::OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
    });
    assert_eq!(by_page.as_deref(), Some("3"));
    assert_eq!(written(&asked).len(), 1, "it is asked once");
}
