//! Badges: a word on its own background, 18 high.

use super::Tone;
use crate::design::{TokensExt, typeface};
use egui::{Align2, Color32, CornerRadius, Response, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

/// A badge with an icon if there is one.
pub fn badge(ui: &mut Ui, tone: Tone, icon: Option<char>, text: &str) -> Response {
    let tokens = ui.tokens();
    let galley = ui.painter().layout_no_wrap(text.to_owned(), typeface::caption(), Color32::PLACEHOLDER);
    let icon_width = if icon.is_some() { 16.0 } else { 0.0 };
    let size = vec2(galley.size().x + icon_width + 12.0, 18.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    let color = tone.text(tokens);
    ui.painter().rect_filled(rect, CornerRadius::same(3), tone.background(tokens));
    if let Some(icon) = icon {
        let at = pos2(rect.left() + 12.0, rect.center().y);
        ui.painter().text(at, Align2::CENTER_CENTER, icon, typeface::icons(13.0), color);
    }
    let at = pos2(rect.left() + 6.0 + icon_width, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, color);
    response
}
