//! Dropdown: one of many.

use super::text_clipped;
use crate::design::{TokensExt, icon, typeface};
use egui::{
    Align2, Color32, CornerRadius, Popup, PopupCloseBehavior, Response, ScrollArea, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, accesskit::Role, pos2, vec2,
};

/// The widest label that is shown whole, points: a long name does not push out what stands beside it.
const LABEL_MAX: f32 = 224.0;

/// Shows the chosen label; a click opens the list. The response is `changed` when `value` was set.
pub fn dropdown<T: PartialEq + Clone>(ui: &mut Ui, name: &str, value: &mut T, choices: &[(T, String)]) -> Response {
    let tokens = ui.tokens();
    let label = choices.iter().find(|(choice, _)| choice == value).map_or("–", |(_, label)| label);
    let galley = ui.painter().layout_no_wrap(label.to_owned(), typeface::mono(12.0), Color32::PLACEHOLDER);
    let room = galley.size().x.min(LABEL_MAX);
    let size = vec2(room + 36.0, 24.0);
    let (rect, mut response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, name);
        info.current_text_value = Some(label.to_owned());
        info
    });
    let fill = if response.is_pointer_button_down_on() {
        tokens.active
    } else if response.hovered() {
        tokens.hover
    } else {
        tokens.raised
    };
    ui.painter().rect_filled(rect, CornerRadius::same(4), fill);
    if response.has_focus() {
        let stroke = Stroke::new(1.0, tokens.accent);
        ui.painter().rect_stroke(rect, CornerRadius::same(4), stroke, StrokeKind::Inside);
    }
    let at = pos2(rect.left() + 8.0, rect.center().y);
    text_clipped(ui, Align2::LEFT_CENTER, at, room + 1.0, label, typeface::mono(12.0), tokens.text_strong);
    let arrow = pos2(rect.right() - 14.0, rect.center().y);
    ui.painter().text(arrow, Align2::CENTER_CENTER, icon::EXPAND_MORE, typeface::icons(14.0), tokens.text_weak);
    if room < galley.size().x {
        response = response.on_hover_text(label);
    }
    let mut chosen = None;
    Popup::menu(&response).close_behavior(PopupCloseBehavior::CloseOnClick).show(|ui| {
        ui.set_min_width(rect.width());
        ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            for (choice, label) in choices {
                let text = typeface::text(label, typeface::mono(12.0), tokens.text);
                if ui.selectable_label(choice == value, text).clicked() {
                    chosen = Some(choice.clone());
                }
            }
        });
    });
    if let Some(choice) = chosen.filter(|choice| choice != value) {
        *value = choice;
        response.mark_changed();
    }
    response
}
