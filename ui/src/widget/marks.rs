//! Layer marks and health icons.

use crate::design::{Tokens, TokensExt, icon};
use egui::{Color32, CornerRadius, Rect, Response, Sense, Ui, WidgetInfo, accesskit::Role, vec2};
use sluice_api::{Health, Layer};

/// The colour of a layer mark. Used for nothing else.
pub(crate) fn layer_color(tokens: &Tokens, layer: Layer) -> Color32 {
    match layer {
        Layer::Bronze => tokens.bronze,
        Layer::Silver => tokens.silver,
        Layer::Gold => tokens.gold,
    }
}

/// The 8 x 8 layer mark; the word stands beside it.
pub fn layer_mark(ui: &mut Ui, layer: Layer) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(8.0, 16.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, layer.as_str()));
    let mark = Rect::from_center_size(rect.center(), vec2(8.0, 8.0));
    ui.painter().rect_filled(mark, CornerRadius::same(2), layer_color(ui.tokens(), layer));
    response
}

/// Icon, colour and word of a health.
#[must_use]
pub fn health_icon(tokens: &Tokens, health: Health) -> (char, Color32, &'static str) {
    match health {
        Health::Ok => (icon::CHECK, tokens.text_weak, "healthy"),
        Health::Empty => (icon::SCHEDULE, tokens.text_faint, "not built yet"),
        Health::Warn => (icon::WARNING, tokens.warn, "warning"),
        Health::Fail => (icon::ERROR, tokens.fail, "failed"),
        Health::Invalid => (icon::DESCRIPTION, tokens.fail, "contract not valid"),
    }
}
