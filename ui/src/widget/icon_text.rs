//! Small painted pieces: icons with words, hairlines, clipped text.

use crate::design::{TokensExt, typeface};
use egui::{Align2, Color32, FontId, Rect, Response, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

/// An icon followed by a word. The word is its accessible name.
pub fn icon_label(ui: &mut Ui, icon: char, size: f32, color: Color32, text: &str, font: FontId) -> Response {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, color);
    let gap = if text.is_empty() { 0.0 } else { 6.0 };
    let wanted = vec2(size + gap + galley.size().x, galley.size().y.max(size).max(18.0));
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    let center = pos2(rect.left() + size / 2.0, rect.center().y);
    ui.painter().text(center, Align2::CENTER_CENTER, icon, typeface::icons(size), color);
    let at = pos2(rect.left() + size + gap, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, color);
    response
}

/// Paints one line of text, cut with `…` at `width`; returns the painted width.
pub fn text_clipped(
    ui: &Ui,
    anchor: Align2,
    at: egui::Pos2,
    width: f32,
    text: &str,
    font: FontId,
    color: Color32,
) -> f32 {
    if width <= 0.0 {
        return 0.0;
    }
    let mut job = egui::text::LayoutJob::single_section(
        text.to_owned(),
        egui::TextFormat { font_id: font, color, ..Default::default() },
    );
    job.wrap = egui::text::TextWrapping::truncate_at_width(width);
    job.break_on_newline = false;
    let galley = ui.ctx().fonts_mut(|fonts| fonts.layout_job(job));
    let rect: Rect = anchor.anchor_size(at, galley.size());
    let painted = galley.size().x;
    ui.painter().galley(rect.min, galley, color);
    painted
}

/// A hairline across the available width.
pub fn rule(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    let y = rect.center().y;
    ui.painter().hline(rect.x_range(), y, Stroke::new(1.0, ui.tokens().line));
}

/// A hairline down `rect` at `x`.
pub fn rule_vertical(ui: &Ui, x: f32, rect: Rect) {
    ui.painter().vline(x, rect.y_range(), Stroke::new(1.0, ui.tokens().line));
}
