//! The row, each value with the event that it is of.

use crate::design::{TokensExt, typeface};
use crate::widget::{number, rule, section_header};
use egui::{Align2, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use sluice_api::{ExplainedCell, Explanation};

/// Height of the header.
pub(super) const HEADER: f32 = 30.0;
/// Height of a line.
pub(super) const LINE: f32 = 22.0;
/// Where values and events begin.
const VALUE: f32 = 220.0;
const EVENT: f32 = 110.0;

/// Draws it, each version if there are several.
pub(super) fn show(ui: &mut Ui, view: &Explanation) {
    rule(ui);
    let note = match view.rows.len() {
        1 => "each value with the event that it is of".to_owned(),
        rows => number::plural(rows as u64, "row"),
    };
    egui::Frame::NONE.inner_margin(egui::Margin::symmetric(12, 0)).show(ui, |ui| {
        section_header(ui, "What the events make", &note, |_| ());
    });
    ScrollArea::vertical().id_salt("row of the events").auto_shrink(false).show(ui, |ui| {
        for (position, row) in view.rows.iter().enumerate() {
            if position > 0 {
                rule(ui);
            }
            row.cells.iter().filter(|cell| is_shown(cell)).for_each(|cell| cell_ui(ui, cell));
        }
    });
}

/// Columns that Sluice writes for itself say nothing here; validity (`__START_AT`) is the table's own.
fn is_shown(cell: &ExplainedCell) -> bool {
    !cell.column.starts_with('_') || cell.column.starts_with("__")
}

fn cell_ui(ui: &mut Ui, cell: &ExplainedCell) {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::hover());
    let value = cell.value.clone().unwrap_or_else(|| "∅".to_owned()).replace('\n', "⏎");
    let event = cell.event.map_or_else(|| "no event".to_owned(), |event| format!("event {event}"));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{}: {value}, {event}", cell.column)));
    let (y, left) = (rect.center().y, rect.left() + 12.0);
    let event_at = (rect.right() - EVENT).max(left + VALUE + 40.0);
    let painter = ui.painter().with_clip_rect(ui.clip_rect().intersect(rect.with_max_x(left + VALUE - 8.0)));
    painter.text(pos2(left, y), Align2::LEFT_CENTER, &cell.column, typeface::mono(12.0), tokens.text_weak);
    let painter = ui.painter().with_clip_rect(ui.clip_rect().intersect(rect.with_max_x(event_at - 8.0)));
    let color = if cell.value.is_some() { tokens.text_strong } else { tokens.text_faint };
    painter.text(pos2(left + VALUE, y), Align2::LEFT_CENTER, value, typeface::mono(12.0), color);
    let color = if cell.event.is_some() { tokens.accent } else { tokens.text_faint };
    ui.painter().text(pos2(event_at, y), Align2::LEFT_CENTER, event, typeface::mono(12.0), color);
}
