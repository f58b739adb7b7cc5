//! Edges that resize panels.

use crate::design::TokensExt;
use egui::{CursorIcon, Rect, Sense, Stroke, Ui};

/// Which edge of a panel is dragged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// Left edge; the panel grows to the left.
    Left,
    /// Right edge; the panel grows to the right.
    Right,
    /// Top edge; the panel grows upwards.
    Top,
    /// Bottom edge; the panel grows downwards.
    Bottom,
}

/// Draws the edge of `panel` and lets it be dragged; `size` stays within `range`.
pub fn splitter(ui: &Ui, name: &str, panel: Rect, edge: Edge, size: &mut f32, range: std::ops::RangeInclusive<f32>) {
    let (from, to) = match edge {
        Edge::Left => (panel.left_top(), panel.left_bottom()),
        Edge::Right => (panel.right_top(), panel.right_bottom()),
        Edge::Top => (panel.left_top(), panel.right_top()),
        Edge::Bottom => (panel.left_bottom(), panel.right_bottom()),
    };
    let vertical = matches!(edge, Edge::Left | Edge::Right);
    let grab = Rect::from_two_pos(from, to).expand2(if vertical { egui::vec2(3.0, 0.0) } else { egui::vec2(0.0, 3.0) });
    let response = ui.interact(grab, ui.scope_id().with(("splitter", name)), Sense::drag());
    let cursor = if vertical { CursorIcon::ResizeHorizontal } else { CursorIcon::ResizeVertical };
    let response = response.on_hover_and_drag_cursor(cursor);
    if response.dragged() {
        let delta = response.drag_delta();
        let change = match edge {
            Edge::Left => -delta.x,
            Edge::Right => delta.x,
            Edge::Top => -delta.y,
            Edge::Bottom => delta.y,
        };
        *size = (*size + change).clamp(*range.start(), *range.end());
    }
    let tokens = ui.tokens();
    let lit = response.hovered() || response.dragged();
    let stroke = Stroke::new(1.0, if lit { tokens.accent } else { tokens.line });
    if vertical {
        ui.painter().vline(from.x, panel.y_range(), stroke);
    } else {
        ui.painter().hline(panel.x_range(), from.y, stroke);
    }
}
