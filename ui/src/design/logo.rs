//! The sign of Sluice: two posts, water, and the layers between them.

use super::Tokens;
use egui::{Painter, Pos2, Rect, pos2, vec2};

/// Paints the sign with `size` around `center`.
pub fn paint_logo(painter: &Painter, center: Pos2, size: f32, tokens: &Tokens) {
    let unit = size / 16.0;
    let rect = Rect::from_center_size(center, vec2(size, size));
    let part = |x: f32, y: f32, w: f32, h: f32| {
        Rect::from_min_size(pos2(rect.left() + x * unit, rect.top() + y * unit), vec2(w * unit, h * unit))
    };
    painter.rect_filled(part(0.0, 0.0, 3.0, 16.0), 1.0, tokens.silver);
    painter.rect_filled(part(13.0, 0.0, 3.0, 16.0), 1.0, tokens.silver);
    painter.rect_filled(part(4.5, 1.0, 7.0, 7.0), 1.0, tokens.accent);
    painter.rect_filled(part(4.5, 9.5, 7.0, 2.0), 0.5, tokens.gold);
    painter.rect_filled(part(4.5, 13.0, 7.0, 2.0), 0.5, tokens.bronze);
}
