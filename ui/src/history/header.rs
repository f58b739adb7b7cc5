//! Key, verdict, and the versions as a sum.

use super::state::HistoryScreen;
use super::verdict::verdict;
use super::versions::{Counts, Versions};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, typeface};
use crate::widget::{Button, Operation, badge, number, rule, text_clipped};
use egui::{Align, Align2, Layout, Rect, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2, vec2};

/// Height of title and verdict.
const VERDICT: f32 = 72.0;
/// Height of the sum.
const SUM: f32 = 36.0;

/// Draws them.
pub(super) fn show(screen: &HistoryScreen, ui: &mut Ui, cx: &mut Cx<'_>, versions: &Versions<'_>) {
    let tokens = ui.tokens();
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), VERDICT));
    let inner = rect.shrink2(vec2(12.0, 0.0));
    let title = Rect::from_min_size(inner.min + vec2(0.0, 8.0), vec2(inner.width(), 32.0));
    let layout = Layout::right_to_left(Align::Center);
    let mut right = ui.new_child(UiBuilder::new().max_rect(title).layout(layout).id_salt("history actions"));
    if Button::of(&Command::CopyMarkdown).show(&mut right).clicked() {
        cx.run(Command::CopyMarkdown);
    }
    let room = title.with_max_x(right.min_rect().left() - 12.0);
    let layout = Layout::left_to_right(Align::Center);
    let mut left = ui.new_child(UiBuilder::new().max_rect(room).layout(layout).id_salt("history title"));
    left.set_clip_rect(room.intersect(ui.clip_rect()));
    let verdict = verdict(versions, cx.pages);
    let key = typeface::text(screen.key.text(), typeface::mono_strong(15.0), tokens.text_strong);
    left.scope(|ui| {
        ui.set_max_width((room.width() - 120.0).max(80.0));
        ui.add(egui::Label::new(key).truncate());
    });
    if let Some(verdict) = &verdict {
        badge(&mut left, verdict.tone, None, verdict.word);
    }
    left.label(typeface::text(screen.table.to_string(), typeface::mono(12.0), tokens.text_weak));
    let text = verdict.map_or_else(|| "…".to_owned(), |verdict| verdict.text);
    let place = Rect::from_min_max(pos2(inner.left(), title.bottom()), inner.max);
    let response = ui.interact(place, ui.scope_id().with("verdict"), egui::Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    let at = pos2(inner.left(), title.bottom() + 12.0);
    text_clipped(ui, Align2::LEFT_CENTER, at, inner.width(), &text, typeface::body(), tokens.text);
    response.on_hover_text(text);
    rule(ui);
    sum(ui, versions, versions.counts(cx.pages));
    rule(ui);
}

/// `4 versions = 1 inserted + 2 updated + 1 deleted`, and where they were looked for.
fn sum(ui: &mut Ui, versions: &Versions<'_>, counts: Option<Counts>) {
    let tokens = ui.tokens();
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), SUM));
    let inner = rect.shrink2(vec2(12.0, 0.0));
    let layout = Layout::left_to_right(Align::Center);
    let mut line = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("history sum"));
    line.spacing_mut().item_spacing.x = 6.0;
    let count = |ui: &mut Ui, value: Option<u64>, word: &str, faint: bool| {
        let color = if faint { tokens.text_faint } else { tokens.text_strong };
        let text = value.map_or_else(|| "…".to_owned(), number::count);
        ui.label(typeface::text(text, typeface::mono_strong(13.0), color));
        ui.label(typeface::text(word, typeface::control(), tokens.text_weak));
    };
    let sign = |ui: &mut Ui, sign: &str| {
        ui.add_space(4.0);
        ui.label(typeface::text(sign, typeface::mono(13.0), tokens.text_weak));
        ui.add_space(4.0);
    };
    let all = versions.count();
    count(&mut line, Some(all), if all == 1 { "version" } else { "versions" }, false);
    let parts = [
        (Operation::Equal, "there before", counts.map(|counts| counts.found)),
        (Operation::Inserted, "inserted", counts.map(|counts| counts.inserted)),
        (Operation::Updated, "updated", counts.map(|counts| counts.updated)),
        (Operation::Deleted, "deleted", counts.map(|counts| counts.deleted)),
    ];
    let shown = parts.into_iter().filter(|(kind, _, value)| *kind != Operation::Equal || *value != Some(0));
    for (position, (kind, word, value)) in shown.enumerate() {
        sign(&mut line, if position == 0 { "=" } else { "+" });
        kind.mark(&mut line);
        count(&mut line, value, word, value == Some(0));
    }
    let view = versions.view();
    let looked = format!("v{} to v{} searched in {}", view.oldest, view.latest, number::elapsed(view.elapsed_ms));
    let layout = Layout::right_to_left(Align::Center);
    let free = inner.with_min_x(line.min_rect().right() + 12.0);
    let mut right = ui.new_child(UiBuilder::new().max_rect(free).layout(layout).id_salt("history searched"));
    right.set_clip_rect(free.intersect(ui.clip_rect()));
    right.label(typeface::text(looked, typeface::control(), tokens.text_weak));
}
