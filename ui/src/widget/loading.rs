//! The loading line: 2 px under a panel header, after 150 ms.

use crate::design::TokensExt;
use egui::{Id, Rect, Ui, pos2, vec2};

/// Paints the line along the bottom of `header` while `pending`; old content stays as it is.
pub fn loading_line(ui: &Ui, header: Rect, pending: bool) {
    let id = Id::unique("loading").with((ui.scope_id(), header.top().to_bits(), header.left().to_bits()));
    let now = ui.input(|input| input.time);
    if !pending {
        ui.data_mut(|data| data.remove::<f64>(id));
        return;
    }
    let since = ui.data_mut(|data| *data.get_temp_mut_or(id, now));
    let waited = now - since;
    if waited < 0.15 {
        ui.ctx().request_repaint_after_secs(0.16);
        return;
    }
    ui.ctx().request_repaint_after_secs(0.05);
    let line = Rect::from_min_size(pos2(header.left(), header.bottom() - 2.0), vec2(header.width(), 2.0));
    #[expect(clippy::cast_possible_truncation, reason = "a share of the width")]
    let share = (waited * 0.7).fract() as f32;
    let width = line.width() * 0.25;
    let x = line.left() - width + share * (line.width() + width);
    let bar = Rect::from_min_size(pos2(x, line.top()), vec2(width, 2.0)).intersect(line);
    ui.painter().rect_filled(bar, 0.0, ui.tokens().accent);
}
