//! How large the data files are.

use crate::design::{TokensExt, typeface};
use crate::widget::{number, panel_header};
use egui::{Align2, Frame, Margin, Rect, Stroke, Ui, pos2};
use sluice_api::TableView;

/// Upper bounds of the bars, MiB.
const BOUNDS: [u64; 10] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
/// Files below this are small, MiB.
const SMALL: u64 = 8;

/// Draws it.
pub(super) fn show(ui: &mut Ui, view: &TableView) {
    let tokens = ui.tokens();
    let small = view.files.iter().filter(|file| file.bytes < SMALL << 20).count();
    let note =
        format!("{} of {} under {SMALL} MiB", number::count(small as u64), number::count(view.files.len() as u64));
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| panel_header(ui, "File sizes", &note, |_| ()));
    let rect = ui.available_rect_before_wrap();
    if rect.height() < 60.0 || view.files.is_empty() {
        return;
    }
    let plot =
        Rect::from_min_max(pos2(rect.left() + 40.0, rect.top() + 4.0), pos2(rect.right() - 16.0, rect.bottom() - 36.0));
    let mut counts = [0_u64; BOUNDS.len()];
    for file in &view.files {
        let bar = BOUNDS.iter().position(|bound| file.bytes <= bound << 20).unwrap_or(BOUNDS.len() - 1);
        if let Some(count) = counts.get_mut(bar) {
            *count += 1;
        }
    }
    let top = counts.iter().copied().max().unwrap_or(1).max(1);
    let top = top + top % 2;
    for share in [0.0_f32, 0.5, 1.0] {
        let y = plot.bottom() - plot.height() * share;
        ui.painter().hline(plot.x_range(), y, Stroke::new(1.0, tokens.line));
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an axis label"
        )]
        let value = (top as f32 * share) as u64;
        let at = pos2(plot.left() - 8.0, y);
        ui.painter().text(at, Align2::RIGHT_CENTER, number::short_count(value), typeface::mono(11.0), tokens.text_weak);
    }
    #[expect(clippy::cast_precision_loss, reason = "ten bars")]
    let step = plot.width() / BOUNDS.len() as f32;
    let mut x = plot.left();
    for (count, bound) in counts.into_iter().zip(BOUNDS) {
        #[expect(clippy::cast_precision_loss, reason = "a height in points")]
        let height = plot.height() * (count as f32 / top as f32);
        let bar = Rect::from_min_max(pos2(x + 1.0, plot.bottom() - height), pos2(x + step - 2.0, plot.bottom()));
        let [color, ..] = tokens.plot;
        ui.painter().rect_filled(bar, 0.0, color);
        let at = pos2(x + step - 2.0, plot.bottom() + 10.0);
        ui.painter().text(at, Align2::CENTER_CENTER, bound.to_string(), typeface::mono(11.0), tokens.text_weak);
        x += step;
    }
    let at = pos2(plot.left(), plot.bottom() + 25.0);
    ui.painter().text(at, Align2::LEFT_CENTER, "MiB per file, upper bound", typeface::caption(), tokens.text_weak);
}
