//! Bars of shares, for example inserted, updated, deleted, superseded, quarantined.

use crate::design::{Tokens, TokensExt};
use egui::{Color32, Rect, Response, Sense, Ui, pos2};
use sluice_api::RowLedger;

/// The parts of a batch in their bar colours; none while its counters are not known.
#[must_use]
pub fn counter_shares(tokens: &Tokens, counters: Option<&RowLedger>) -> Vec<(u64, Color32)> {
    let Some(counters) = counters else { return Vec::new() };
    vec![
        (counters.inserted, tokens.bar_ins),
        (counters.updated, tokens.bar_upd),
        (counters.deleted, tokens.bar_del),
        (
            counters.superseded + counters.unchanged + counters.delete_of_absent + counters.filtered
                - counters.filtered_rows.min(counters.filtered),
            tokens.bar_sup,
        ),
        (counters.quarantined, tokens.bar_qua),
    ]
}

/// A bar of `size`, parts in order. Parts that are not zero are at least 1 wide.
pub fn share_bar(ui: &mut Ui, parts: &[(u64, Color32)], size: egui::Vec2) -> Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    paint_share_bar(ui, rect, parts);
    response
}

/// Paints a bar into `rect`.
pub fn paint_share_bar(ui: &Ui, rect: Rect, parts: &[(u64, Color32)]) {
    ui.painter().rect_filled(rect, 0.0, ui.tokens().active);
    let total: u64 = parts.iter().map(|(part, _)| part).sum();
    if total == 0 {
        return;
    }
    let mut x = rect.left();
    for (part, color) in parts.iter().filter(|(part, _)| *part > 0) {
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a width in points")]
        let width = ((*part as f64 / total as f64) as f32 * rect.width()).max(1.0);
        let end = (x + width).min(rect.right());
        ui.painter().rect_filled(Rect::from_min_max(pos2(x, rect.top()), pos2(end, rect.bottom())), 0.0, *color);
        x = end;
    }
}
