//! The pickers: table, version before, version after.

use super::state::DiffScreen;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, dropdown, layer_mark, number};
use egui::{Align, Layout, Rect, Ui, UiBuilder, vec2};
use sluice_api::VersionView;

/// Versions offered in a list.
const VERSIONS_MAX: usize = 200;

/// Draws them into `rect`.
pub(super) fn show(screen: &DiffScreen, ui: &mut Ui, rect: Rect, cx: &mut Cx<'_>, history: &[VersionView]) {
    let layout = Layout::left_to_right(Align::Center);
    let builder = UiBuilder::new().max_rect(rect.shrink2(vec2(12.0, 0.0))).layout(layout).id_salt("diff bar");
    let mut ui = ui.new_child(builder);
    let tokens = ui.tokens();
    layer_mark(&mut ui, screen.table.layer);
    let store = cx.store;
    let lake = store.lake().value;
    let mut table = screen.table.clone();
    let tables: Vec<_> = lake
        .map_or(&[][..], |lake| &lake.tables)
        .iter()
        .filter(|summary| summary.version.is_some() || summary.table == table)
        .map(|summary| (summary.table.clone(), summary.table.to_string()))
        .collect();
    if dropdown(&mut ui, "Table", &mut table, &tables).changed() {
        screen.go(cx, table, None);
        return;
    }
    let Some((from, to)) = screen.versions else { return };
    let (mut new_from, mut new_to) = (from, to);
    dropdown(&mut ui, "Version before", &mut new_from, &choices(history, from));
    ui.label(typeface::text(icon::ARROW_RIGHT_ALT, typeface::icons(16.0), tokens.text_weak));
    dropdown(&mut ui, "Version after", &mut new_to, &choices(history, to));
    if Button::icon_only(icon::COMPARE_ARROWS, "Swap versions").show(&mut ui).clicked() {
        (new_from, new_to) = (to, from);
    }
    if (new_from, new_to) != (from, to) {
        screen.go(cx, screen.table.clone(), Some((new_from, new_to)));
    }
}

fn choices(history: &[VersionView], chosen: u64) -> Vec<(u64, String)> {
    let label = |version: &VersionView| {
        (version.version, format!("v{} {}", version.version, number::short_time(version.timestamp_ms)))
    };
    let mut choices: Vec<_> = history.iter().take(VERSIONS_MAX).map(label).collect();
    if !choices.iter().any(|(version, _)| *version == chosen) {
        let known = history.iter().find(|version| version.version == chosen);
        choices.push(known.map_or_else(|| (chosen, format!("v{chosen}")), label));
    }
    choices
}
