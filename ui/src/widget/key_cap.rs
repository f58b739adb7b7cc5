//! Key caps, for example `Ctrl K`.

use crate::design::{TokensExt, typeface};
use egui::{Align2, Color32, CornerRadius, Pos2, Rect, Response, Sense, Stroke, StrokeKind, Ui, vec2};

const HEIGHT: f32 = 18.0;

/// Width of a key cap.
#[must_use]
pub fn key_cap_width(ui: &Ui, key: &str) -> f32 {
    let galley = ui.painter().layout_no_wrap(key.to_owned(), typeface::mono(11.0), Color32::PLACEHOLDER);
    (galley.size().x + 10.0).max(HEIGHT)
}

/// Paints a key cap with its left middle at `left`; returns its width.
pub(crate) fn paint_key_cap(ui: &Ui, left: Pos2, key: &str) -> f32 {
    let tokens = ui.tokens();
    paint_key_cap_in(ui, left, key, tokens.line_strong, tokens.text_weak)
}

/// The same in other colours, for example on a filled button.
pub(super) fn paint_key_cap_in(ui: &Ui, left: Pos2, key: &str, line: Color32, text: Color32) -> f32 {
    let width = key_cap_width(ui, key);
    let rect = Rect::from_min_size(left - vec2(0.0, HEIGHT / 2.0), vec2(width, HEIGHT));
    let stroke = Stroke::new(1.0, line);
    ui.painter().rect_stroke(rect, CornerRadius::same(3), stroke, StrokeKind::Inside);
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, key, typeface::mono(11.0), text);
    width
}

/// A key cap.
pub fn key_cap(ui: &mut Ui, key: &str) -> Response {
    let width = key_cap_width(ui, key);
    let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::hover());
    paint_key_cap(ui, rect.left_center(), key);
    response
}
