//! The table of changes, grouped by contract, hardest first.

use super::grade;
use crate::design::{Tokens, TokensExt, icon, typeface};
use crate::widget::{Operation, number, text_clipped};
use egui::{
    Align2, CornerRadius, Pos2, Rect, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2,
    vec2,
};
use sluice_api::{Audience, ContractChange, Effect, Grade, PublishPlan, TableEffect, reach};

const ROW: f32 = 40.0;
const GROUP: f32 = 28.0;

/// Left edges of the columns as shares of the width, after the mark: place, change, then one for each audience.
const EDGES: [f32; 5] = [0.0, 0.2, 0.475, 0.655, 0.83];

/// Draws it.
pub(super) fn show(ui: &mut Ui, plan: &PublishPlan, only: Option<Audience>, folded: &mut Vec<String>) {
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 0.0;
    head(ui, tokens);
    ScrollArea::vertical().id_salt("changes").auto_shrink(false).show(ui, |ui| {
        for (name, changes) in groups(plan) {
            let is_folded = folded.contains(&name);
            let effect = plan.document.tables.iter().find(|table| table.table.to_string() == name);
            let note = number::plural(changes.len() as u64, "change");
            let note = effect.map_or_else(|| note.clone(), |effect| format!("{note}. {}", effect_text(effect)));
            if group(ui, tokens, &name, &note, is_folded) {
                if is_folded {
                    folded.retain(|each| *each != name);
                } else {
                    folded.push(name);
                }
            }
            if !is_folded {
                for change in changes.iter().filter(|change| only.is_none_or(|of| reach(change, of).is_some())) {
                    row(ui, tokens, change);
                }
            }
        }
    });
}

/// What the runner does to a table, how large that is, and who reads it.
pub(crate) fn effect_text(effect: &TableEffect) -> String {
    let mut text = effect.note.clone();
    if effect.effect == Effect::Rebuild && effect.recomputed_keys.is_none() {
        let rows = effect.rows.map_or_else(|| "rows unknown".to_owned(), |rows| number::plural(rows, "row"));
        text.push_str(&format!(", {rows}"));
        if let Some(seconds) = effect.rebuild_seconds {
            text.push_str(&format!(", takes about {}", sluice_contract::duration_text(seconds.max(1))));
        }
    }
    if !effect.readers.is_empty() {
        let readers: Vec<String> = effect.readers.iter().map(ToString::to_string).collect();
        text.push_str(&format!(", read by {}", readers.join(", ")));
    }
    text
}

/// Contracts with their changes; the contract with the hardest change first.
pub(super) fn groups(plan: &PublishPlan) -> Vec<(String, Vec<&ContractChange>)> {
    let mut groups: Vec<(String, Vec<&ContractChange>)> = Vec::new();
    let mut sorted: Vec<&ContractChange> = plan.document.changes.iter().collect();
    sorted.sort_by_key(|change| std::cmp::Reverse(change.grade));
    for change in sorted {
        let name = change.table.to_string();
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, changes)) => changes.push(change),
            None => groups.push((name, vec![change])),
        }
    }
    groups
}

fn columns(rect: Rect) -> [f32; 5] {
    let left = rect.left() + 44.0;
    let width = rect.right() - left;
    EDGES.map(|share| left + width * share)
}

fn head(ui: &mut Ui, tokens: &Tokens) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    let words = ["Where", "Change"].into_iter().chain(Audience::ALL.map(Audience::word));
    for (x, word) in columns(rect).into_iter().zip(words) {
        ui.painter().text(pos2(x, rect.center().y), Align2::LEFT_CENTER, word, typeface::control(), tokens.text_weak);
    }
}

fn group(ui: &mut Ui, tokens: &Tokens, name: &str, note: &str, folded: bool) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), GROUP), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, !folded, format!("{name}, {note}")));
    let fill = if response.hovered() { tokens.hover } else { tokens.panel };
    ui.painter().rect_filled(rect, 0.0, fill);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    if response.has_focus() {
        let stroke = Stroke::new(1.0, tokens.accent);
        ui.painter().rect_stroke(rect, CornerRadius::ZERO, stroke, StrokeKind::Inside);
    }
    let y = rect.center().y;
    let arrow = if folded { icon::CHEVRON_RIGHT } else { icon::EXPAND_MORE };
    let painter = ui.painter();
    painter.text(pos2(rect.left() + 20.0, y), Align2::CENTER_CENTER, arrow, typeface::icons(14.0), tokens.text_weak);
    let font = typeface::mono_strong(12.0);
    let end = rect.right() - 12.0;
    let mut x = rect.left() + 36.0;
    x += text_clipped(ui, Align2::LEFT_CENTER, pos2(x, y), end - x, name, font, tokens.text_strong) + 8.0;
    text_clipped(ui, Align2::LEFT_CENTER, pos2(x, y), end - x, note, typeface::control(), tokens.text_weak);
    response.on_hover_text(format!("{name}: {note}")).clicked()
}

fn row(ui: &mut Ui, tokens: &Tokens, change: &ContractChange) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let operation = Operation::from_change(&change.kind.to_string());
    let kind = operation.map_or("changed", Operation::word);
    let word = grade::word(change.grade);
    let what = change.change.replace("->", "→");
    let reached = Audience::ALL.iter().filter_map(|of| {
        let (kind, words) = reach(change, *of)?;
        Some(format!("{} {}, {words}", of.word(), grade::word(kind).to_lowercase()))
    });
    let reached: Vec<String> = reached.collect();
    let name = format!(
        "{word}: {} {kind}, {what}. {} ({}). {}",
        change.place,
        change.consequence,
        change.effect,
        reached.join("; ")
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &name));
    if response.hovered() {
        ui.painter().rect_filled(rect, 0.0, tokens.hover);
    }
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    let y = rect.center().y;
    if let Some(operation) = operation {
        let mark = Rect::from_center_size(pos2(rect.left() + 20.0, y), vec2(16.0, 16.0));
        let painter = ui.painter();
        painter.rect_filled(mark, CornerRadius::same(3), operation.background(tokens));
        let font = typeface::mono_strong(12.0);
        painter.text(mark.center(), Align2::CENTER_CENTER, operation.glyph(), font, operation.color(tokens));
    }
    let [place, value, audiences @ ..] = columns(rect);
    let place_room = value - place - 12.0;
    let font = || typeface::mono(12.0);
    text_clipped(ui, Align2::LEFT_CENTER, pos2(place, y), place_room, &change.place, font(), tokens.text_strong);
    let room = audiences[0] - value - 12.0;
    text_clipped(ui, Align2::LEFT_CENTER, pos2(value, y), room, &what, font(), tokens.text);
    let ends = audiences.into_iter().skip(1).chain([rect.right()]);
    for ((left, end), of) in audiences.into_iter().zip(ends).zip(Audience::ALL) {
        audience(ui, tokens, pos2(left, y), end - left - 8.0, reach(change, of));
    }
    response.on_hover_text(name);
}

/// What a change is for one audience: its grade, and why; a dash if nothing.
fn audience(ui: &Ui, tokens: &Tokens, at: Pos2, room: f32, reached: Option<(Grade, &str)>) {
    let Some((kind, words)) = reached else {
        ui.painter().text(at, Align2::LEFT_CENTER, "– None", typeface::control(), tokens.text_faint);
        return;
    };
    let (mark, color) = grade::look(tokens, kind);
    let first = at - vec2(0.0, 8.0);
    ui.painter().text(first + vec2(7.0, 0.0), Align2::CENTER_CENTER, mark, typeface::icons(14.0), color);
    let word = grade::word(kind);
    ui.painter().text(first + vec2(20.0, 0.0), Align2::LEFT_CENTER, word, typeface::control(), color);
    let second = at + vec2(20.0, 8.0);
    text_clipped(ui, Align2::LEFT_CENTER, second, room - 20.0, words, typeface::caption(), tokens.text_weak);
}
