//! Details of the selected row, column or version.

use super::masks::masks;
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::{ScreenKind, Selection, Tab};
use crate::widget::{Button, Tone, badge, ledger_rows, number, rule, text_clipped};
use egui::{Align2, Frame, Margin, ScrollArea, Sense, Ui, vec2};
use sluice_api::{ResultView, TableView};

/// Width of the names of facts.
const LABEL: f32 = 132.0;

/// Draws it.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, view: &TableView, result: Option<&ResultView>) {
    let selection = cx.selection().clone();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        Frame::NONE.inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| match selection {
            Selection::Row { row, .. } => {
                if let Some(result) = result {
                    row_ui(ui, cx, view, result, row);
                }
            }
            Selection::Column { column, .. } => column_ui(ui, cx, view, &column),
            Selection::Version { version, .. } => version_ui(ui, cx, view, version),
            _ => {}
        });
    });
}

fn title(ui: &mut Ui, text: &str, below: &str) {
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 4.0;
    ui.label(typeface::text(text, typeface::title(), tokens.text_strong));
    ui.label(typeface::text(below, typeface::control(), tokens.text_weak));
    ui.add_space(4.0);
    rule(ui);
    ui.add_space(4.0);
}

fn fact(ui: &mut Ui, label: &str, value: &str) {
    let tokens = ui.tokens();
    ui.horizontal_top(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(LABEL, 20.0), Sense::hover());
        let at = rect.left_top() + vec2(0.0, 2.0);
        text_clipped(ui, Align2::LEFT_TOP, at, LABEL - 8.0, label, typeface::mono(12.0), tokens.text_weak);
        ui.add_space(-8.0);
        let value = typeface::text(value, typeface::mono(12.0), tokens.text_strong);
        ui.add(egui::Label::new(value).wrap().selectable(true));
    });
}

fn row_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &TableView, result: &ResultView, row: u64) {
    title(ui, &format!("Row {}", number::count(row + 1)), &view.table.to_string());
    let values: Option<Vec<_>> = cx
        .pages
        .peek(result.id, row)
        .map(|(page, inside)| (0..result.columns.len()).map(|column| page.cell(inside, column)).collect());
    for (index, (column, mask)) in result.columns.iter().zip(masks(cx, view, result)).enumerate() {
        let value = values.as_ref().and_then(|values| values.get(index));
        let text = match value {
            Some(cell) => mask.shown(cell.clone()).text,
            None => "…".to_owned(),
        };
        fact(ui, &column.name, &text);
    }
}

fn column_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &TableView, name: &str) {
    let Some(column) = view.columns.iter().find(|column| column.name == name) else { return };
    title(ui, &column.name, &format!("column of {}", view.table));
    ui.horizontal(|ui| {
        if column.key {
            badge(ui, Tone::Accent, Some(icon::KEY), "Key");
        }
        if column.pii {
            badge(ui, Tone::Info, Some(icon::LOCK), "Personal data");
        }
        if column.system {
            badge(ui, Tone::Neutral, None, "Written by Sluice");
        }
    });
    fact(ui, "type", &column.data_type);
    fact(ui, "null", if column.nullable { "allowed" } else { "not allowed" });
    ui.add_space(8.0);
    if Button::new("Query").icon(icon::TERMINAL).show(ui).clicked() {
        cx.run(Command::open_for(ScreenKind::Sql, view.table.clone()));
    }
}

fn version_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &TableView, version: u64) {
    let Some(found) = view.history.iter().find(|each| each.version == version) else { return };
    let below = found.batch.map_or_else(|| found.operation.to_lowercase(), |batch| format!("batch {batch}"));
    title(ui, &format!("v{version}"), &format!("{}, {below}", view.table));
    fact(ui, "committed", &format!("{} UTC", number::time(found.timestamp_ms)));
    fact(ui, "operation", &found.operation);
    if let Some(counters) = &found.counters {
        ui.add_space(4.0);
        rule(ui);
        ledger_rows(ui, counters);
    }
    if let Some(before) = version.checked_sub(1) {
        ui.add_space(8.0);
        let label = format!("Diff v{before} → v{version}");
        if Button::new(&label).icon(icon::DIFFERENCE).show(ui).clicked() {
            let tab = Tab::Diff { table: view.table.clone(), versions: Some((before, version)) };
            cx.run(Command::OpenTab(tab));
        }
    }
}
