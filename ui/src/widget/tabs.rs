//! Underlined tabs inside a screen, for example Overview, Data, Schema.

use crate::design::{TokensExt, typeface};
use egui::{Align2, Color32, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

/// Shows tabs 32 high across the available width; the response is `changed` when `value` was set.
pub fn tabs<T: PartialEq + Clone>(ui: &mut Ui, name: &str, value: &mut T, choices: &[(T, &str)]) -> Response {
    let tokens = ui.tokens();
    let (rect, mut response) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::TabList, true, name));
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    let mut x = rect.left() + 12.0;
    for (choice, label) in choices {
        let chosen = choice == value;
        let font = if chosen { typeface::control_medium() } else { typeface::control() };
        let galley = ui.painter().layout_no_wrap((*label).to_owned(), font, Color32::PLACEHOLDER);
        let part_rect = Rect::from_min_size(pos2(x, rect.top()), vec2(galley.size().x + 16.0, rect.height()));
        x = part_rect.right() + 8.0;
        let part = ui.interact(part_rect, response.id.with(label), Sense::click());
        part.widget_info(|| WidgetInfo::selected(Role::Tab, true, chosen, label));
        if part.clicked() && !chosen {
            *value = choice.clone();
            response.mark_changed();
        }
        let color = if chosen || part.hovered() { tokens.text_strong } else { tokens.text_weak };
        let at = Align2::CENTER_CENTER.anchor_size(part_rect.center(), galley.size()).min;
        ui.painter().galley(at, galley, color);
        if chosen {
            let y = rect.bottom() - 1.0;
            ui.painter().hline(part_rect.x_range(), y, Stroke::new(2.0, tokens.accent));
        }
        if part.has_focus() {
            let stroke = Stroke::new(1.0, tokens.accent);
            ui.painter().rect_stroke(part_rect.shrink(3.0), 4.0, stroke, StrokeKind::Inside);
        }
    }
    response
}
