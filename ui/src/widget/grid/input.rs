//! Wheel, pointer and keys of a grid.

use super::copy::copy;
use super::response::GridResponse;
use super::state::{GridState, View};
use super::{GridColumn, Rows};
use egui::{EventFilter, InputState, Key, Modifiers, Response, Ui};

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
    let at = response.interact_pointer_pos();
    // A menu is of the cell under it; a range stays as it was chosen.
    let opens_menu = response.secondary_clicked() && !state.has_range();
    let clicked = response.clicked() || response.double_clicked() || opens_menu;
    let Some(at) = at.filter(|_| clicked || response.dragged()) else { return };
    let Some(cell) = cell_at(at, state, view, widths) else { return };
    ui.memory_mut(|memory| memory.request_focus(response.id));
    if response.drag_started() {
        let press = ui.input(|input| input.pointer.press_origin());
        state.anchor = press.and_then(|press| cell_at(press, state, view, widths));
    } else if clicked {
        let extends = ui.input(|input| input.modifiers.shift);
        state.anchor = if extends { state.anchor.or(state.cursor) } else { None };
    }
    outcome.moved |= state.cursor != Some(cell);
    state.cursor = Some(cell);
    if response.dragged() {
        state.bring_into_view(cell.0, view);
    }
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

/// Keys that were pressed for a grid.
struct Pressed {
    cell: (u64, usize),
    extends: bool,
    enter: bool,
    all: bool,
    copy: Option<bool>,
}

/// Arrows, Home, End, PageUp, PageDown, with Shift a range; all cells; Enter; copy, with Shift names of columns too.
#[expect(clippy::too_many_arguments, reason = "one step of the grid's frame")]
pub(super) fn keys(
    ui: &Ui,
    response: &Response,
    state: &mut GridState,
    view: &View,
    columns: &[GridColumn],
    widths: &[f32],
    source: &mut dyn Rows,
    outcome: &mut GridResponse,
) {
    if !response.has_focus() || view.rows == 0 || widths.is_empty() {
        return;
    }
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, tab: false, escape: false };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let start = state.cursor.unwrap_or((state.first_row, 0));
    let pressed = ui.input_mut(|input| read(input, start, view, widths.len()));
    if pressed.cell != start {
        outcome.moved = true;
        state.anchor = if pressed.extends { state.anchor.or(Some(start)) } else { None };
        state.cursor = Some(pressed.cell);
        state.bring_into_view(pressed.cell.0, view);
        state.bring_column_into_view(pressed.cell.1, widths, view);
    }
    if pressed.all {
        state.anchor = Some((0, 0));
        state.cursor = Some((view.rows - 1, widths.len() - 1));
    }
    if pressed.enter {
        outcome.activated = Some(pressed.cell);
        state.cursor = Some(pressed.cell);
    }
    if let Some(with_names) = pressed.copy {
        outcome.copied = Some(copy(ui.ctx(), state, columns, with_names, source));
    }
}

fn read(input: &mut InputState, start: (u64, usize), view: &View, columns: usize) -> Pressed {
    let (last_row, last_column) = (view.rows - 1, columns - 1);
    let page = view.rows_in_view().max(1);
    let (mut row, mut column) = start;
    let mut extends = false;
    // The longer set of modifiers first.
    for shift in [true, false] {
        let plain = Modifiers { shift, ..Modifiers::NONE };
        let control = Modifiers { shift, ..Modifiers::COMMAND };
        let before = (row, column);
        if input.consume_key(control, Key::Home) {
            (row, column) = (0, 0);
        }
        if input.consume_key(control, Key::End) {
            (row, column) = (last_row, last_column);
        }
        if input.consume_key(control, Key::ArrowUp) {
            row = 0;
        }
        if input.consume_key(control, Key::ArrowDown) {
            row = last_row;
        }
        let mut times = |key| input.count_and_consume_key(plain, key);
        let rows = |times: usize| u64::try_from(times).unwrap_or_default();
        row = row.saturating_sub(rows(times(Key::ArrowUp))).saturating_add(rows(times(Key::ArrowDown)));
        row = row.saturating_sub(page * rows(times(Key::PageUp))).saturating_add(page * rows(times(Key::PageDown)));
        column = column.saturating_sub(times(Key::ArrowLeft)).saturating_add(times(Key::ArrowRight));
        if times(Key::Home) > 0 {
            column = 0;
        }
        if times(Key::End) > 0 {
            column = last_column;
        }
        extends |= shift && before != (row, column);
    }
    let with_names = input.consume_key(Modifiers { shift: true, ..Modifiers::COMMAND }, Key::C);
    let copies = input.consume_key(Modifiers::COMMAND, Key::C)
        || input.events.iter().any(|event| matches!(event, egui::Event::Copy));
    Pressed {
        cell: (row.min(last_row), column.min(last_column)),
        extends,
        all: input.consume_key(Modifiers::COMMAND, Key::A),
        enter: input.consume_key(Modifiers::NONE, Key::Enter),
        copy: (with_names || copies).then_some(with_names),
    }
}
