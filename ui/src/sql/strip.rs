//! The results of this tab side by side: latest, earlier, pinned.

use super::results::Results;
use crate::cx::Cx;
use crate::design::{TokensExt, icon};
use crate::widget::{Button, loading_line, number};
use egui::{Align, Layout, Rect, ScrollArea, Stroke, Ui, UiBuilder, pos2, vec2};

/// Height.
const HEIGHT: f32 = 32.0;

/// Draws them.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, results: &mut Results) {
    let tokens = ui.tokens();
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), HEIGHT));
    ui.painter().rect_filled(rect, 0.0, tokens.panel);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    let store = cx.store;
    let controls = Rect::from_min_max(pos2(rect.right() - 72.0, rect.top()), rect.max);
    let mut right = ui.new_child(UiBuilder::new().max_rect(controls).layout(Layout::right_to_left(Align::Center)));
    right.add_space(8.0);
    let mut close = false;
    if Button::icon_only(icon::CLOSE, "Close this result").show(&mut right).clicked() {
        close = true;
    }
    if let Some(run) = results.active_run_mut() {
        let name = if run.pinned { "Unpin this result" } else { "Pin this result" };
        if Button::icon_only(icon::PUSH_PIN, name).selected(run.pinned).show(&mut right).clicked() {
            run.pinned ^= true;
        }
    }
    let list = Rect::from_min_max(rect.min, pos2(controls.left(), rect.bottom()));
    let mut left = ui.new_child(UiBuilder::new().max_rect(list).layout(Layout::left_to_right(Align::Center)));
    left.set_clip_rect(list.intersect(ui.clip_rect()));
    let mut shown = None;
    ScrollArea::horizontal().id_salt("strip").auto_shrink(false).show(&mut left, |ui| {
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.add_space(8.0);
            let last = results.all().len().saturating_sub(1);
            for (position, run) in results.all().iter().enumerate() {
                let base = run.base(store);
                let (mark, color, words) = match (base.pending, base.error, run.view(store)) {
                    (true, ..) => (icon::SYNC, tokens.accent, "…".to_owned()),
                    (_, Some(_), _) => (icon::ERROR, tokens.fail, "failed".to_owned()),
                    (_, _, Some(view)) => (icon::TABLE_ROWS, tokens.text_weak, number::count(view.rows)),
                    (_, _, None) => (icon::TABLE_ROWS, tokens.text_weak, "…".to_owned()),
                };
                let mark = if run.pinned {
                    icon::PUSH_PIN
                } else if position < last && mark == icon::TABLE_ROWS {
                    icon::HISTORY
                } else {
                    mark
                };
                let label = format!("Result {}  {words}", run.number);
                let active = position == results.active();
                let button = Button::new(&label).quiet().icon(mark).icon_color(color).icon_size(14.0).selected(active);
                let first = run.sql.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
                if button.tooltip(first).show(ui).clicked() {
                    shown = Some(position);
                }
            }
        });
    });
    if let Some(position) = shown {
        results.show(position);
    }
    let pending = results.active_run().is_some_and(|run| run.base(store).pending || run.refining(store).pending);
    loading_line(ui, rect, pending);
    if close {
        results.close_active(cx);
    }
}
