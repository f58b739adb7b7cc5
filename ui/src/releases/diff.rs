//! What differs, table by table: graded changes, then the lines of the texts.

use crate::design::{Tokens, TokensExt, icon, typeface};
use crate::publish::grade;
use crate::widget::{EmptyState, Operation, text_clipped};
use egui::{Align2, Color32, Rect, ScrollArea, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use sluice_api::{ContractChange, DiffLine, ReleaseDetail, ReleaseDiff, UNKNOWN};

const LINE: f32 = 20.0;
const ROW: f32 = 40.0;

/// Draws the differences.
pub(super) fn show(ui: &mut Ui, diff: &ReleaseDiff) {
    let tokens = ui.tokens();
    if diff.from == diff.to {
        let title = format!("{} is the first release", diff.from);
        let text = "None is before it. Contracts shows what it holds, and it can be compared with the draft";
        EmptyState { icon: icon::HISTORY, title: &title, text, action: None }.show(ui);
        return;
    }
    if diff.tables.is_empty() {
        let title = format!("{} and {} are equal", diff.from, diff.to);
        let text = "Every contract and model has the same text";
        EmptyState { icon: icon::CHECK_CIRCLE, title: &title, text, action: None }.show(ui);
        return;
    }
    ScrollArea::vertical().id_salt("release diff").auto_shrink(false).show(ui, |ui| {
        for each in &diff.tables {
            let name = each.table.as_ref().map_or_else(|| each.path.clone(), ToString::to_string);
            group(ui, tokens, &name, &each.path);
            match &each.changes {
                Some(changes) => changes.iter().for_each(|change| change_row(ui, tokens, change)),
                None => note(ui, tokens, "One of the two texts is not valid, its entries cannot be compared"),
            }
            for line in &each.lines {
                line_row(ui, tokens, line);
            }
            ui.add_space(12.0);
        }
    });
}

/// Draws all texts of a release.
pub(super) fn texts(ui: &mut Ui, detail: &ReleaseDetail) {
    let tokens = ui.tokens();
    ScrollArea::vertical().id_salt("release texts").auto_shrink(false).show(ui, |ui| {
        for each in &detail.texts {
            let name = each.table.as_ref().map_or_else(|| UNKNOWN.to_owned(), ToString::to_string);
            group(ui, tokens, &name, &each.path);
            for (number, text) in (1..).zip(each.text.lines()) {
                let line = DiffLine { kind: ' ', old: None, new: Some(number), text: text.to_owned() };
                line_row(ui, tokens, &line);
            }
            ui.add_space(12.0);
        }
    });
}

fn group(ui: &mut Ui, tokens: &Tokens, name: &str, path: &str) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, format!("{name}, {path}")));
    ui.painter().rect_filled(rect, 0.0, tokens.panel);
    let y = rect.center().y;
    let at = pos2(rect.left() + 12.0, y);
    let font = typeface::mono_strong(12.0);
    let painted = ui.painter().text(at, Align2::LEFT_CENTER, name, font, tokens.text_strong);
    let at = pos2(painted.right() + 8.0, y);
    let room = rect.right() - 12.0 - at.x;
    text_clipped(ui, Align2::LEFT_CENTER, at, room, path, typeface::control(), tokens.text_weak);
}

fn note(ui: &mut Ui, tokens: &Tokens, text: &str) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    let at = pos2(rect.left() + 20.0, rect.center().y);
    ui.painter().text(at, Align2::CENTER_CENTER, icon::WARNING, typeface::icons(14.0), tokens.warn);
    let at = pos2(rect.left() + 36.0, rect.center().y);
    ui.painter().text(at, Align2::LEFT_CENTER, text, typeface::control(), tokens.text);
}

fn change_row(ui: &mut Ui, tokens: &Tokens, change: &ContractChange) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let what = change.change.replace("->", "→");
    let word = grade::word(change.grade);
    let kind = Operation::from_change(&change.kind.to_string()).map_or("changed", Operation::word);
    let spoken = format!("{word}: {} {kind}, {what}. {} ({})", change.place, change.consequence, change.effect);
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &spoken));
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    let (mark, color) = grade::look(tokens, change.grade);
    let y = rect.center().y;
    let at = pos2(rect.left() + 20.0, y);
    ui.painter().text(at, Align2::CENTER_CENTER, mark, typeface::icons(14.0), color);
    let left = rect.left() + 36.0;
    let width = rect.right() - 12.0 - left;
    let (value, effect) = (left + width * 0.28, left + width * 0.62);
    let room = value - left - 12.0;
    let font = || typeface::mono(12.0);
    text_clipped(ui, Align2::LEFT_CENTER, pos2(left, y), room, &change.place, font(), tokens.text_strong);
    text_clipped(ui, Align2::LEFT_CENTER, pos2(value, y), effect - value - 12.0, &what, font(), tokens.text);
    ui.painter().text(pos2(effect, y - 8.0), Align2::LEFT_CENTER, word, typeface::control(), color);
    let at = pos2(effect, y + 8.0);
    let room = rect.right() - 12.0 - effect;
    text_clipped(ui, Align2::LEFT_CENTER, at, room, &change.consequence, typeface::caption(), tokens.text_weak);
    response.on_hover_text(spoken);
}

fn line_row(ui: &mut Ui, tokens: &Tokens, line: &DiffLine) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::hover());
    if !ui.is_rect_visible(rect) {
        return;
    }
    let (fill, color, word) = match line.kind {
        '-' => (tokens.fail_bg, tokens.fail, "removed"),
        '+' => (tokens.ok_bg, tokens.ok, "added"),
        _ => (Color32::TRANSPARENT, tokens.text_weak, "equal"),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, format!("{word}: {}", line.text)));
    ui.painter().rect_filled(rect, 0.0, fill);
    let y = rect.center().y;
    let numbers = [(line.old, rect.left() + 36.0), (line.new, rect.left() + 72.0)];
    for (number, x) in numbers {
        if let Some(number) = number {
            let font = typeface::mono(11.0);
            ui.painter().text(pos2(x, y), Align2::RIGHT_CENTER, number.to_string(), font, tokens.text_weak);
        }
    }
    let mark = Rect::from_center_size(pos2(rect.left() + 88.0, y), vec2(12.0, 12.0));
    let text = if line.kind == ' ' { tokens.text } else { tokens.text_strong };
    let glyph = if line.kind == '-' { "−".to_owned() } else { line.kind.to_string() };
    ui.painter().text(mark.center(), Align2::CENTER_CENTER, glyph, typeface::mono_strong(12.0), color);
    let at = pos2(rect.left() + 104.0, y);
    let room = rect.right() - 12.0 - at.x;
    text_clipped(ui, Align2::LEFT_CENTER, at, room, &line.text, typeface::mono(12.0), text);
}
