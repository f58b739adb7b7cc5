//! Short messages above the status bar.

use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::icon_label;
use egui::{Area, Frame, Id, Margin, Order, Stroke, Ui, pos2};

/// Shows them, latest last.
pub(super) fn show(ui: &Ui, cx: &Cx<'_>, bottom: f32) {
    if cx.notices.is_empty() {
        return;
    }
    let tokens = ui.tokens();
    let middle = ui.max_rect().center().x;
    Area::new(Id::unique("notices"))
        .order(Order::Tooltip)
        .pivot(egui::Align2::CENTER_BOTTOM)
        .fixed_pos(pos2(middle, bottom - 12.0))
        .interactable(false)
        .show(ui.ctx(), |ui| {
            for notice in cx.notices.iter() {
                Frame::NONE
                    .fill(tokens.raised)
                    .stroke(Stroke::new(1.0, tokens.line_strong))
                    .corner_radius(6)
                    .inner_margin(Margin::symmetric(12, 6))
                    .show(ui, |ui| {
                        let (mark, color) = if notice.is_problem {
                            (icon::WARNING, tokens.warn)
                        } else {
                            (icon::INFO, tokens.text_weak)
                        };
                        ui.horizontal(|ui| {
                            icon_label(ui, mark, 16.0, color, "", typeface::control());
                            ui.label(typeface::text(&notice.text, typeface::control(), tokens.text_strong));
                        });
                    });
            }
        });
}
