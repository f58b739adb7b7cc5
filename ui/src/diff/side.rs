//! Columns by number of changes, each to show or to ignore.

use super::model::{Place, Shown, all};
use super::state::DiffScreen;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{FILTER, ListRow, TextField, number, panel_header, rule, text_clipped};
use egui::{
    Align2, CornerRadius, Frame, Id, Margin, Rect, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo,
    accesskit::Role, pos2, vec2,
};
use sluice_api::DiffView;

/// Name of the filter's text in the workspace.
const TEXT: &str = "diff columns";

/// Draws the panel.
pub(super) fn show(screen: &mut DiffScreen, ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(view) = screen.view(cx) else { return };
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 0.0;
    let rect = ui.max_rect();
    let foot = Rect::from_min_max(pos2(rect.left(), rect.bottom() - 40.0), rect.max);
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        panel_header(ui, "Changes by column", "cells", |_| {});
        let mut text = cx.workspace.filters.get(TEXT).cloned().unwrap_or_default();
        let field = TextField::new(&mut text, "Filter columns").hint("Filter columns").icon(icon::SEARCH).key("/");
        if field.id(Id::unique(FILTER)).show(ui).changed() {
            cx.workspace.filters.insert(TEXT.to_owned(), text);
        }
        ui.add_space(8.0);
    });
    let list = Rect::from_min_max(pos2(rect.left(), ui.cursor().top()), pos2(rect.right(), foot.top()));
    let mut child = ui.new_child(UiBuilder::new().max_rect(list).id_salt("columns"));
    ScrollArea::vertical().auto_shrink(false).show(&mut child, |ui| columns(screen, ui, cx, view));
    let mut child = ui.new_child(UiBuilder::new().max_rect(foot).id_salt("cells changed"));
    rule(&mut child);
    let cells: u64 = view.columns.iter().map(|column| column.changed).sum();
    let row = ListRow::new("Cells changed").color(tokens.text_weak).height(38.0);
    row.right(number::count(cells), tokens.text_strong).show(&mut child);
}

fn columns(screen: &mut DiffScreen, ui: &mut Ui, cx: &mut Cx<'_>, view: &DiffView) {
    let tokens = ui.tokens();
    let filter = cx.workspace.filters.get(TEXT).map(|text| text.trim().to_lowercase()).unwrap_or_default();
    let ignored = screen.ignored(cx);
    let most = view.columns.iter().map(|column| column.changed).max().unwrap_or(0).max(1);
    let pairs: Vec<Shown> = all(view, &|_| false)
        .into_iter()
        .filter(|column| matches!(column.place, Place::Pair { .. }))
        .filter(|column| column.name.to_lowercase().contains(&filter))
        .collect();
    let (changed, same): (Vec<_>, Vec<_>) =
        pairs.into_iter().partition(|column| column.changed > 0 || column.schema.is_some());
    let mut toggled = None;
    for column in &changed {
        if row(ui, column, most, ignored.contains(&column.name)) {
            toggled = Some(column.name.clone());
        }
    }
    if changed.is_empty() && same.is_empty() {
        ListRow::new("No column matches the filter").color(tokens.text_weak).show(ui);
    }
    if !same.is_empty() {
        ui.add_space(4.0);
        rule(ui);
        let chevron = if screen.unfolded { icon::EXPAND_MORE } else { icon::CHEVRON_RIGHT };
        let header = ListRow::new("Without changes").height(32.0).icon(chevron, tokens.text_weak);
        if header.right(same.len().to_string(), tokens.text_weak).show(ui).clicked() {
            screen.unfolded = !screen.unfolded;
        }
        for column in same.iter().filter(|_| screen.unfolded) {
            if row(ui, column, most, ignored.contains(&column.name)) {
                toggled = Some(column.name.clone());
            }
        }
    }
    if let Some(name) = toggled {
        let mut ignored = ignored;
        if ignored.contains(&name) {
            ignored.retain(|each| *each != name);
        } else {
            ignored.push(name);
        }
        screen.set_ignored(cx, &ignored);
    }
}

/// A checkbox with name, share bar and count; true when it was pressed.
fn row(ui: &mut Ui, column: &Shown, most: u64, ignored: bool) -> bool {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::click());
    let count = number::count(column.changed);
    response.widget_info(|| {
        WidgetInfo::selected(Role::CheckBox, true, !ignored, format!("Show {}, {count} changed", column.name))
    });
    if response.hovered() {
        ui.painter().rect_filled(rect, 0.0, tokens.hover);
    }
    let middle = rect.center().y - 1.0;
    let square = Rect::from_center_size(pos2(rect.left() + 20.0, middle), vec2(16.0, 16.0));
    if ignored {
        let stroke = Stroke::new(1.0, tokens.line_strong);
        ui.painter().rect_stroke(square, CornerRadius::same(3), stroke, StrokeKind::Inside);
    } else {
        ui.painter().rect_filled(square, CornerRadius::same(3), tokens.accent_fill);
        let font = typeface::icons(14.0);
        ui.painter().text(square.center(), Align2::CENTER_CENTER, icon::CHECK, font, tokens.on_accent);
    }
    let end = rect.right() - 12.0;
    let weak = if ignored { tokens.text_weak } else { tokens.text_strong };
    let painted = ui.painter().text(pos2(end, middle), Align2::RIGHT_CENTER, count, typeface::mono(12.0), weak);
    let left = rect.left() + 36.0;
    let track = Rect::from_min_max(pos2(left, rect.bottom() - 4.0), pos2(end, rect.bottom() - 2.0));
    ui.painter().rect_filled(track, 0.0, tokens.active);
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a share of the bar")]
    let share = (column.changed as f64 / most as f64) as f32;
    let done = Rect::from_min_size(track.min, vec2(track.width() * share, track.height()));
    ui.painter().rect_filled(done, 0.0, if ignored { tokens.bar_sup } else { tokens.bar_upd });
    let room = painted.left() - 8.0 - left - if column.schema.is_some() { 14.0 } else { 0.0 };
    let font = typeface::mono(12.0);
    let used = text_clipped(ui, Align2::LEFT_CENTER, pos2(left, middle), room, &column.name, font, weak);
    if let Some(operation) = column.schema {
        let at = pos2(left + used + 6.0, middle);
        ui.painter().text(at, Align2::LEFT_CENTER, operation.glyph(), typeface::mono(12.0), operation.color(tokens));
    }
    if response.has_focus() {
        let stroke = Stroke::new(1.0, tokens.accent);
        ui.painter().rect_stroke(rect, 0.0, stroke, StrokeKind::Inside);
    }
    let tooltip = if ignored { "Ignored, click to show" } else { "Shown, click to ignore" };
    response.on_hover_text(tooltip).clicked()
}
