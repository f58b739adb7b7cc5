//! The pickers: table, version before, version after.

use super::state::DiffScreen;
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::Tab;
use crate::widget::{Button, dropdown, layer_mark, number};
use egui::{Align, Layout, Rect, Ui, UiBuilder, vec2};
use sluice_api::{DiffNames, DiffView, TableRef, VersionView};

/// Versions offered in a list.
const VERSIONS_MAX: usize = 200;

/// The bar itself, in `rect`.
fn child(ui: &mut Ui, rect: Rect) -> Ui {
    let layout = Layout::left_to_right(Align::Center);
    ui.new_child(UiBuilder::new().max_rect(rect.shrink2(vec2(12.0, 0.0))).layout(layout).id_salt("diff bar"))
}

/// The list of tables; another one when it was chosen.
fn other_table(screen: &DiffScreen, ui: &mut Ui, cx: &Cx<'_>) -> Option<TableRef> {
    layer_mark(ui, screen.table.layer);
    let mut table = screen.table.clone();
    dropdown(ui, "Table", &mut table, &tables(cx, &screen.table)).changed().then_some(table)
}

/// Draws them into `rect`.
pub(super) fn show(screen: &DiffScreen, ui: &mut Ui, rect: Rect, cx: &mut Cx<'_>, history: &[VersionView]) {
    let mut ui = child(ui, rect);
    let tokens = ui.tokens();
    if let Some(table) = other_table(screen, &mut ui, cx) {
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

/// The table, and what is compared in words.
pub(super) fn of_sides(screen: &DiffScreen, ui: &mut Ui, rect: Rect, cx: &mut Cx<'_>, view: Option<&DiffView>) {
    let mut ui = child(ui, rect);
    let tokens = ui.tokens();
    if let Some(table) = other_table(screen, &mut ui, cx) {
        cx.run(Command::ReplaceTab(Tab::LakeDiff { table }));
        return;
    }
    let Some(DiffNames { from, to }) = view.and_then(|view| view.sides.as_ref()) else { return };
    ui.label(typeface::text(from, typeface::mono(12.0), tokens.text_weak));
    ui.label(typeface::text(icon::ARROW_RIGHT_ALT, typeface::icons(16.0), tokens.text_weak));
    ui.label(typeface::text(to, typeface::mono(12.0), tokens.text_strong));
}

/// Tables that can be chosen.
fn tables(cx: &Cx<'_>, chosen: &TableRef) -> Vec<(TableRef, String)> {
    let lake = cx.store.lake().value;
    lake.map_or(&[][..], |lake| &lake.tables)
        .iter()
        .filter(|summary| summary.version.is_some() || summary.table == *chosen)
        .map(|summary| (summary.table.clone(), summary.table.to_string()))
        .collect()
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
