//! The version under the cursor: when, by what, and each column before and after.

use super::state::HistoryScreen;
use super::versions::{Version, Versions};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::Tab;
use crate::widget::{BeforeAfter, Button, Operation, before_after_header, number, rule, section_header, toggle};
use egui::{Align, Frame, Layout, Margin, Rect, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

/// Width of the names of facts.
const LABEL: f32 = 96.0;

/// Draws it.
pub(super) fn show(screen: &HistoryScreen, ui: &mut Ui, cx: &mut Cx<'_>, versions: &Versions<'_>, line: u64) {
    let Some(version) = versions.version(cx.pages, line) else { return };
    let cells = versions.cells(cx.pages, line).unwrap_or_default();
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 0.0;
    let rect = ui.max_rect();
    Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 10, bottom: 8 }).show(ui, |ui| {
        ui.horizontal(|ui| {
            version.kind.mark(ui);
            ui.label(typeface::text(format!("v{}", version.number), typeface::title(), tokens.text_strong));
        });
        ui.add_space(4.0);
        ui.label(typeface::text(verdict(&version, &cells), typeface::control(), tokens.text_weak));
        ui.add_space(8.0);
        fact(ui, "Committed", &format!("{} UTC", version.time));
        fact(ui, "Batch", &number::count_or_none(version.batch));
        fact(ui, "Operation", if version.operation.is_empty() { "–" } else { &version.operation });
    });
    rule(ui);
    let is_update = version.kind == Operation::Updated;
    let mut only = HistoryScreen::changed_only(cx) && is_update;
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        let count = number::plural(cells.len() as u64, "column");
        section_header(ui, "Row", &count, |ui| {
            if !is_update {
                return;
            }
            let label = "Changed only";
            if toggle(ui, label, &mut only).on_hover_text("Only columns that differ  C").changed() {
                HistoryScreen::set_changed_only(cx, only);
            }
            ui.label(typeface::text(label, typeface::control(), tokens.text));
        });
    });
    let before = versions.version(cx.pages, line + 1).filter(|_| is_update);
    let old = before.map_or_else(|| "before".to_owned(), |before| format!("v{}", before.number));
    before_after_header(ui, &old, &format!("v{}", version.number));
    let foot = Rect::from_min_max(pos2(rect.left(), rect.bottom() - 40.0), rect.max);
    let body = Rect::from_min_max(pos2(rect.left(), ui.cursor().top()), pos2(rect.right(), foot.top()));
    let mut child = ui.new_child(UiBuilder::new().max_rect(body).id_salt("cells of the version"));
    child.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().auto_shrink(false).show(&mut child, |ui| {
        let mut shown: Vec<&BeforeAfter> = cells.iter().filter(|cell| cell.changed || !only).collect();
        shown.sort_by_key(|cell| !cell.changed);
        for cell in shown {
            cell.show(ui, version.kind);
        }
    });
    foot_ui(screen, ui, cx, foot, &version, &cells);
}

fn verdict(version: &Version, cells: &[BeforeAfter]) -> String {
    match version.kind {
        Operation::Inserted => "The row is new".to_owned(),
        Operation::Deleted => "The row is gone, this is how it was".to_owned(),
        Operation::Updated => {
            let changed = cells.iter().filter(|cell| cell.changed).count();
            format!("{changed} of {} cells changed", cells.len())
        }
        Operation::Equal | Operation::Superseded | Operation::Quarantined => {
            "The row as the oldest version that can be read has it".to_owned()
        }
    }
}

fn foot_ui(screen: &HistoryScreen, ui: &mut Ui, cx: &mut Cx<'_>, rect: Rect, version: &Version, cells: &[BeforeAfter]) {
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("version actions"));
    rule(&mut child);
    let layout = Layout::left_to_right(Align::Center);
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect.shrink2(vec2(12.0, 0.0))).layout(layout));
    if let Some(before) = version.number.checked_sub(1).filter(|_| version.kind != Operation::Equal) {
        let label = format!("Diff v{before} → v{}", version.number);
        if Button::new(&label).icon(icon::DIFFERENCE).tooltip("All rows of this version").show(&mut child).clicked() {
            let versions = Some((before, version.number));
            cx.run(Command::OpenTab(Tab::Diff { table: screen.table.clone(), versions }));
        }
    }
    if Button::new("Copy row").icon(icon::CONTENT_COPY).tooltip("Column, before, after").show(&mut child).clicked() {
        let lines = cells.iter().map(|cell| format!("{}\t{}\t{}", cell.name, cell.old, cell.new));
        ui.ctx().copy_text(lines.collect::<Vec<_>>().join("\n"));
    }
}

fn fact(ui: &mut Ui, label: &str, value: &str) {
    let tokens = ui.tokens();
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(LABEL, 20.0), Sense::hover());
        let font = typeface::control();
        ui.painter().text(rect.left_center(), egui::Align2::LEFT_CENTER, label, font, tokens.text_weak);
        ui.label(typeface::text(value, typeface::mono(12.0), tokens.text_strong));
    });
}
