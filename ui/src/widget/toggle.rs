//! Switches.

use crate::design::TokensExt;
use egui::{Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

/// A switch; its label stands beside it. The response is `changed` when `on` was set.
pub fn toggle(ui: &mut Ui, name: &str, on: &mut bool) -> Response {
    let tokens = ui.tokens();
    let (rect, mut response) = ui.allocate_exact_size(vec2(28.0, 16.0), Sense::click());
    if response.clicked() {
        *on = !*on;
        response.mark_changed();
    }
    let is_on = *on;
    response.widget_info(|| WidgetInfo::selected(Role::Switch, true, is_on, name));
    let position = ui.ctx().animate_bool_with_time(response.id, is_on, 0.12);
    let fill = if is_on { tokens.accent_fill } else { tokens.active };
    ui.painter().rect_filled(rect, 8.0, fill);
    // Off, knob and track are distinguished by the outline and by a knob in the colour of text.
    let knob = if is_on { tokens.on_accent } else { tokens.text_weak };
    if !is_on {
        ui.painter().rect_stroke(rect, 8.0, Stroke::new(1.0, tokens.text_faint), StrokeKind::Inside);
    }
    let x = egui::lerp((rect.left() + 8.0)..=(rect.right() - 8.0), position);
    ui.painter().circle_filled(pos2(x, rect.center().y), if is_on { 5.5 } else { 4.5 }, knob);
    if response.has_focus() {
        ui.painter().rect_stroke(rect.expand(2.0), 10.0, Stroke::new(1.0, tokens.accent), StrokeKind::Inside);
    }
    response
}
