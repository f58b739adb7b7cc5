//! Scroll bars of a grid. The thumb is at least 20 points long and maps to integer rows.

use super::state::{GridState, View};
use crate::design::TokensExt;
use egui::{Id, Rect, Sense, Ui, pos2, vec2};

const THICKNESS: f32 = 8.0;
const THUMB_MIN: f32 = 20.0;

fn vertical_track(view: &View) -> Rect {
    let body = view.body;
    Rect::from_min_max(
        pos2(body.right() - THICKNESS - 2.0, body.top() + 2.0),
        pos2(body.right() - 2.0, body.bottom() - 2.0),
    )
}

/// Length of the thumb and how far it can travel.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "points on screen")]
fn vertical_thumb(state: &GridState, view: &View) -> Option<Rect> {
    let max = view.first_row_max();
    if max == 0 {
        return None;
    }
    let track = vertical_track(view);
    let length = (f64::from(track.height()) * view.rows_in_view() as f64 / view.rows as f64) as f32;
    let length = length.max(THUMB_MIN).min(track.height());
    let at = (state.first_row as f64 + f64::from(state.offset / view.row_height)) / max as f64;
    let top = track.top() + (at.clamp(0.0, 1.0) * f64::from(track.height() - length)) as f32;
    Some(Rect::from_min_size(pos2(track.left(), top), vec2(THICKNESS, length)))
}

fn horizontal_thumb(state: &GridState, view: &View) -> Option<Rect> {
    let body = view.body;
    let travel = view.total_width + 12.0 - body.width();
    if travel <= 0.0 {
        return None;
    }
    let track = Rect::from_min_max(
        pos2(body.left() + 2.0, body.bottom() - THICKNESS - 2.0),
        pos2(body.right() - THICKNESS - 4.0, body.bottom() - 2.0),
    );
    let length = (track.width() * body.width() / (view.total_width + 12.0)).max(THUMB_MIN);
    let left = track.left() + (state.left / travel).clamp(0.0, 1.0) * (track.width() - length);
    Some(Rect::from_min_size(pos2(left, track.top()), vec2(length, THICKNESS)))
}

/// Handles the vertical bar.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of the rows, in f64"
)]
pub(super) fn vertical(ui: &Ui, id: Id, state: &mut GridState, view: &View) {
    let Some(thumb) = vertical_thumb(state, view) else { return };
    let track = vertical_track(view);
    let response = ui.interact(track.expand2(vec2(3.0, 0.0)), id.with("vertical"), Sense::drag());
    if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.is_pointer_button_down_on()) {
        let grabbed = *state.grabbed.get_or_insert_with(|| {
            if thumb.y_range().contains(pointer.y) { pointer.y - thumb.top() } else { thumb.height() / 2.0 }
        });
        let travel = f64::from((track.height() - thumb.height()).max(1.0));
        let share = (f64::from(pointer.y - grabbed - track.top()) / travel).clamp(0.0, 1.0);
        state.first_row = (share * view.first_row_max() as f64).round() as u64;
        state.offset = 0.0;
        state.clamp(view);
    } else {
        state.grabbed = None;
    }
}

/// Handles the horizontal bar.
pub(super) fn horizontal(ui: &Ui, id: Id, state: &mut GridState, view: &View) {
    let Some(thumb) = horizontal_thumb(state, view) else { return };
    let response = ui.interact(thumb.expand2(vec2(0.0, 3.0)), id.with("horizontal"), Sense::drag());
    if response.dragged() {
        let travel = (view.body.width() - thumb.width() - THICKNESS - 6.0).max(1.0);
        state.left += response.drag_delta().x / travel * (view.total_width + 12.0 - view.body.width());
        state.clamp(view);
    }
}

/// Paints both thumbs above the cells.
pub(super) fn paint(ui: &Ui, state: &GridState, view: &View) {
    let tokens = ui.tokens();
    let pointer = ui.input(|input| input.pointer.hover_pos());
    for thumb in [vertical_thumb(state, view), horizontal_thumb(state, view)].into_iter().flatten() {
        let near = pointer.is_some_and(|at| thumb.expand(12.0).contains(at)) || state.grabbed.is_some();
        ui.painter().rect_filled(thumb.shrink(1.0), 3.0, if near { tokens.text_faint } else { tokens.line_strong });
    }
}
