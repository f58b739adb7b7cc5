//! The diff screen.

use super::versions::{default_versions, nearest};
use crate::command::Command;
use crate::link::{Canned, sample};
use crate::state::{Comparison, Selection, Tab};
use crate::tests::support::{Asked, Window, open as open_tab, orders, run, window};
use egui::Key;
use egui_kittest::kittest::Queryable as _;
use sluice_api::{ApiError, DiffView, ErrorCode, KeyOrigin, Reply, Request, SideLake, SideVersion, VersionView};
use std::cell::RefCell;

fn open(change: impl Fn(&mut DiffView) + 'static) -> (Window, Asked) {
    open_tab(Tab::Diff { table: orders(), versions: Some((41, 42)) }, move |reply| {
        if let Reply::Diff(view) = reply {
            change(view);
        }
    })
}

fn row(window: &Window) -> Option<u64> {
    match window.state().as_ref().unwrap().workspace().selection {
        Selection::Change { row, .. } => Some(row),
        _ => None,
    }
}

#[test]
fn counts_schema_and_cells_are_shown() {
    let (window, _) = open(|_| {});
    for label in ["18,204 inserted", "37,011 updated", "1,180 deleted", "1,864,165 unchanged", "97.06 % of rows match"]
    {
        assert!(window.query_by_label(label).is_some(), "{label}");
    }
    assert!(window.query_by_label("decimal(8,2) → decimal(10,2)").is_some());
    assert!(window.query_all_by_label("status shipped, was paid, changed").count() > 2);
    assert!(window.query_all_by_label("change inserted").count() > 2);
    assert!(window.query_all_by_label_contains(", deleted").count() > 2);
    assert!(window.query_by_label("Show status, 33,918 changed").is_some());
}

#[test]
fn the_next_changed_cell_is_a_key_away() {
    let (mut window, _) = open(|_| {});
    window.key_press(Key::CloseBracket);
    window.run_ok();
    assert_eq!(row(&window), Some(0));
    assert!(window.query_by_label("status was paid, is shipped").is_some(), "the inspector follows");
    for _ in 0..3 {
        window.key_press(Key::CloseBracket);
        window.run_ok();
    }
    assert!(row(&window) >= Some(1));
    let below = row(&window);
    for _ in 0..3 {
        window.key_press(Key::OpenBracket);
        window.run_ok();
    }
    assert!(row(&window) < below);
}

#[test]
fn a_kind_filters_the_rows() {
    let (mut window, asked) = open(|_| {});
    window.get_by_label("Kind of change: +").click();
    window.run_ok();
    let refined = |asked: &RefCell<Vec<Request>>, wanted: &str| {
        asked
            .borrow()
            .iter()
            .any(|request| matches!(request, Request::Refine { filter: Some(filter), .. } if filter == wanted))
    };
    assert!(refined(&asked, "_change = '+'"));
    window.event(egui::Event::Text("~".to_owned()));
    window.run_ok();
    assert!(refined(&asked, "_change = '~'"));
}

#[test]
fn columns_can_be_ignored_and_equal_ones_shown() {
    let (mut window, _) = open(|_| {});
    assert!(window.query_by_label_contains("tracking_no ~28,114").is_some());
    window.get_by_label("Show tracking_no, 28,114 changed").click();
    window.run_ok();
    assert!(window.query_by_label_contains("tracking_no ~28,114").is_none());
    assert!(window.query_by_label("customer_id").is_none());
    window.key_press(Key::C);
    window.run_ok();
    assert!(window.query_by_label("customer_id").is_some());
}

#[test]
fn equal_versions_say_so() {
    let (window, _) = open(|view| {
        (view.inserted, view.updated, view.deleted, view.unchanged) = (0, 0, 0, 1_919_380);
        view.schema.clear();
    });
    assert!(window.query_by_label("Equal, 1,919,380 rows").is_some());
}

#[test]
fn without_versions_the_last_two_are_compared() {
    let canned = Canned::sample();
    let asked = canned.asked();
    let mut window = window(canned);
    run(&mut window, Command::OpenTab(Tab::Diff { table: orders(), versions: None }));
    let diffed = asked.borrow().iter().any(|request| matches!(request, Request::Diff { to, .. } if *to >= 41));
    assert!(diffed);
}

#[test]
fn a_missing_version_offers_the_nearest() {
    let canned = Canned::new(
        |request| match request {
            Request::Diff { from: 2, .. } => Some(Reply::Error(ApiError::new(
                ErrorCode::NotFound,
                "v99 of silver.shop.orders does not exist",
                "Choose a version of the history",
            ))),
            _ => Some(sample::reply(request)),
        },
        sample::page,
    );
    let mut window = window(canned);
    run(&mut window, Command::OpenTab(Tab::Diff { table: orders(), versions: Some((2, 99)) }));
    assert!(window.query_by_label("v99 of silver.shop.orders does not exist").is_some());
    assert!(window.query_by_label("Diff v2 → v42").is_some());
}

fn history(versions: &[(u64, bool)]) -> Vec<VersionView> {
    let view = |(version, by_batch): &(u64, bool)| VersionView {
        version: *version,
        timestamp_ms: 0,
        operation: "MERGE".to_owned(),
        batch: by_batch.then_some(*version),
        counters: None,
    };
    versions.iter().map(view).collect()
}

#[test]
fn the_last_version_with_changes_is_compared_with_the_one_before() {
    assert_eq!(default_versions(&history(&[(9, false), (8, true), (7, true)])), Some((7, 8)));
    assert_eq!(default_versions(&history(&[(3, false), (2, false)])), Some((2, 3)));
    assert_eq!(default_versions(&history(&[(0, true)])), None);
}

#[test]
fn versions_near_to_those_asked_for_are_found() {
    let history = history(&[(9, true), (8, true), (7, true)]);
    assert_eq!(nearest(&history, 2, 9), Some((7, 9)));
    assert_eq!(nearest(&history, 20, 30), Some((8, 9)));
}

fn type_into(window: &mut Window, field: &str, text: &str) {
    window.get_by_label(field).focus();
    window.run_ok();
    window.get_by_label(field).type_text(text);
    window.run_ok();
}

#[test]
fn the_rows_shown_become_a_file() {
    let (mut window, asked) = open(|_| {});
    window.get_by_label("Export…").click();
    window.run_ok();
    window.get_by_label("Write the rows shown").click();
    window.run_ok();
    let exports = |asked: &Asked| {
        let asked = asked.borrow();
        let of = |request: &Request| match request {
            Request::ExportResult { file, reveal, .. } => Some((file.clone(), *reveal)),
            _ => None,
        };
        asked.iter().filter_map(of).collect::<Vec<_>>()
    };
    assert!(exports(&asked).is_empty(), "no name, no file");
    type_into(&mut window, "File for the rows", "~/changes.csv");
    window.get_by_label("Write the rows shown").click();
    window.run_ok();
    window.run_ok();
    assert_eq!(exports(&asked), [("~/changes.csv".to_owned(), false)], "masked as on screen");
    assert!(window.query_by_label_contains("56,395 rows in /out/changes.csv").is_some());
}

#[test]
fn esc_closes_what_lies_over_the_screen_first() {
    let (mut window, _) = open(|_| {});
    window.get_by_label("Options…").click();
    window.run_ok();
    assert!(window.query_by_label("Tolerance").is_some());
    window.key_press(Key::Escape);
    window.run_ok();
    assert!(window.query_by_label("Tolerance").is_none());
}

#[test]
fn what_counts_as_a_difference_is_chosen_in_the_bar() {
    let (mut window, asked) = open(|_| {});
    window.get_by_label("Options…").click();
    window.run_ok();
    type_into(&mut window, "Tolerance", "total");
    window.get_by_label("Compare").click();
    window.run_ok();
    assert!(window.query_by_label_contains("is no tolerance").is_some());
    type_into(&mut window, "Tolerance", "_amount=0.005");
    type_into(&mut window, "Key columns", "order_id, currency");
    type_into(&mut window, "Only changed rows where", "status = 'paid'");
    window.get_by_label("Compare").click();
    window.run_ok();
    window.run_ok();
    let asked = asked.borrow();
    let found = asked.iter().find_map(|request| match request {
        Request::DiffSides { from, to, options, .. } => Some((from.clone(), to.clone(), options.clone())),
        _ => None,
    });
    let (from, to, options) = found.unwrap_or_else(|| panic!("{asked:?}"));
    assert_eq!((from.version, to.version), (SideVersion::Number(41), SideVersion::Number(42)));
    assert_eq!(options.key, ["order_id", "currency"]);
    assert_eq!(options.tolerance, [("total_amount".to_owned(), "0.005".to_owned())]);
    assert_eq!(options.filter.as_deref(), Some("status = 'paid'"));
}

#[test]
fn any_two_sides_are_compared_without_a_sandbox() {
    let from = (SideLake::Production, SideVersion::Release(13));
    let comparison = Comparison { from, ..Comparison::default() };
    let (window, asked) = open_tab(Tab::LakeDiff { table: orders(), comparison }, |reply| {
        if let Reply::DiffSides(view) = reply {
            view.by = KeyOrigin::WholeRows("the model declares no key".to_owned());
            view.changed_in_all = Some(99);
        }
    });
    assert!(
        asked.borrow().iter().any(
            |request| matches!(request, Request::DiffSides { from, .. } if from.version == SideVersion::Release(13))
        )
    );
    assert!(window.query_by_label_contains("of 99 changed rows").is_some(), "what counts is said");
    assert!(window.query_by_label_contains("whole rows are counted").is_some(), "no key is taken silently");
}
