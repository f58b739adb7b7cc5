//! The frame around the screens.

use super::support::{bench, window};
use crate::command::Command;
use crate::link::{Canned, sample};
use egui_kittest::kittest::Queryable as _;
use crate::state::ScreenKind;
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
