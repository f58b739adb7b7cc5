//! The header row of a grid: names, types, resize handles.

use super::cells::Frame;
use super::column::{WIDTH_MAX, WIDTH_MIN};
use super::response::GridResponse;
use super::state::GridState;
use crate::design::{TokensExt, typeface};
use crate::widget::text_clipped;
use egui::{Align2, CursorIcon, Rect, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

/// Shows the header over the cells.
pub(super) fn show(ui: &mut Ui, rect: Rect, state: &mut GridState, frame: &Frame<'_>, outcome: &mut GridResponse) {
    let tokens = ui.tokens();
    ui.painter().rect_filled(rect, 0.0, tokens.panel);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    let clip = Rect::from_min_max(pos2(frame.view.body.left(), rect.top()), rect.max);
    let old_clip = ui.clip_rect();
    ui.set_clip_rect(old_clip.intersect(clip));
    let two_lines = rect.height() >= 40.0;
    let mut x = frame.view.body.left() - state.left;
    for (index, (column, width)) in frame.columns.iter().zip(frame.widths).enumerate() {
        let cell = Rect::from_min_size(pos2(x, rect.top()), vec2(*width, rect.height()));
        x += width;
        if cell.right() < clip.left() || cell.left() > clip.right() {
            continue;
        }
        let id = outcome.response.id.with(("header", index));
        let response = ui.interact(cell, id, Sense::click());
        response.widget_info(|| {
            let name = format!("{} {}", column.name, column.note);
            WidgetInfo::labeled(Role::ColumnHeader, true, name.trim())
        });
        if response.clicked() {
            outcome.header_clicked = Some(index);
        }
        if response.hovered() {
            ui.painter().rect_filled(cell, 0.0, tokens.hover);
        }
        let inner = cell.shrink2(vec2(8.0, 0.0));
        let y = if two_lines { cell.top() + 13.0 } else { cell.center().y };
        let selected = state.cursor.is_some_and(|(_, at)| at == index);
        let color = if selected { tokens.text_strong } else { tokens.text_weak };
        let (anchor, at) = if column.numeric {
            (Align2::RIGHT_CENTER, pos2(inner.right(), y))
        } else {
            (Align2::LEFT_CENTER, pos2(inner.left(), y))
        };
        let room = if column.icon.is_some() { inner.width() - 18.0 } else { inner.width() };
        let at = if column.numeric && column.icon.is_some() { at - vec2(18.0, 0.0) } else { at };
        let used = text_clipped(ui, anchor, at, room, &column.name, typeface::mono(12.0), color);
        if let Some(icon) = column.icon {
            let icon_x = if column.numeric { inner.right() - 7.0 } else { inner.left() + used + 11.0 };
            ui.painter().text(pos2(icon_x, y), Align2::CENTER_CENTER, icon, typeface::icons(14.0), tokens.accent);
        }
        if two_lines {
            let y = cell.bottom() - 12.0;
            let at = if column.numeric { pos2(inner.right(), y) } else { pos2(inner.left(), y) };
            text_clipped(ui, anchor, at, inner.width(), &column.note, typeface::mono(11.0), tokens.text_faint);
        }
        let response = response.on_hover_text(format!("{} {}", column.name, column.note));
        resize(ui, &response, cell, index, *width, state);
    }
    ui.set_clip_rect(old_clip);
}

fn resize(ui: &Ui, header: &egui::Response, cell: Rect, index: usize, width: f32, state: &mut GridState) {
    let handle = Rect::from_center_size(cell.right_center(), vec2(7.0, cell.height()));
    let response = ui.interact(handle, header.id.with("resize"), Sense::click_and_drag());
    let response = response.on_hover_and_drag_cursor(CursorIcon::ResizeColumn);
    response.widget_info(|| WidgetInfo::labeled(Role::Splitter, true, "Column width"));
    if response.double_clicked() {
        state.widths.remove(&index);
    } else if response.dragged() {
        state.widths.insert(index, (width + response.drag_delta().x).clamp(WIDTH_MIN, WIDTH_MAX));
    }
    if response.hovered() || response.dragged() {
        ui.painter().vline(cell.right() - 0.5, cell.y_range(), Stroke::new(1.0, ui.tokens().accent));
    }
}
