//! Segmented control: one of a few.

use crate::design::{TokensExt, typeface};
use egui::{
    Align2, Color32, CornerRadius, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2,
    vec2,
};

/// Shows the choices side by side; the response is `changed` when `value` was set. `name` names the group.
pub fn segmented<T: PartialEq + Clone>(ui: &mut Ui, name: &str, value: &mut T, choices: &[(T, &str)]) -> Response {
    let tokens = ui.tokens();
    let font = typeface::control();
    let widths: Vec<f32> = choices
        .iter()
        .map(|(_, label)| {
            ui.painter().layout_no_wrap((*label).to_owned(), font.clone(), Color32::PLACEHOLDER).size().x + 20.0
        })
        .collect();
    let size = vec2(widths.iter().sum::<f32>() + 4.0, 24.0);
    let (rect, mut response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::RadioGroup, true, name));
    ui.painter().rect_filled(rect, CornerRadius::same(4), tokens.raised);
    let mut x = rect.left() + 2.0;
    for ((choice, label), width) in choices.iter().zip(widths) {
        let segment = Rect::from_min_size(pos2(x, rect.top() + 2.0), vec2(width, 20.0));
        x += width;
        let part = ui.interact(segment, response.id.with(label), Sense::click());
        let chosen = choice == value;
        part.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, format!("{name}: {label}")));
        if part.clicked() && !chosen {
            *value = choice.clone();
            response.mark_changed();
        }
        let fill = if chosen {
            tokens.active
        } else if part.hovered() {
            tokens.hover
        } else {
            Color32::TRANSPARENT
        };
        ui.painter().rect_filled(segment, CornerRadius::same(3), fill);
        if part.has_focus() {
            let stroke = Stroke::new(1.0, tokens.accent);
            ui.painter().rect_stroke(segment, CornerRadius::same(3), stroke, StrokeKind::Inside);
        }
        let color = if chosen { tokens.text_strong } else { tokens.text_weak };
        ui.painter().text(segment.center(), Align2::CENTER_CENTER, label, font.clone(), color);
    }
    response
}
