//! Counts of a diff, known at once, and what changed in the schema.

use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Operation, number, paint_share_bar, rule, text_clipped};
use egui::{Align, Align2, Layout, Rect, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2, vec2};
use sluice_api::{DiffKinds, DiffView, SchemaChange};

/// How many rows came, changed, went and stayed.
#[derive(Clone, Copy)]
pub(super) struct Counts {
    inserted: u64,
    updated: u64,
    deleted: u64,
    unchanged: u64,
}

impl Counts {
    /// Of all rows; while only the first are known, what the commit itself counted.
    pub(super) fn of(view: &DiffView) -> Option<Self> {
        let Some(of) = &view.of else {
            let DiffView { inserted, updated, deleted, unchanged, .. } = *view;
            return Some(Self { inserted, updated, deleted, unchanged });
        };
        let DiffKinds { inserted, updated, deleted } = of.kinds?;
        Some(Self { inserted, updated, deleted, unchanged: of.rows_before.saturating_sub(updated + deleted) })
    }
}

/// Draws the four counts, the share of equal rows, and their bar; `…` while not known.
pub(super) fn show(ui: &mut Ui, view: Option<Counts>) {
    let tokens = ui.tokens();
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 72.0));
    let width = ((rect.width() - 24.0 - 120.0) / 4.0).clamp(110.0, 152.0);
    let counts = [
        (Operation::Inserted, "inserted", view.map(|view| view.inserted)),
        (Operation::Updated, "updated", view.map(|view| view.updated)),
        (Operation::Deleted, "deleted", view.map(|view| view.deleted)),
        (Operation::Equal, "unchanged", view.map(|view| view.unchanged)),
    ];
    let mut x = rect.left() + 12.0;
    for (operation, word, value) in counts {
        let place = Rect::from_min_size(pos2(x, rect.top() + 10.0), vec2(width, 40.0));
        x += width;
        let text = value.map_or_else(|| "…".to_owned(), number::count);
        let response = ui.interact(place, ui.scope_id().with(word), egui::Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{text} {word}")));
        let mark = Rect::from_min_size(place.min + vec2(0.0, 2.0), vec2(16.0, 16.0));
        ui.painter().rect_filled(mark, 3.0, operation.background(tokens));
        let font = typeface::mono_strong(12.0);
        ui.painter().text(mark.center(), Align2::CENTER_CENTER, operation.glyph(), font, operation.color(tokens));
        let at = pos2(place.left() + 24.0, place.top() + 10.0);
        let font = typeface::mono_strong(15.0);
        ui.painter().text(at, Align2::LEFT_CENTER, text, font, tokens.text_strong);
        let at = pos2(place.left() + 24.0, place.top() + 30.0);
        ui.painter().text(at, Align2::LEFT_CENTER, word, typeface::control(), tokens.text_weak);
    }
    let right = rect.right() - 12.0;
    let text = view.as_ref().map_or_else(|| "…".to_owned(), matching);
    let at = pos2(right, rect.top() + 20.0);
    ui.painter().text(at, Align2::RIGHT_CENTER, &text, typeface::mono_strong(15.0), tokens.text_strong);
    let at = pos2(right, rect.top() + 40.0);
    ui.painter().text(at, Align2::RIGHT_CENTER, "of rows match", typeface::control(), tokens.text_weak);
    let place = Rect::from_min_max(pos2(right - 100.0, rect.top() + 10.0), pos2(right, rect.top() + 50.0));
    let response = ui.interact(place, ui.scope_id().with("match"), egui::Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{text} of rows match")));
    let bar = Rect::from_min_max(pos2(rect.left() + 12.0, rect.top() + 58.0), pos2(right, rect.top() + 62.0));
    let parts = view.map_or_else(Vec::new, |view| {
        vec![
            (view.unchanged, tokens.bar_sup),
            (view.updated, tokens.bar_upd),
            (view.deleted, tokens.bar_del),
            (view.inserted, tokens.bar_ins),
        ]
    });
    paint_share_bar(ui, bar, &parts);
    rule(ui);
}

/// `97.06 %`, never rounded up to all.
fn matching(view: &Counts) -> String {
    let all = view.inserted + view.updated + view.deleted + view.unchanged;
    let hundredths = (u128::from(view.unchanged) * 10_000).checked_div(u128::from(all)).unwrap_or(10_000);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

/// Schema changes in one line, if there are any.
pub(super) fn schema(ui: &mut Ui, view: &DiffView) {
    if view.schema.is_empty() {
        return;
    }
    let tokens = ui.tokens();
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 32.0));
    let inner = rect.shrink2(vec2(12.0, 0.0));
    let equal = view.columns.len().saturating_sub(view.schema.iter().filter(|change| change.after.is_some()).count());
    let layout = Layout::right_to_left(Align::Center);
    let mut right = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("columns equal"));
    let text = format!("{} equal", number::plural(equal as u64, "column"));
    let used = right.label(typeface::text(text, typeface::control(), tokens.text_weak)).rect.width();
    let inner = Rect::from_min_max(inner.min, pos2(inner.right() - used - 12.0, inner.bottom()));
    let layout = Layout::left_to_right(Align::Center);
    let mut line = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("schema"));
    line.set_clip_rect(inner.intersect(ui.clip_rect()));
    line.label(typeface::text("Schema", typeface::header(), tokens.text_strong));
    line.add_space(4.0);
    for change in &view.schema {
        let (operation, types) = words(change);
        operation.mark(&mut line);
        line.label(typeface::text(&change.column, typeface::mono(12.0), tokens.text_strong));
        line.label(typeface::text(types, typeface::mono(12.0), tokens.text_weak));
        line.add_space(8.0);
    }
    rule(ui);
}

/// By what rows were matched where no contract says it, and which of them count, in one line.
pub(super) fn note(ui: &mut Ui, view: &DiffView) {
    let filtered =
        view.changed_in_all.map(|all| format!("of {}, those of the condition", number::plural(all, "changed row")));
    let notes: Vec<String> = filtered.into_iter().chain(view.key_note()).collect();
    if notes.is_empty() {
        return;
    }
    let tokens = ui.tokens();
    let text = notes.join("; ");
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), egui::Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    let y = rect.center().y;
    ui.painter().text(
        pos2(rect.left() + 19.0, y),
        Align2::CENTER_CENTER,
        icon::INFO,
        typeface::icons(14.0),
        tokens.info,
    );
    let room = rect.width() - 48.0;
    let at = pos2(rect.left() + 36.0, y);
    text_clipped(ui, Align2::LEFT_CENTER, at, room, &text, typeface::control(), tokens.text);
    response.on_hover_text(text);
    rule(ui);
}

fn words(change: &SchemaChange) -> (Operation, String) {
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => (Operation::Updated, format!("{before} → {after}")),
        (None, Some(after)) => (Operation::Inserted, after.clone()),
        (Some(before), None) => (Operation::Deleted, before.clone()),
        (None, None) => (Operation::Equal, String::new()),
    }
}
