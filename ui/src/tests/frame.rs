//! The frame around the screens.

use super::support::window;
use crate::link::Canned;
use egui_kittest::kittest::Queryable as _;

#[test]
fn the_frame_shows_the_lake() {
    let harness = window(Canned::sample());
    assert!(harness.query_by_label("Replay").is_some());
    assert!(harness.query_by_label_contains("silver.shop.orders").is_some());
    assert!(harness.query_by_label("Plan and publish…").is_some());
}
