//! What the files look like, and why: title, confidence, evidence, rules.

use super::edit::Edit;
use crate::design::{Tokens, TokensExt, icon, typeface};
use crate::widget::{number, text_clipped};
use egui::{Align2, CornerRadius, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use sluice_api::OnboardDraft;

/// Draws title, confidence and evidence.
pub(super) fn show(ui: &mut Ui, draft: &OnboardDraft) {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 36.0), Sense::hover());
    let sure = number::percent(draft.confidence);
    let words = format!("{}, {}, confidence {sure}", draft.title, draft.name);
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &words));
    let y = rect.center().y;
    let painter = ui.painter();
    let right = pos2(rect.right(), y);
    let value = painter.text(right, Align2::RIGHT_CENTER, sure, typeface::mono_strong(12.0), tokens.text_strong);
    let track = Rect::from_min_size(pos2(value.left() - 72.0, y - 2.0), vec2(64.0, 4.0));
    painter.rect_filled(track, CornerRadius::same(2), tokens.active);
    #[expect(clippy::cast_possible_truncation, reason = "a share of 64 points")]
    let done = Rect::from_min_size(track.min, vec2(64.0 * draft.confidence.clamp(0.0, 1.0) as f32, 4.0));
    let color = if draft.confidence >= 0.9 { tokens.ok } else { tokens.warn };
    painter.rect_filled(done, CornerRadius::same(2), color);
    let at = pos2(track.left() - 8.0, y);
    let label = painter.text(at, Align2::RIGHT_CENTER, "Confidence", typeface::control(), tokens.text_weak);
    let room = label.left() - 16.0 - rect.left();
    let used = text_clipped(
        ui,
        Align2::LEFT_CENTER,
        rect.left_center(),
        room,
        &draft.title,
        typeface::title(),
        tokens.text_strong,
    );
    let note = format!("{}, {}", draft.name, draft.format);
    let at = pos2(rect.left() + used + 12.0, y);
    text_clipped(ui, Align2::LEFT_CENTER, at, room - used - 12.0, &note, typeface::mono(12.0), tokens.text_weak);
    for evidence in &draft.evidence {
        let (mark, color) = if evidence.ok { (icon::CHECK, tokens.ok) } else { (icon::WARNING, tokens.warn) };
        line(ui, tokens, mark, color, &evidence.text, &evidence.count);
    }
    let (sampled, files) = draft.sampled_files;
    let text = format!("Sampled {}", number::plural(draft.sampled_rows, "record"));
    let count = format!("{} of {}", number::count(sampled), number::plural(files, "file"));
    line(ui, tokens, icon::INFO, tokens.text_weak, &text, &count);
}

fn line(ui: &mut Ui, tokens: &Tokens, mark: char, color: egui::Color32, text: &str, count: &str) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{text} {count}")));
    let y = rect.center().y;
    ui.painter().text(pos2(rect.left() + 7.0, y), Align2::CENTER_CENTER, mark, typeface::icons(14.0), color);
    let font = typeface::mono(12.0);
    let painted = ui.painter().text(rect.right_center(), Align2::RIGHT_CENTER, count, font, tokens.text_weak);
    let from = pos2(rect.left() + 22.0, y);
    let room = painted.left() - 12.0 - from.x;
    text_clipped(ui, Align2::LEFT_CENTER, from, room, text, typeface::control(), tokens.text);
    response.on_hover_text(text);
}

/// Draws key, sequence, operation, delete rule and history, as the text says them now.
pub(super) fn rules(ui: &mut Ui, draft: &OnboardDraft, edit: &Edit) {
    let tokens = ui.tokens();
    let contract = edit.contract.as_ref();
    let key = contract.map_or_else(|| draft.key.clone(), |contract| contract.apply.key.clone());
    let written = contract.map(|contract| contract.apply.sequence.join(", ")).filter(|parts| !parts.is_empty());
    let sequence = written.unwrap_or_else(|| draft.order());
    let total: u64 = draft.operations.iter().map(|(_, count)| count).sum();
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let share = |count: u64| if total == 0 { 0.0 } else { count as f64 / total as f64 };
    let operations: Vec<String> =
        draft.operations.iter().map(|(name, count)| format!("{name} {}", number::percent(share(*count)))).collect();
    let deletes: u64 =
        draft.operations.iter().filter(|(name, _)| matches!(name.as_str(), "d" | "D")).map(|(_, n)| n).sum();
    let rule = contract.and_then(|contract| contract.apply.delete_when.as_ref());
    let delete = rule.map_or_else(|| "operation is d".to_owned(), |rule| format!("{} = '{}'", rule.column, rule.value));
    let cells = [
        ("Key", key.join(", "), if key.is_empty() { "to decide".to_owned() } else { "primary key".to_owned() }),
        ("Sequence", sequence, "orders the events".to_owned()),
        ("Operation", operations.join("  "), format!("{} records", number::count(total))),
        ("Delete when", delete, number::plural(deletes, "delete")),
        ("Apply as", "SCD 1".to_owned(), "tombstones kept".to_owned()),
    ];
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 56.0), Sense::hover());
    let shares = [0.18, 0.26, 0.24, 0.18, 0.14];
    let mut x = rect.left();
    for ((label, value, note), share) in cells.into_iter().zip(shares) {
        let cell = Rect::from_min_size(pos2(x, rect.top()), vec2(rect.width() * share, rect.height()));
        x = cell.right();
        let response = ui.interact(cell, ui.scope_id().with(label), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{label} {value}, {note}")));
        let room = cell.width() - 12.0;
        let shown = if value.is_empty() { "–" } else { &value };
        for (offset, text, font, color) in [
            (10.0, label, typeface::control(), tokens.text_weak),
            (28.0, shown, typeface::mono(12.0), tokens.text_strong),
            (46.0, note.as_str(), typeface::caption(), tokens.text_weak),
        ] {
            let at = pos2(cell.left(), cell.top() + offset);
            text_clipped(ui, Align2::LEFT_CENTER, at, room, text, font, color);
        }
        response.on_hover_text(format!("{value}\n{note}"));
    }
}
