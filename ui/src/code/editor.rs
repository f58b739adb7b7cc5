//! The editor: text, line numbers, the line in focus, notes under their lines.

use super::layout::{LINE, NOTE, Span, lay_out};
use super::note::CodeNote;
use crate::design::{Tokens, TokensExt, icon, typeface};
use crate::widget::text_clipped;
use egui::{
    Align2, Context, EventFilter, Frame, Galley, Id, Margin, Pos2, Rect, Response, ScrollArea, Sense, Shape,
    TextBuffer, TextEdit, Ui, WidgetInfo,
    accesskit::Role,
    pos2,
    text::{CCursor, CCursorRange},
    text_edit::TextEditState,
    vec2,
};
use std::ops::RangeInclusive;

/// Room for line numbers.
const GUTTER: f32 = 44.0;

/// An editor for code.
pub struct CodeEditor<'a> {
    text: &'a mut String,
    name: &'a str,
    id: Id,
    color: &'a dyn Fn(&str) -> Vec<Span>,
    notes: &'a [CodeNote],
    notes_apart: bool,
    marked: Option<RangeInclusive<u32>>,
    keep_escape: bool,
}

/// What the editor did.
pub struct CodeOutput {
    /// Of the text.
    pub response: Response,
    /// Cursor in characters, while in focus.
    pub cursor: Option<usize>,
    /// Where the cursor is on screen.
    pub cursor_rect: Rect,
}

impl<'a> CodeEditor<'a> {
    /// An editor for `text`; `name` is its accessible name, `color` finds the coloured pieces.
    #[must_use]
    pub fn new(text: &'a mut String, name: &'a str, id: Id, color: &'a dyn Fn(&str) -> Vec<Span>) -> Self {
        Self { text, name, id, color, notes: &[], notes_apart: false, marked: None, keep_escape: false }
    }

    /// Notes to show under their lines.
    #[must_use]
    pub fn notes(self, notes: &'a [CodeNote]) -> Self {
        Self { notes, ..self }
    }

    /// Only marks the lines of the notes; the caller shows their words in a place of its own, so that no line moves
    /// while one types.
    #[must_use]
    pub fn notes_apart(self) -> Self {
        Self { notes_apart: true, ..self }
    }

    /// Lines that belong to what is selected elsewhere, from 1.
    #[must_use]
    pub fn marked(self, marked: Option<RangeInclusive<u32>>) -> Self {
        Self { marked, ..self }
    }

    /// Escape is handled by the caller (a popup is open) and does not take the focus away.
    #[must_use]
    pub fn keep_escape(self, keep_escape: bool) -> Self {
        Self { keep_escape, ..self }
    }

    /// Shows it in all of the available space.
    pub fn show(self, ui: &mut Ui) -> CodeOutput {
        let tokens = ui.tokens();
        let outer = ui.available_rect_before_wrap();
        ui.painter().rect_filled(outer, 0.0, tokens.canvas);
        let (name, notes, marked, apart) = (self.name, self.notes, self.marked, self.notes_apart);
        let mut edit = Some((self.text, self.color, self.id));
        let keep_escape = self.keep_escape;
        let mut result = None;
        ScrollArea::both().id_salt(("code", name)).auto_shrink(false).show(ui, |ui| {
            let Some((text, color, id)) = edit.take() else { return };
            let behind = ui.painter().add(Shape::Noop);
            let mut layouter = |ui: &Ui, text: &dyn TextBuffer, _: f32| {
                lay_out(ui, tokens, text.as_str(), &color(text.as_str()), notes, apart)
            };
            let filter = EventFilter { tab: true, horizontal_arrows: true, vertical_arrows: true, escape: keep_escape };
            #[expect(clippy::cast_possible_truncation, reason = "a constant that fits")]
            let left = GUTTER as i8 + 8;
            let output = TextEdit::multiline(text)
                .id(id)
                .font(typeface::mono(13.0))
                .frame(Frame::NONE.inner_margin(Margin { left, right: 24, top: 8, bottom: 8 }))
                .background_color(egui::Color32::TRANSPARENT)
                .min_size(outer.size() - vec2(1.0, 1.0))
                .desired_width(outer.width())
                .event_filter(filter)
                .layouter(&mut layouter)
                .show(ui);
            let response = output.response.response.accessible_name(name);
            let cursor = output.cursor_range.filter(|_| response.has_focus()).map(|range| range.primary);
            let lines = Lines { galley: &output.galley, at: output.galley_pos, outer };
            let mut shapes = Vec::new();
            if let Some(marked) = &marked {
                lines.fill(marked.clone(), tokens.selection, &mut shapes);
            }
            let current = cursor.map(|cursor| line_of(&output.galley, cursor));
            if let Some(line) = current {
                lines.fill(line..=line, tokens.panel, &mut shapes);
            }
            ui.painter().set(behind, Shape::Vec(shapes));
            lines.gutter(ui, tokens, notes, current);
            if !apart {
                lines.notes(ui, tokens, notes);
            }
            let cursor_rect = cursor.map_or(Rect::from_min_size(outer.min, vec2(1.0, LINE)), |cursor| {
                output.galley.pos_from_cursor(cursor).translate(output.galley_pos.to_vec2())
            });
            result = Some(CodeOutput { cursor: cursor.map(|cursor| cursor.index.0), cursor_rect, response });
        });
        result.unwrap_or_else(|| CodeOutput {
            response: ui.allocate_rect(outer, Sense::hover()),
            cursor: None,
            cursor_rect: outer,
        })
    }
}

fn line_of(galley: &Galley, cursor: CCursor) -> u32 {
    u32::try_from(galley.layout_from_cursor(cursor).row).map_or(1, |row| row + 1)
}

/// Puts the cursor of the editor `id` on a character and gives it the focus.
pub fn go_to(ctx: &Context, id: Id, position: usize) {
    let mut state = TextEditState::load(ctx, id).unwrap_or_default();
    state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(position))));
    state.store(ctx, id);
    ctx.memory_mut(|memory| memory.request_focus(id));
    ctx.request_repaint();
}

/// The lines on screen.
struct Lines<'a> {
    galley: &'a Galley,
    at: Pos2,
    outer: Rect,
}

impl Lines<'_> {
    fn rect(&self, line: u32) -> Option<Rect> {
        let row = self.galley.rows.get(usize::try_from(line.checked_sub(1)?).ok()?)?;
        let top = self.at.y + row.pos.y;
        Some(Rect::from_min_max(pos2(self.outer.left(), top), pos2(self.outer.right(), top + LINE)))
    }

    fn fill(&self, lines: RangeInclusive<u32>, color: egui::Color32, shapes: &mut Vec<Shape>) {
        shapes.extend(lines.filter_map(|line| self.rect(line)).map(|rect| Shape::rect_filled(rect, 0.0, color)));
    }

    fn gutter(&self, ui: &Ui, tokens: &Tokens, notes: &[CodeNote], current: Option<u32>) {
        let gutter = Rect::from_min_max(self.outer.min, pos2(self.outer.left() + GUTTER, self.outer.bottom()));
        let painter = ui.painter().with_clip_rect(gutter.intersect(ui.clip_rect()));
        if self.at.x < gutter.right() {
            painter.rect_filled(gutter, 0.0, tokens.canvas);
        }
        for line in 1..=u32::try_from(self.galley.rows.len()).unwrap_or(u32::MAX) {
            let Some(rect) = self.rect(line) else { break };
            if rect.bottom() < self.outer.top() || rect.top() > self.outer.bottom() {
                continue;
            }
            let color = if current == Some(line) { tokens.text_strong } else { tokens.text_faint };
            let at = pos2(gutter.right() - 8.0, rect.center().y);
            painter.text(at, Align2::RIGHT_CENTER, line.to_string(), typeface::mono(12.0), color);
            if notes.iter().any(|note| note.line == line) {
                let at = pos2(gutter.left() + 10.0, rect.center().y);
                painter.text(at, Align2::CENTER_CENTER, icon::ERROR, typeface::icons(14.0), tokens.fail);
            }
        }
    }

    fn notes(&self, ui: &Ui, tokens: &Tokens, notes: &[CodeNote]) {
        let mut seen: Vec<u32> = Vec::new();
        for note in notes {
            let above = seen.iter().filter(|line| **line == note.line).count();
            seen.push(note.line);
            let Some(line) = self.rect(note.line) else { continue };
            #[expect(clippy::cast_precision_loss, reason = "a few notes on a line")]
            let top = line.bottom() + above as f32 * NOTE;
            let rect = Rect::from_min_size(pos2(self.outer.left(), top), vec2(self.outer.width(), NOTE));
            let response = ui.interact(rect, ui.scope_id().with(("note", note.line, above)), Sense::hover());
            let words = format!("{}:{} {}", note.line, note.column, note.text);
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
            ui.painter().rect_filled(rect, 0.0, tokens.fail_bg);
            let at = pos2(rect.left() + GUTTER + 8.0, rect.center().y);
            let place = format!("{}:{}", note.line, note.column);
            let font = typeface::mono_strong(12.0);
            let painted = ui.painter().text(at, Align2::LEFT_CENTER, place, font, tokens.fail);
            let from = pos2(painted.right() + 8.0, rect.center().y);
            let width = rect.right() - from.x - 8.0;
            text_clipped(ui, Align2::LEFT_CENTER, from, width, &note.text, typeface::control(), tokens.text_strong);
            response.on_hover_text(words);
        }
    }
}
