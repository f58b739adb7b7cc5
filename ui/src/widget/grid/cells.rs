//! The visible cells of a grid.

use super::response::GridResponse;
use super::state::{GridState, View};
use super::{GridColumn, Rows};
use crate::cell::CellText;
use crate::design::{Tokens, TokensExt, typeface};
use crate::widget::number;
use egui::{
    Align2, Color32, FontId, Rect, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo,
    accesskit::{Action, Role},
    pos2,
    text::{LayoutJob, TextFormat, TextWrapping},
    vec2,
};

/// Characters of a value that are laid out.
const TEXT_SHOWN: usize = 300;

/// One visible cell.
pub struct CellRef<'a> {
    /// Row, from 0.
    pub row: u64,
    /// Column of the grid.
    pub column: usize,
    /// Text, `…` while not known.
    pub text: &'a str,
    /// The value is null.
    pub is_null: bool,
    /// The value is here.
    pub is_known: bool,
}

/// How a cell looks. The default is plain text.
#[derive(Clone, Debug, Default)]
pub struct CellLook {
    /// Text instead of the value.
    pub text: Option<String>,
    /// Colour of the text.
    pub color: Option<Color32>,
    /// Fill behind it.
    pub fill: Option<Color32>,
    /// An older value, struck through before the text.
    pub before: Option<String>,
    /// The value itself is struck through.
    pub struck: bool,
    /// Heavier text.
    pub strong: bool,
    /// Words added to the accessible name, for example `changed` or `fails`.
    pub meaning: Option<&'static str>,
}

/// Painter of a whole cell: gets the ui of the row, the cell's rectangle and the cell; true if it painted it.
pub type PaintCell<'a> = dyn FnMut(&Ui, Rect, &CellRef<'_>) -> bool + 'a;
/// Look of a cell: colours, strike-through, an older value before it.
pub type Decorate<'a> = dyn FnMut(&CellRef<'_>) -> CellLook + 'a;

pub(super) struct Frame<'a> {
    pub columns: &'a [GridColumn],
    pub widths: &'a [f32],
    pub view: &'a View,
    pub numbers_width: f32,
    pub focused: bool,
    pub grid_left: f32,
}

pub(super) struct Hooks<'a> {
    pub decorate: Option<&'a mut Decorate<'a>>,
    pub paint: Option<&'a mut PaintCell<'a>>,
}

/// Shows all rows in view.
pub(super) fn show(
    ui: &mut Ui,
    state: &mut GridState,
    frame: &Frame<'_>,
    mut hooks: Hooks<'_>,
    source: &mut dyn Rows,
    outcome: &mut GridResponse,
) {
    let view = frame.view;
    let clip = Rect::from_min_max(pos2(frame.grid_left, view.body.top()), view.body.max);
    let mut y = view.body.top() - state.offset;
    let mut row = state.first_row;
    while y < view.body.bottom() && row < view.rows {
        let rect = Rect::from_min_size(pos2(frame.grid_left, y), vec2(clip.width(), view.row_height));
        let builder = UiBuilder::new().max_rect(rect).id_salt(("row", row)).accessibility_role(Role::Row);
        let mut line = ui.new_child(builder);
        line.set_clip_rect(clip.intersect(ui.clip_rect()));
        let selected = state.cursor.is_some_and(|(cursor, _)| cursor == row);
        line.ctx().accesskit_node_builder(line.unique_id(), |node| {
            node.set_role(Role::Row);
            node.set_row_index(usize::try_from(row).unwrap_or(usize::MAX));
            node.set_selected(selected);
        });
        show_row(&mut line, rect, row, state, frame, &mut hooks, source, outcome);
        y += view.row_height;
        row += 1;
    }
}

#[expect(clippy::too_many_arguments, reason = "one row of the loop above")]
fn show_row(
    ui: &mut Ui,
    rect: Rect,
    row: u64,
    state: &mut GridState,
    frame: &Frame<'_>,
    hooks: &mut Hooks<'_>,
    source: &mut dyn Rows,
    outcome: &mut GridResponse,
) {
    let tokens = ui.tokens();
    let range = state.range().filter(|(rows, _)| state.has_range() && rows.contains(&row));
    let selected = !state.has_range() && state.cursor.is_some_and(|(cursor, _)| cursor == row);
    if selected {
        ui.painter().rect_filled(rect, 0.0, tokens.selection);
    } else if ui.rect_contains_pointer(rect) && !ui.input(|input| input.pointer.any_down()) {
        ui.painter().rect_filled(rect, 0.0, tokens.hover.gamma_multiply(0.5));
    }
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    if frame.numbers_width > 0.0 {
        let at = pos2(rect.left() + frame.numbers_width - 8.0, rect.center().y);
        let text = number::count(row + 1);
        ui.painter().text(at, Align2::RIGHT_CENTER, text, typeface::mono(11.0), tokens.text_faint);
    }
    let cells_clip = Rect::from_min_max(pos2(frame.view.body.left(), rect.top()), rect.max);
    ui.set_clip_rect(ui.clip_rect().intersect(cells_clip));
    let error = source.error(row);
    let mut x = frame.view.body.left() - state.left;
    for (column, (info, width)) in frame.columns.iter().zip(frame.widths).enumerate() {
        let cell_rect = Rect::from_min_size(pos2(x, rect.top()), vec2(*width, rect.height()));
        x += width;
        if cell_rect.right() < frame.view.body.left() || cell_rect.left() > rect.right() {
            continue;
        }
        let known = source.cell(row, column);
        let is_known = known.is_some();
        let value = known.unwrap_or_else(|| CellText {
            text: error.clone().filter(|_| column == 0).unwrap_or_else(|| "…".to_owned()),
            is_null: false,
        });
        let cell = CellRef { row, column, text: &value.text, is_null: value.is_null, is_known };
        let look = match (&mut hooks.decorate, is_known) {
            (Some(decorate), true) => decorate(&cell),
            _ => CellLook::default(),
        };
        let response = ui.interact(cell_rect, ui.scope_id().with(column), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Cell, true, spoken(info, &cell, &look)));
        let (clicked, focused) = ui.input(|input| {
            let asked = |action| input.has_accesskit_action_request(response.id, action);
            (asked(Action::Click), asked(Action::Focus))
        });
        if clicked || focused {
            state.anchor = None;
            state.cursor = Some((row, column));
            outcome.moved = true;
            ui.memory_mut(|memory| memory.request_focus(outcome.response.id));
        }
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.add_action(Action::Click);
            node.set_column_index(column);
            node.set_row_index(usize::try_from(row).unwrap_or(usize::MAX));
        });
        let chosen = range.as_ref().is_some_and(|(_, columns)| columns.contains(&column));
        if chosen {
            ui.painter().rect_filled(cell_rect, 0.0, tokens.selection);
        }
        if let Some(fill) = look.fill {
            ui.painter().rect_filled(cell_rect.shrink2(vec2(0.0, 0.5)), 0.0, fill);
        }
        let painted = match &mut hooks.paint {
            Some(paint) => paint(ui, cell_rect, &cell),
            None => false,
        };
        if !painted {
            paint_cell(ui, cell_rect, info, &cell, &look, selected || chosen);
        }
        if frame.focused && state.cursor == Some((row, column)) {
            let stroke = Stroke::new(1.0, tokens.accent);
            ui.painter().rect_stroke(cell_rect, 0.0, stroke, StrokeKind::Inside);
        }
    }
}

fn spoken(column: &GridColumn, cell: &CellRef<'_>, look: &CellLook) -> String {
    let text: String = look.text.as_deref().unwrap_or(cell.text).chars().take(TEXT_SHOWN).collect();
    let text = if cell.is_null { "null".to_owned() } else { text };
    let before = look.before.as_ref().map(|before| format!(", was {before}")).unwrap_or_default();
    let meaning = look.meaning.map(|meaning| format!(", {meaning}")).unwrap_or_default();
    format!("{} {text}{before}{meaning}", column.name)
}

fn paint_cell(ui: &Ui, rect: Rect, column: &GridColumn, cell: &CellRef<'_>, look: &CellLook, selected: bool) {
    let tokens = ui.tokens();
    let inner = rect.shrink2(vec2(8.0, 0.0));
    if inner.width() <= 0.0 {
        return;
    }
    let font = if look.strong { typeface::mono_strong(12.0) } else { typeface::mono(12.0) };
    let color = look.color.unwrap_or_else(|| value_color(tokens, cell, selected));
    let mut job = LayoutJob::default();
    if let Some(before) = &look.before {
        let weak = tokens.text_weak;
        let format = TextFormat { strikethrough: Stroke::new(1.0, weak), ..format(typeface::mono(12.0), weak) };
        job.append(&short(before), 0.0, format);
        job.append(" → ", 0.0, self::format(typeface::mono(12.0), weak));
    }
    let mut text_format = format(font, color);
    if look.struck {
        text_format.strikethrough = Stroke::new(1.0, color);
    }
    let shown = short(look.text.as_deref().unwrap_or(cell.text));
    if shown.is_empty() && cell.is_known {
        // An empty text is not blanks and not null.
        job.append("\"\"", 0.0, format(typeface::mono(12.0), tokens.text_faint));
    } else {
        job.append(&shown, 0.0, text_format);
    }
    job.wrap = TextWrapping::truncate_at_width(inner.width());
    job.break_on_newline = false;
    let galley = ui.ctx().fonts_mut(|fonts| fonts.layout_job(job));
    let anchor = if column.numeric { Align2::RIGHT_CENTER } else { Align2::LEFT_CENTER };
    let at = if column.numeric { inner.right_center() } else { inner.left_center() };
    let painter = ui.painter().with_clip_rect(ui.clip_rect().intersect(rect));
    painter.galley(anchor.anchor_size(at, galley.size()).min, galley, color);
}

fn value_color(tokens: &Tokens, cell: &CellRef<'_>, selected: bool) -> Color32 {
    if cell.is_null || !cell.is_known {
        if selected { tokens.text_weak } else { tokens.text_faint }
    } else if selected {
        tokens.text_strong
    } else {
        tokens.text
    }
}

fn format(font_id: FontId, color: Color32) -> TextFormat {
    TextFormat { font_id, color, ..Default::default() }
}

/// One line, not longer than what can ever be seen.
fn short(text: &str) -> String {
    text.chars()
        .take(TEXT_SHOWN)
        .map(|c| match c {
            '\n' => '↵',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect()
}
