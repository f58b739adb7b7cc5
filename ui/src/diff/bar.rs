//! The pickers: table, side before, side after, what counts, and a file for the rows.

use super::side_words::choices;
use super::state::DiffScreen;
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::{Comparison, Tab};
use crate::widget::{Button, FileAsk, dropdown, exported, layer_mark};
use egui::{Align, Layout, Rect, Ui, UiBuilder, pos2, vec2};
use sluice_api::{DiffOptions, DiffView, Request, TableRef, VersionView};

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
pub(super) fn show(
    screen: &mut DiffScreen,
    ui: &mut Ui,
    rect: Rect,
    cx: &mut Cx<'_>,
    history: &[VersionView],
    view: Option<&DiffView>,
) {
    let left = actions(screen, ui, rect, cx, view);
    let rect = Rect::from_min_max(rect.min, pos2(left - 8.0, rect.bottom()));
    let mut ui = child(ui, rect);
    ui.set_clip_rect(rect.intersect(ui.clip_rect()));
    let tokens = ui.tokens();
    if let Some(table) = other_table(screen, &mut ui, cx) {
        match &screen.comparison {
            Some(comparison) => {
                // Another table has other columns.
                let comparison = Comparison { from_table: None, options: DiffOptions::default(), ..comparison.clone() };
                cx.run(Command::ReplaceTab(Tab::LakeDiff { table, comparison }));
            }
            None => screen.go(cx, table, None),
        }
        return;
    }
    let Some(now) = screen.compared() else { return };
    cx.want(Request::Sandboxes);
    cx.want(Request::Releases);
    let mut new = now.clone();
    dropdown(&mut ui, "Side before", &mut new.from, &choices(cx, history, &now.from));
    ui.label(typeface::text(icon::ARROW_RIGHT_ALT, typeface::icons(16.0), tokens.text_weak));
    dropdown(&mut ui, "Side after", &mut new.to, &choices(cx, history, &now.to));
    let why = now.from_table.is_some().then_some("The two sides have tables of different names");
    if Button::icon_only(icon::COMPARE_ARROWS, "Swap sides").disabled(why).show(&mut ui).clicked() {
        std::mem::swap(&mut new.from, &mut new.to);
    }
    if new != now {
        screen.compare(cx, new);
    }
}

/// Options and export, at the right end; its left edge.
fn actions(screen: &mut DiffScreen, ui: &mut Ui, rect: Rect, cx: &mut Cx<'_>, view: Option<&DiffView>) -> f32 {
    let layout = Layout::right_to_left(Align::Center);
    let builder = UiBuilder::new().max_rect(rect.shrink2(vec2(12.0, 0.0))).layout(layout).id_salt("diff actions");
    let mut right = ui.new_child(builder);
    right.spacing_mut().item_spacing.x = 4.0;
    let store = cx.store;
    let shown = screen.shown.clone().filter(|_| view.is_some_and(|view| view.of.is_none()));
    let why = shown.is_none().then_some("Rows can be written once all of them are known");
    let ask = FileAsk {
        button: Button::new("Export…").icon(icon::SAVE).disabled(why).tooltip("The rows shown, as a file"),
        field: "File for the rows",
        hint: "~/changes.csv",
        verb: "Write the rows shown",
        note: "A new file: .parquet, .csv or .jsonl. Personal data is masked, as it is here",
    };
    let asked = screen.export.asked().map(str::to_owned);
    let outcome = shown.as_ref().zip(asked.as_ref()).and_then(|(rows, file)| exported(store.exported(rows.id, file)));
    if let Some((file, rows)) = screen.export.show(&mut right, ask, outcome).zip(shown) {
        cx.send(Request::ExportResult { result: rows.id, file, reveal: false });
    }
    if let Some(now) = screen.compared()
        && let Some(comparison) = screen.options.show(&mut right, &now)
    {
        screen.compare(cx, comparison);
    }
    right.min_rect().left()
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
