//! The versions that were looked at: each is a line with what was left to search before it.

use crate::design::{TokensExt, icon, typeface};
use crate::widget::{number, panel_header};
use egui::{Align2, Pos2, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use sluice_api::{BisectStep, Bisection};

/// Height of a line.
const LINE: f32 = 28.0;
/// Room for the number of the step, for the version with its batch, and for what it shows.
const NUMBER: f32 = 64.0;
const VERSION: f32 = 176.0;
const SHOWN: f32 = 168.0;

/// Draws them.
pub(super) fn show(ui: &mut Ui, view: &Bisection) {
    let looked = format!(
        "{} of {} looked at, each halves what is left",
        view.steps.len(),
        number::plural(view.versions, "version")
    );
    panel_header(ui, "Versions", &looked, |ui| {
        let tokens = ui.tokens();
        ui.label(typeface::text("filled: so, ring: not so", typeface::control(), tokens.text_weak));
    });
    let Some((first, last)) = view.searched else { return };
    ScrollArea::vertical().id_salt("versions of the search").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        // What is left to search before each step.
        let (mut low, mut high) = (first, last);
        for (index, step) in view.steps.iter().enumerate() {
            line(ui, index, step, (first, last), (low, high));
            if step.holds { high = high.min(step.version) } else { low = low.max(step.version) }
        }
    });
}

fn line(ui: &mut Ui, index: usize, step: &BisectStep, (first, last): (u64, u64), (low, high): (u64, u64)) {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::hover());
    let batch = step.batch.map_or_else(String::new, |batch| format!(", batch {batch}"));
    let shown = step.shown.clone().unwrap_or_else(|| "–".to_owned());
    let word = if step.holds { "so" } else { "not so" };
    let words = format!("v{}{batch}, {word}, {shown}", step.version);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    let inner = rect.shrink2(vec2(12.0, 0.0));
    let color = if step.holds { tokens.fail } else { tokens.text };
    let text = |at: Pos2, align: Align2, text: &str, color| {
        ui.painter().text(at, align, text, typeface::mono(12.0), color);
    };
    text(inner.left_center(), Align2::LEFT_CENTER, &(index + 1).to_string(), tokens.text_weak);
    let track = Rect::from_min_max(
        pos2(inner.left() + NUMBER, inner.top()),
        pos2((inner.right() - VERSION - SHOWN).max(inner.left() + NUMBER + 40.0), inner.bottom()),
    );
    #[expect(clippy::cast_precision_loss, reason = "a place on the screen")]
    let place = |version: u64| {
        let share = (version.saturating_sub(first)) as f32 / (last - first).max(1) as f32;
        track.left() + share * track.width()
    };
    let y = track.center().y;
    ui.painter().hline(track.x_range(), y, Stroke::new(2.0, tokens.line));
    ui.painter().hline(place(low)..=place(high), y, Stroke::new(4.0, tokens.line_strong));
    let center = pos2(place(step.version), y);
    if step.holds {
        ui.painter().circle_filled(center, 7.0, tokens.fail);
        ui.painter().text(center, Align2::CENTER_CENTER, icon::CLOSE, typeface::icons(11.0), tokens.canvas);
    } else {
        ui.painter().circle_filled(center, 6.0, tokens.canvas);
        ui.painter().circle_stroke(center, 6.0, Stroke::new(2.0, tokens.text));
    }
    let after = pos2(inner.right() - SHOWN - VERSION + 16.0, y);
    text(after, Align2::LEFT_CENTER, &format!("v{}{batch}", step.version), tokens.text_weak);
    let room = SHOWN - 8.0;
    let galley = ui.painter().layout_no_wrap(shown, typeface::mono(12.0), color);
    let at = pos2(inner.right() - galley.size().x.min(room), y - galley.size().y / 2.0);
    let clip = Rect::from_min_max(pos2(inner.right() - room, rect.top()), rect.max);
    ui.painter().with_clip_rect(clip.intersect(ui.clip_rect())).galley(at, galley, color);
    response.on_hover_text(format!("{}\n{words}", number::time(step.at_ms)));
}
