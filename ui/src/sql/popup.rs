//! The list of completions at the cursor.

use super::complete::{AtCursor, Candidate, What, accept, at_cursor, candidates, tables_needed};
use crate::code::{CodeOutput, go_to};
use crate::cx::Cx;
use crate::design::{Tokens, TokensExt, icon, typeface};
use crate::widget::{key_cap, paint_row_fill, text_clipped};
use egui::{
    Align2, Area, CornerRadius, Frame, Id, Key, Modifiers, Order, Rect, ScrollArea, Sense, Ui, WidgetInfo,
    accesskit::Role, pos2, vec2,
};
use sluice_api::Request;

const WIDTH: f32 = 440.0;
const ROW: f32 = 24.0;
/// Rows shown without scrolling.
const ROWS: f32 = 8.0;

/// State of the list.
#[derive(Default)]
pub(super) struct Popup {
    open: bool,
    chosen: usize,
    /// Chosen by key before the editor saw it.
    accepted: bool,
    moved: bool,
}

impl Popup {
    /// Whether it is on screen.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Opens it.
    pub(super) fn open(&mut self) {
        self.open = true;
        self.chosen = 0;
    }

    /// Closes it.
    pub(super) fn close(&mut self) {
        self.open = false;
    }

    /// Takes its keys before the editor does.
    pub(super) fn keys(&mut self, ui: &Ui) {
        self.accepted = false;
        self.moved = false;
        if !self.open {
            return;
        }
        let (down, up, take) = ui.input_mut(|input| {
            (
                input.count_and_consume_key(Modifiers::NONE, Key::ArrowDown),
                input.count_and_consume_key(Modifiers::NONE, Key::ArrowUp),
                input.consume_key(Modifiers::NONE, Key::Tab) || input.consume_key(Modifiers::NONE, Key::Enter),
            )
        });
        self.moved = down + up > 0;
        self.chosen = (self.chosen + down).saturating_sub(up);
        self.accepted = take;
    }

    /// Shows it under the cursor and puts what is accepted into `sql`; true when it did.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, sql: &mut String, id: Id, output: &CodeOutput) -> bool {
        let Some(cursor) = output.cursor.filter(|_| self.open) else {
            self.close();
            return false;
        };
        let store = cx.store;
        for table in tables_needed(sql, store) {
            cx.want(Request::Table { table, version: None });
        }
        let at = at_cursor(sql, cursor);
        let list = candidates(sql, &at, store);
        if list.is_empty() && !at.typed.is_empty() {
            self.close();
            return false;
        }
        self.chosen = self.chosen.min(list.len().saturating_sub(1));
        let clicked = self.list_ui(ui, &list, &at, output.cursor_rect);
        let wanted = clicked.or(self.accepted.then_some(self.chosen));
        let Some(candidate) = wanted.and_then(|index| list.get(index)) else { return false };
        let end = accept(sql, cursor, &at, candidate);
        go_to(ui.ctx(), id, end);
        self.close();
        true
    }

    fn list_ui(&mut self, ui: &Ui, list: &[Candidate], at: &AtCursor, cursor: Rect) -> Option<usize> {
        let tokens = ui.tokens();
        let frame = Frame::NONE
            .fill(tokens.raised)
            .stroke(egui::Stroke::new(1.0, tokens.line_strong))
            .corner_radius(CornerRadius::same(6))
            .shadow(ui.visuals().popup_shadow);
        #[expect(clippy::cast_precision_loss, reason = "a few rows")]
        let height = (list.len().max(1) as f32).min(ROWS) * ROW;
        let mut clicked = None;
        let left = cursor.left() - 40.0;
        let area =
            Area::new(Id::unique("completions")).order(Order::Foreground).fixed_pos(pos2(left, cursor.bottom() + 4.0));
        area.constrain_to(ui.ctx().content_rect()).show(ui.ctx(), |ui| {
            frame.show(ui, |ui| {
                ui.set_width(WIDTH);
                ui.spacing_mut().item_spacing.y = 0.0;
                ScrollArea::vertical().max_height(height).auto_shrink(false).show(ui, |ui| {
                    if list.is_empty() {
                        ui.label(typeface::text("  No table is named yet", typeface::control(), tokens.text_weak));
                    }
                    for (index, candidate) in list.iter().enumerate() {
                        if row(ui, tokens, candidate, at, index == self.chosen, self.moved) {
                            clicked = Some(index);
                        }
                    }
                });
                ui.horizontal(|ui| {
                    ui.add_space(8.0);
                    key_cap(ui, "Tab");
                    ui.label(typeface::text("accept", typeface::caption(), tokens.text_weak));
                    key_cap(ui, "Esc");
                    ui.label(typeface::text("close", typeface::caption(), tokens.text_weak));
                });
                ui.add_space(4.0);
            });
        });
        clicked
    }
}

fn row(ui: &mut Ui, tokens: &Tokens, candidate: &Candidate, at: &AtCursor, chosen: bool, moved: bool) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let name = format!("{} {} {}", candidate.insert, candidate.note, candidate.origin);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, chosen, name.trim()));
    if chosen && moved {
        response.scroll_to_me(None);
    }
    paint_row_fill(ui, rect, chosen, &response);
    let y = rect.center().y;
    let mark = match candidate.what {
        What::Column => icon::VIEW_COLUMN,
        What::Alias => icon::LINK,
        What::Table => icon::TABLE,
        What::Function => icon::CALCULATE,
        What::Keyword => icon::CODE,
    };
    ui.painter().text(
        pos2(rect.left() + 16.0, y),
        Align2::CENTER_CENTER,
        mark,
        typeface::icons(14.0),
        tokens.text_weak,
    );
    let right = pos2(rect.right() - 12.0, y);
    let origin =
        ui.painter().text(right, Align2::RIGHT_CENTER, &candidate.origin, typeface::caption(), tokens.text_weak);
    let right = pos2(origin.left() - 12.0, y);
    let note = ui.painter().text(right, Align2::RIGHT_CENTER, &candidate.note, typeface::mono(11.0), tokens.text);
    let mut x = rect.left() + 32.0;
    let room = |x: f32| note.left() - 12.0 - x;
    let same = candidate.insert.to_lowercase().starts_with(&at.typed.to_lowercase());
    let split = if same { crate::code::byte_position(&candidate.insert, at.typed.chars().count()) } else { 0 };
    let (matched, rest) = candidate.insert.split_at_checked(split).unwrap_or(("", &candidate.insert));
    let font = || typeface::mono(12.0);
    if !matched.is_empty() {
        x += text_clipped(ui, Align2::LEFT_CENTER, pos2(x, y), room(x), matched, font(), tokens.accent);
    }
    text_clipped(ui, Align2::LEFT_CENTER, pos2(x, y), room(x), rest, font(), tokens.text_strong);
    response.clicked()
}
