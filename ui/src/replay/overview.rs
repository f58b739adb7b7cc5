//! The strip above many batches: what is in view, where rows were quarantined, what waits.

use super::axis::{Axis, COLUMN};
use super::model::Columns;
use super::timeline::{does_not_balance, has_quarantined};
use crate::design::TokensExt;
use egui::{CornerRadius, Rect, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use sluice_api::BatchState;

const HEIGHT: f32 = 16.0;

/// Draws the strip; returns the scroll of the axis after dragging.
#[expect(clippy::cast_precision_loss, reason = "batches in points")]
pub(super) fn show(ui: &mut Ui, axis: &Axis, columns: &Columns<'_>, selected: usize) -> f32 {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::ScrollBar, true, "Batches in view"));
    let track = Rect::from_min_max(pos2(axis.left, rect.top() + 4.0), pos2(rect.right() - 12.0, rect.bottom() - 4.0));
    let scale = track.width() / axis.count.max(1) as f32;
    ui.painter().rect_filled(track, CornerRadius::same(2), tokens.active);
    let known = columns.known();
    let end = track.left() + known.len() as f32 * scale;
    let done = Rect::from_min_max(track.min, pos2(end, track.bottom()));
    ui.painter().rect_filled(done, CornerRadius::same(2), tokens.bar_sup.gamma_multiply(0.6));
    let mut last = f32::NEG_INFINITY;
    for (index, batch) in known.iter().enumerate() {
        let color = if batch.state == BatchState::Pending || does_not_balance(batch) {
            tokens.fail
        } else if has_quarantined(batch) {
            tokens.bar_qua
        } else {
            continue;
        };
        let x = (track.left() + (index as f32 + 0.5) * scale).round();
        if x > last || color == tokens.fail {
            ui.painter().vline(x, track.y_range(), Stroke::new(1.0, color));
            last = x;
        }
    }
    let x = track.left() + (selected as f32 + 0.5) * scale;
    ui.painter().vline(x, rect.y_range(), Stroke::new(2.0, tokens.accent));
    let share = |points: f32| points / (axis.count as f32 * COLUMN) * track.width();
    let width = share(axis.width).clamp(20.0_f32.min(track.width()), track.width());
    let movable = (track.width() - width).max(1.0);
    let thumb_left = track.left() + axis.scroll / axis.scroll_max().max(1.0) * movable;
    let thumb = Rect::from_min_max(pos2(thumb_left, rect.top() + 1.0), pos2(thumb_left + width, rect.bottom() - 1.0));
    let lit = response.hovered() || response.dragged();
    let stroke = Stroke::new(1.0, if lit { tokens.accent } else { tokens.text_faint });
    ui.painter().rect_stroke(thumb, CornerRadius::same(2), stroke, egui::StrokeKind::Inside);
    match response.interact_pointer_pos() {
        Some(at) if response.clicked() || response.dragged() => {
            let middle = (at.x - track.left() - width / 2.0) / movable;
            (middle * axis.scroll_max()).clamp(0.0, axis.scroll_max())
        }
        _ => axis.scroll,
    }
}
