//! Wheel, pointer and keys of a grid.

use super::state::{GridState, View};
use super::{GridResponse, Rows};
use egui::{EventFilter, Key, Modifiers, Response, Ui};

/// Cells that one copy may take.
const COPY_CELLS_MAX: usize = 100_000;

/// Wheel and reveal requests.
pub(super) fn scroll(ui: &Ui, state: &mut GridState, view: &View) {
    if let Some(row) = state.reveal.take() {
        state.bring_into_view(row, view);
    }
    if ui.rect_contains_pointer(view.body) {
        let delta = ui.input(|input| input.smooth_scroll_delta());
        if delta.y != 0.0 {
            state.scroll_by(-delta.y, view);
        }
        if delta.x != 0.0 {
            state.left -= delta.x;
        }
        if delta != egui::Vec2::ZERO {
            ui.input_mut(|input| input.smooth_scroll_delta = egui::Vec2::ZERO);
        }
    }
    state.clamp(view);
}

/// Clicks on cells.
pub(super) fn pointer(
    ui: &Ui,
    response: &Response,
    state: &mut GridState,
    view: &View,
    widths: &[f32],
    outcome: &mut GridResponse,
) {
    let pressed = response.clicked() || response.double_clicked();
    let Some(at) = response.interact_pointer_pos().filter(|_| pressed) else { return };
    let Some(cell) = cell_at(at, state, view, widths) else { return };
    ui.memory_mut(|memory| memory.request_focus(response.id));
    outcome.moved |= state.cursor != Some(cell);
    state.cursor = Some(cell);
    if response.double_clicked() {
        outcome.activated = Some(cell);
    }
}

fn cell_at(at: egui::Pos2, state: &GridState, view: &View, widths: &[f32]) -> Option<(u64, usize)> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rows in view")]
    let row = state.first_row + ((at.y - view.body.top() + state.offset) / view.row_height).floor().max(0.0) as u64;
    let mut x = view.body.left() - state.left;
    let column = widths.iter().position(|width| {
        x += width;
        at.x < x
    })?;
    (row < view.rows).then_some((row, column))
}

/// Arrows, Home, End, PageUp, PageDown, Enter, copy.
pub(super) fn keys(
    ui: &Ui,
    response: &Response,
    state: &mut GridState,
    view: &View,
    widths: &[f32],
    source: &mut dyn Rows,
    outcome: &mut GridResponse,
) {
    if !response.has_focus() || view.rows == 0 || widths.is_empty() {
        return;
    }
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, tab: false, escape: false };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let (last_row, last_column) = (view.rows - 1, widths.len() - 1);
    let page = view.rows_in_view().max(1);
    let start = state.cursor.unwrap_or((state.first_row, 0));
    let (mut row, mut column) = start;
    let (enter, copy) = ui.input_mut(|input| {
        // The longer set of modifiers first.
        if input.consume_key(Modifiers::COMMAND, Key::Home) {
            (row, column) = (0, 0);
        }
        if input.consume_key(Modifiers::COMMAND, Key::End) {
            (row, column) = (last_row, last_column);
        }
        if input.consume_key(Modifiers::COMMAND, Key::ArrowUp) {
            row = 0;
        }
        if input.consume_key(Modifiers::COMMAND, Key::ArrowDown) {
            row = last_row;
        }
        let mut times = |key| u64::try_from(input.count_and_consume_key(Modifiers::NONE, key)).unwrap_or_default();
        row = row.saturating_sub(times(Key::ArrowUp)).saturating_add(times(Key::ArrowDown));
        row = row.saturating_sub(page * times(Key::PageUp)).saturating_add(page * times(Key::PageDown));
        column = column.saturating_sub(usize::try_from(times(Key::ArrowLeft)).unwrap_or_default());
        column = column.saturating_add(usize::try_from(times(Key::ArrowRight)).unwrap_or_default());
        if times(Key::Home) > 0 {
            column = 0;
        }
        if times(Key::End) > 0 {
            column = last_column;
        }
        let copy = input.events.iter().any(|event| matches!(event, egui::Event::Copy))
            || input.consume_key(Modifiers::COMMAND, Key::C);
        (input.consume_key(Modifiers::NONE, Key::Enter), copy)
    });
    let cell = (row.min(last_row), column.min(last_column));
    if Some(cell) != state.cursor && (cell != start || state.cursor.is_some()) {
        outcome.moved = true;
        state.cursor = Some(cell);
        state.bring_into_view(cell.0, view);
        state.bring_column_into_view(cell.1, widths, view);
    }
    if enter {
        outcome.activated = Some(cell);
        state.cursor = Some(cell);
    }
    if copy {
        let text = copy_text(state, view, widths.len(), source);
        ui.ctx().copy_text(text);
    }
}

/// The cell under the cursor; without one, the rows in view as TSV.
fn copy_text(state: &GridState, view: &View, columns: usize, source: &mut dyn Rows) -> String {
    let clean = |text: String| text.replace(['\t', '\n', '\r'], " ");
    if let Some((row, column)) = state.cursor {
        return source.cell(row, column).map_or_else(String::new, |cell| if cell.is_null { String::new() } else { clean(cell.text) });
    }
    let rows = view.rows_in_view().min(u64::try_from(COPY_CELLS_MAX / columns.max(1)).unwrap_or(u64::MAX));
    let lines: Vec<String> = (state.first_row..(state.first_row + rows).min(view.rows))
        .map(|row| {
            let cells: Vec<String> = (0..columns)
                .map(|column| source.cell(row, column).filter(|cell| !cell.is_null).map_or_else(String::new, |cell| clean(cell.text)))
                .collect();
            cells.join("\t")
        })
        .collect();
    lines.join("\n")
}
