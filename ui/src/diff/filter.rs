//! Which changes are shown: kind, changed cells only, a condition.

use super::kind::Kind;
use super::state::DiffScreen;
use crate::cx::Cx;
use crate::design::{TokensExt, typeface};
use crate::widget::{TextField, entered, rule, segmented, toggle};
use egui::{Align, Layout, Ui, UiBuilder, vec2};
use sluice_api::DiffView;

/// Draws the bar.
pub(super) fn show(screen: &mut DiffScreen, ui: &mut Ui, cx: &mut Cx<'_>, view: &DiffView) {
    let tokens = ui.tokens();
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 40.0));
    let inner = rect.shrink2(vec2(12.0, 0.0));
    let layout = Layout::left_to_right(Align::Center);
    let mut bar = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("diff filter"));
    let kinds = [(Kind::All, "All changes"), (Kind::Inserted, "+"), (Kind::Updated, "~"), (Kind::Deleted, "−")];
    segmented(&mut bar, "Kind of change", &mut screen.kind, &kinds);
    bar.add_space(4.0);
    let mut on = screen.changed_only(cx);
    let label = "Changed cells";
    if toggle(&mut bar, label, &mut on).on_hover_text("Only columns in which a cell differs  C").changed() {
        DiffScreen::set_changed_only(cx, on);
    }
    bar.label(typeface::text(label, typeface::control(), tokens.text));
    bar.add_space(4.0);
    let shown = screen.columns(cx, view).iter().filter(|column| !column.name.is_empty()).count();
    let all = super::model::all(view, &|_| false).len().saturating_sub(1);
    let count = format!("{shown} of {all} columns");
    let width = (bar.available_width() - 120.0).max(80.0);
    let most = view.columns.iter().filter(|column| column.changed > 0).max_by_key(|column| column.changed);
    let hint = most.map_or_else(String::new, |column| {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        match column.name.chars().all(is_plain) {
            true => format!("new.{0} <> old.{0}", column.name),
            false => format!("new.\"{0}\" <> old.\"{0}\"", column.name),
        }
    });
    let failed = screen
        .condition()
        .is_some_and(|condition| cx.store.refined(&(view.result.id, Some(condition), None)).error.is_some());
    let field = TextField::new(&mut screen.condition.0, "Condition over the changed rows")
        .prefix("WHERE")
        .hint(&hint)
        .mono()
        .width(width)
        .invalid(failed && !screen.condition.1.is_empty())
        .show(&mut bar);
    if entered(&bar, &field) || screen.condition.0.is_empty() {
        screen.condition.1.clone_from(&screen.condition.0);
    }
    let layout = Layout::right_to_left(Align::Center);
    let mut right = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("columns shown"));
    right.label(typeface::text(count, typeface::control(), tokens.text_weak));
    rule(ui);
}
