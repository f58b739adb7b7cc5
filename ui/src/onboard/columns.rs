//! The table of columns: what was found beside what the text says. Edits rewrite the text.

use super::document::{Written, set_pii, set_type};
use super::edit::{Edit, proposed_type, sentences};
use crate::design::{Tokens, TokensExt, icon, typeface};
use crate::widget::{Button, TextField, number, paint_key_cap, text_clipped, toggle};
use egui::{
    Align, Align2, CornerRadius, Layout, Rect, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, accesskit::Role,
    pos2, vec2,
};
use sluice_api::{DraftColumn, OnboardDraft, Problem};

const ROW: f32 = 28.0;
/// Left edges as shares of the width: name, arrives as, type, null, role, personal data.
const EDGES: [f32; 6] = [0.0, 0.22, 0.40, 0.62, 0.76, 0.85];

/// A row of the table.
enum Row<'a> {
    Column(&'a DraftColumn, Option<&'a Written>),
    Problem(&'a Written, &'a Problem),
    Decide(&'a str),
}

/// Draws it. Returns the new text if something was edited; `chosen` is the column in focus.
pub(super) fn show(ui: &mut Ui, draft: &OnboardDraft, edit: &Edit, chosen: &mut Option<String>) -> Option<String> {
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 0.0;
    head(ui, tokens);
    let mut rows = Vec::new();
    for column in &draft.columns {
        let written = edit.column(&column.name);
        rows.push(Row::Column(column, written));
        let before = rows.len();
        if let Some(written) = written {
            rows.extend(edit.problems_of(written).map(|problem| Row::Problem(written, problem)));
        }
        if let Some(decide) = column.decide.as_deref().filter(|_| rows.len() == before) {
            rows.push(Row::Decide(decide));
        }
    }
    let mut text = None;
    ScrollArea::vertical().id_salt("columns").auto_shrink(false).show_rows(ui, ROW, rows.len(), |ui, range| {
        for row in rows.get(range).unwrap_or_default() {
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
            let edited = match row {
                Row::Column(column, written) => {
                    if response.clicked() {
                        *chosen = Some(column.name.clone());
                    }
                    let selected = chosen.as_deref() == Some(column.name.as_str());
                    let line = Line { rect, column, written: *written, selected };
                    line.show(ui, tokens, &response, edit, chosen)
                }
                Row::Problem(written, problem) => problem_row(ui, tokens, rect, &response, edit, written, problem),
                Row::Decide(words) => {
                    decide_row(ui, tokens, rect, &response, words);
                    None
                }
            };
            text = edited.or(text.take());
        }
    });
    text
}

fn cells(rect: Rect) -> [Rect; 6] {
    let inner = rect.shrink2(vec2(12.0, 0.0));
    let edge = |index: usize| EDGES.get(index).map_or(inner.right(), |share| inner.left() + inner.width() * share);
    std::array::from_fn(|index| {
        Rect::from_min_max(pos2(edge(index), rect.top()), pos2(edge(index + 1) - 8.0, rect.bottom()))
    })
}

fn head(ui: &mut Ui, tokens: &Tokens) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    for (cell, word) in cells(rect).iter().zip(["Name", "Arrives as", "Type", "Null", "Role", "Personal data"]) {
        let at = cell.left_center();
        text_clipped(ui, Align2::LEFT_CENTER, at, cell.width() + 8.0, word, typeface::control(), tokens.text_weak);
    }
}

/// A column.
struct Line<'a> {
    rect: Rect,
    column: &'a DraftColumn,
    written: Option<&'a Written>,
    selected: bool,
}

impl Line<'_> {
    fn show(
        &self,
        ui: &mut Ui,
        tokens: &Tokens,
        response: &egui::Response,
        edit: &Edit,
        chosen: &mut Option<String>,
    ) -> Option<String> {
        let Self { rect, column, written, selected } = *self;
        let share = number::percent(column.null_share);
        let spoken = format!("{}, arrives as {}, null {share}", column.name, column.arrives_as);
        response.widget_info(|| WidgetInfo::selected(Role::Row, true, selected, &spoken));
        let fill = match (selected, response.hovered()) {
            (true, _) => tokens.selection,
            (false, true) => tokens.hover,
            (false, false) => tokens.canvas,
        };
        ui.painter().rect_filled(rect, 0.0, fill);
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
        let [name, arrives, kind, null, role, personal] = cells(rect);
        let mono = || typeface::mono(12.0);
        let left = |ui: &Ui, cell: Rect, text: &str, color| {
            text_clipped(ui, Align2::LEFT_CENTER, cell.left_center(), cell.width(), text, mono(), color);
        };
        let color = if written.is_some() { tokens.text_strong } else { tokens.text_faint };
        left(ui, name, &column.name, color);
        left(ui, arrives, &column.arrives_as, tokens.text_weak);
        let mut edited = None;
        match written {
            Some(written) => edited = self.type_field(ui, kind, edit, written, chosen),
            None => left(ui, kind, "not in the contract", tokens.text_faint),
        }
        let track = Rect::from_min_size(pos2(null.left(), null.center().y - 2.0), vec2(32.0, 4.0));
        ui.painter().rect_filled(track, CornerRadius::same(2), tokens.active);
        #[expect(clippy::cast_possible_truncation, reason = "a share of 32 points")]
        let part = Rect::from_min_size(track.min, vec2(32.0 * column.null_share.clamp(0.0, 1.0) as f32, 4.0));
        ui.painter().rect_filled(part, CornerRadius::same(2), tokens.text_weak);
        let at = pos2(track.right() + 8.0, null.center().y);
        ui.painter().text(at, Align2::LEFT_CENTER, share, mono(), tokens.text);
        if written.map_or(column.key, |written| written.key) {
            let at = pos2(role.left() + 7.0, role.center().y);
            ui.painter().text(at, Align2::CENTER_CENTER, icon::KEY, typeface::icons(14.0), tokens.accent);
            let at = pos2(role.left() + 18.0, role.center().y);
            ui.painter().text(at, Align2::LEFT_CENTER, "key", typeface::control(), tokens.text);
        } else if written.is_some_and(|written| written.required) {
            let at = role.left_center();
            text_clipped(ui, Align2::LEFT_CENTER, at, role.width(), "required", typeface::control(), tokens.text_weak);
        }
        if let Some(written) = written {
            let mut child = child(ui, personal, ("pii", &column.name));
            let mut on = written.pii;
            let label = format!("Personal data {}", column.name);
            if toggle(&mut child, &label, &mut on).changed() && !written.on_one_line {
                edited = Some(set_pii(&edit.yaml, written, on));
            }
            if let Some(found) = &column.pii {
                let color = if written.pii { tokens.text } else { tokens.warn };
                let at = pos2(personal.left() + 36.0, personal.center().y);
                let room = personal.right() + 8.0 - at.x;
                text_clipped(ui, Align2::LEFT_CENTER, at, room, found, typeface::control(), color);
            }
        }
        edited
    }

    fn type_field(
        &self,
        ui: &mut Ui,
        cell: Rect,
        edit: &Edit,
        written: &Written,
        chosen: &mut Option<String>,
    ) -> Option<String> {
        let mut child = child(ui, cell, ("type", &self.column.name));
        let mut text = written.data_type.clone();
        let label = format!("Type of {}", self.column.name);
        let wrong = edit.problems_of(written).next().is_some();
        let field = TextField::new(&mut text, &label).mono().width(cell.width()).invalid(wrong);
        let response = field.show(&mut child);
        if response.gained_focus() {
            *chosen = Some(self.column.name.clone());
        }
        let response = if written.on_one_line {
            response.on_hover_text("This column stands on one line, change it in the text")
        } else {
            response
        };
        (response.changed() && !written.on_one_line).then(|| set_type(&edit.yaml, written, &text))
    }
}

fn child(ui: &mut Ui, rect: Rect, salt: (&str, &str)) -> Ui {
    let builder = UiBuilder::new().max_rect(rect).id_salt(salt).layout(Layout::left_to_right(Align::Center));
    ui.new_child(builder)
}

fn problem_row(
    ui: &mut Ui,
    tokens: &Tokens,
    rect: Rect,
    response: &egui::Response,
    edit: &Edit,
    written: &Written,
    problem: &Problem,
) -> Option<String> {
    let words = sentences(problem);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{}: {words}", written.name)));
    ui.painter().rect_filled(rect, 0.0, tokens.fail_bg);
    let y = rect.center().y;
    let at = pos2(rect.left() + 26.0, y);
    ui.painter().text(at, Align2::CENTER_CENTER, icon::ERROR, typeface::icons(14.0), tokens.fail);
    let proposed = proposed_type(problem).filter(|_| !written.on_one_line);
    let room = if proposed.is_some() { 220.0 } else { 12.0 };
    let from = pos2(rect.left() + 40.0, y);
    let width = rect.right() - room - from.x;
    text_clipped(ui, Align2::LEFT_CENTER, from, width, &words, typeface::control(), tokens.text_strong);
    let proposed = proposed?;
    let right = Rect::from_min_max(pos2(rect.right() - 212.0, rect.top()), pos2(rect.right() - 12.0, rect.bottom()));
    let builder = UiBuilder::new().max_rect(right).id_salt(("fix", &written.name));
    let mut child = ui.new_child(builder.layout(Layout::right_to_left(Align::Center)));
    let name = format!("Fix {} with {proposed}", written.name);
    let pressed = Button::new(&proposed).name(&name).height(20.0).show(&mut child).clicked();
    paint_key_cap(&child, pos2(right.left(), y), "Alt Enter");
    pressed.then(|| set_type(&edit.yaml, written, &proposed))
}

fn decide_row(ui: &Ui, tokens: &Tokens, rect: Rect, response: &egui::Response, words: &str) {
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("To decide: {words}")));
    ui.painter().rect_filled(rect, 0.0, tokens.warn_bg);
    let y = rect.center().y;
    let at = pos2(rect.left() + 26.0, y);
    ui.painter().text(at, Align2::CENTER_CENTER, icon::WARNING, typeface::icons(14.0), tokens.warn);
    let from = pos2(rect.left() + 40.0, y);
    let width = rect.right() - 12.0 - from.x;
    text_clipped(ui, Align2::LEFT_CENTER, from, width, words, typeface::control(), tokens.text_strong);
}
