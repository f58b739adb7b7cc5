//! The frame around the screens.

use super::support::{bench, run, window};
use crate::command::Command;
use crate::link::{Canned, sample};
use crate::state::ScreenKind;
use egui::Key;
use egui_kittest::kittest::Queryable as _;
use sluice_api::{ApiError, ErrorCode, Reply, Request};

#[test]
fn the_frame_shows_the_lake() {
    let harness = window(Canned::sample());
    assert!(harness.query_by_label("Replay").is_some());
    assert!(harness.query_by_label_contains("silver.shop.orders").is_some());
    assert!(harness.query_by_label("Plan and publish…").is_some());
}

#[test]
fn every_screen_has_names_for_its_inputs() {
    // The harness panics when a widget that takes input has no accessible name.
    let mut harness = window(Canned::sample());
    let Ok(table) = "silver.shop.orders".parse::<sluice_api::TableRef>() else { return };
    for kind in ScreenKind::ALL {
        bench(&mut harness).run(Command::open_for(*kind, table.clone()));
        harness.run_ok();
    }
    assert_eq!(bench(&mut harness).workspace().tabs.len(), ScreenKind::ALL.len());
    for command in [Command::KeyMap, Command::ShowProblems, Command::OpenLakeDialog, Command::Palette] {
        bench(&mut harness).run(command);
        harness.run_ok();
    }
}

#[test]
fn the_window_acts_on_every_command_of_the_table() {
    let mut harness = window(Canned::sample());
    for command in Command::LISTED.iter().filter(|command| !command.is_for_screen()) {
        run(&mut harness, Command::Open(ScreenKind::Table, None));
        run(&mut harness, command.clone());
        assert!(harness.query_by_label_contains("Nothing acts on").is_none(), "{command:?}");
        run(&mut harness, Command::Dismiss);
    }
}

#[test]
fn a_command_that_cannot_run_says_why() {
    let mut harness = window(Canned::sample());
    run(&mut harness, Command::CloseTab);
    assert!(harness.query_by_label("No tab is open").is_some());
    run(&mut harness, Command::NextChange);
    assert!(harness.query_by_label("Only on the diff screen").is_some());
}

#[test]
fn the_key_of_the_filter_is_not_typed_into_it() {
    let mut harness = window(Canned::sample());
    harness.key_press(Key::Slash);
    harness.event(egui::Event::Text("/".to_owned()));
    harness.run_ok();
    harness.event(egui::Event::Text("pay".to_owned()));
    harness.run_ok();
    let filter = bench(&mut harness).workspace().filters.get("tree").cloned();
    assert_eq!(filter.as_deref(), Some("pay"));
}

#[test]
fn letters_typed_after_a_field_was_left_are_no_commands() {
    let mut harness = window(Canned::sample());
    let tabs = |harness: &mut super::support::Window| bench(harness).workspace().tabs.len();
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Filter tables").focus();
    harness.run_ok();
    harness.key_press(Key::Enter);
    harness.run_ok();
    harness.key_press(Key::O);
    harness.run_ok();
    assert_eq!(tabs(&mut harness), 0, "the letter was meant for the field");
    harness.get_by_label("silver.shop.customers, 403 k rows, healthy").focus();
    harness.run_ok();
    harness.key_press(Key::O);
    harness.run_ok();
    assert_eq!(tabs(&mut harness), 1, "a row of the tree takes letters");
    // A button that has the focus takes none.
    run(&mut harness, Command::CloseTab);
    harness.get_by_label("Plan and publish…").focus();
    harness.run_ok();
    harness.key_press(Key::O);
    harness.run_ok();
    assert_eq!(tabs(&mut harness), 0);
}

#[test]
fn a_wrong_path_asks_and_a_first_start_is_no_error() {
    let replies = |request: &Request| match request {
        Request::OpenLake { create: true, .. } => Some(sample::reply(request)),
        Request::OpenLake { url: Some(_), .. } => {
            Some(Reply::Error(ApiError::new(ErrorCode::NotFound, "/data/shopp does not exist", "Correct it")))
        }
        Request::OpenLake { .. } => {
            Some(Reply::Error(ApiError::new(ErrorCode::NoLake, "No lake is open", "Give a folder")))
        }
        other => Some(sample::reply(other)),
    };
    let transport = Canned::new(replies, sample::page);
    let asked = transport.asked();
    let mut harness = window(transport);
    assert!(harness.query_by_label("No lake is open").is_none(), "nothing went wrong");
    assert!(harness.query_by_label("Try again").is_none());
    for way in ["Demo shop, ", "Folder…, ", "S3 bucket…, "] {
        assert!(harness.query_by_label_contains(way).is_some(), "{way}");
    }
    harness.get_by_label("Folder or bucket of the lake").type_text("/data/shopp");
    harness.run_ok();
    harness.key_press(Key::Enter);
    harness.run_ok();
    harness.run_ok();
    assert!(harness.query_by_label("There is no lake in /data/shopp").is_some());
    assert!(harness.query_by_label("Open a lake").is_some(), "nothing was opened");
    harness.get_by_label("Create it here").click();
    harness.run_ok();
    harness.run_ok();
    let made = Request::OpenLake { url: Some("/data/shopp".to_owned()), create: true };
    assert!(asked.borrow().contains(&made));
    assert!(harness.query_by_label_contains("silver.shop.orders").is_some());
}

#[test]
fn a_bucket_is_opened_by_a_form_that_asks_for_no_secret() {
    let replies = |request: &Request| match request {
        Request::OpenLake { url: Some(_), .. } => match sample::reply(request) {
            Reply::OpenLake(mut lake) => {
                lake.url = "s3://shop/lakes/desk".to_owned();
                Some(Reply::OpenLake(lake))
            }
            other => Some(other),
        },
        Request::OpenLake { .. } => {
            Some(Reply::Error(ApiError::new(ErrorCode::NoLake, "No lake is open", "Give a folder")))
        }
        other => Some(sample::reply(other)),
    };
    let transport = Canned::new(replies, sample::page);
    let asked = transport.asked();
    let mut harness = window(transport);
    harness.get_by_label_contains("S3 bucket…, ").click();
    harness.run_ok();
    for (field, text) in [("Bucket", "shop"), ("Prefix", "lakes/desk"), ("Endpoint", "http://localhost:9000")] {
        harness.get_by_label(field).focus();
        harness.run_ok();
        harness.get_by_label(field).type_text(text);
        harness.run_ok();
    }
    for secret in ["Secret", "Key", "Password", "Token"] {
        assert!(harness.query_by_label_contains(&format!("{secret} ")).is_none(), "{secret}");
    }
    harness.get_by_label("Open bucket").click();
    harness.run_ok();
    harness.run_ok();
    let address = "s3://shop/lakes/desk?endpoint=http://localhost:9000".to_owned();
    assert!(asked.borrow().contains(&Request::OpenLake { url: Some(address.clone()), create: false }));
    assert_eq!(bench(&mut harness).workspace().recent.first(), Some(&address), "it opens again with its endpoint");
}

#[test]
fn enter_opens_the_demo_on_a_first_start() {
    let replies = |request: &Request| match request {
        Request::OpenLake { url: None, .. } => {
            Some(Reply::Error(ApiError::new(ErrorCode::NoLake, "No lake is open", "Give a folder")))
        }
        other => Some(sample::reply(other)),
    };
    let transport = Canned::new(replies, sample::page);
    let asked = transport.asked();
    let mut harness = window(transport);
    harness.key_press(Key::Enter);
    harness.run_ok();
    let demo = Request::OpenLake { url: Some(sluice_api::DEMO_LAKE.to_owned()), create: false };
    assert!(asked.borrow().contains(&demo));
}

#[test]
fn the_tree_follows_the_tab_in_front() {
    let mut harness = window(Canned::sample());
    let table = |name: &str| name.parse::<sluice_api::TableRef>().unwrap();
    for name in ["silver.shop.orders", "silver.shop.payments"] {
        run(&mut harness, Command::open_table(table(name)));
    }
    run(&mut harness, Command::PreviousTab);
    let selected = bench(&mut harness).workspace().selection.table();
    assert_eq!(selected, Some(table("silver.shop.orders")));
}

#[test]
fn another_lake_closes_the_tables_of_the_one_before() {
    let replies = |request: &Request| {
        let mut reply = sample::reply(request);
        if let (Request::OpenLake { url: Some(url), .. }, Reply::OpenLake(lake)) = (request, &mut reply) {
            lake.url.clone_from(url);
        }
        Some(reply)
    };
    let mut harness = window(Canned::new(replies, sample::page));
    run(&mut harness, Command::Open(ScreenKind::Table, None));
    run(&mut harness, Command::NewQuery);
    run(&mut harness, Command::OpenLake(Some("/data/other".to_owned())));
    let kinds: Vec<ScreenKind> = bench(&mut harness).workspace().tabs.iter().map(crate::state::Tab::kind).collect();
    assert_eq!(kinds, [ScreenKind::Sql], "only the query stays");
}

#[test]
fn a_narrow_window_keeps_the_centre() {
    let mut harness = window(Canned::sample());
    harness.set_size(egui::vec2(1100.0, 700.0));
    harness.run_ok();
    assert!(harness.query_by_label_contains("silver.shop.orders").is_none());
    assert!(harness.query_by_label("Replay").is_some());
}

#[test]
fn without_a_lake_it_asks_for_one() {
    let replies = |request: &Request| match request {
        Request::OpenLake { .. } => {
            Some(Reply::Error(ApiError::new(ErrorCode::NotFound, "No lake there", "Choose another")))
        }
        other => Some(sample::reply(other)),
    };
    let harness = window(Canned::new(replies, sample::page));
    assert!(harness.query_by_label("Open a lake").is_some());
    assert!(harness.query_by_label("Folder or bucket of the lake").is_some());
}

#[test]
fn in_a_narrow_window_the_inspector_opens_over_the_centre_and_closes() {
    let mut harness = window(Canned::sample());
    harness.set_size(egui::vec2(1280.0, 720.0));
    run(&mut harness, Command::Open(ScreenKind::Diff, None));
    assert!(harness.query_by_label("No row chosen").is_none(), "closed at first");
    run(&mut harness, Command::ToggleInspector);
    assert!(harness.query_by_label("No row chosen").is_some());
    harness.get_by_label("Close the inspector").click();
    harness.run_ok();
    assert!(harness.query_by_label("No row chosen").is_none());
    harness.set_size(egui::vec2(1456.0, 916.0));
    harness.run_ok();
    harness.run_ok();
    assert!(harness.query_by_label("No row chosen").is_some(), "beside the centre it is as before");
}
