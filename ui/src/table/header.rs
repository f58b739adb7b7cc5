//! Name, verdict and actions of a table.

use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, typeface};
use crate::state::ScreenKind;
use crate::widget::{Button, Tone, badge, health_icon, icon_label, layer_mark};
use egui::{Align, Layout, Ui, UiBuilder, vec2};
use sluice_api::{TableRef, TableView};

/// Draws it.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, table: &TableRef, view: Option<&TableView>) {
    let tokens = ui.tokens();
    let rect = ui.max_rect().shrink2(vec2(12.0, 0.0));
    let mut right = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::right_to_left(Align::Center)));
    right.spacing_mut().item_spacing.x = 8.0;
    for kind in [ScreenKind::Quality, ScreenKind::Diff, ScreenKind::Replay, ScreenKind::Sql] {
        let command = Command::open_for(kind, table.clone());
        let why = cx.why_not(&command);
        if Button::of(&command).disabled(why).show(&mut right).clicked() {
            cx.run(command);
        }
    }
    let end = right.min_rect().left() - 12.0;
    let room = rect.with_max_x(end);
    let mut left = ui.new_child(UiBuilder::new().max_rect(room).layout(Layout::left_to_right(Align::Center)));
    left.set_clip_rect(room.intersect(ui.clip_rect()));
    layer_mark(&mut left, table.layer);
    left.label(typeface::text(table.name.to_string(), typeface::title(), tokens.text_strong));
    badge(&mut left, Tone::Neutral, None, table.layer.as_str());
    let Some(view) = view else { return };
    let key: Vec<&str> = view.columns.iter().filter(|column| column.key).map(|column| column.name.as_str()).collect();
    if !key.is_empty() {
        let text = format!("key {}", key.join(", "));
        left.label(typeface::text(text, typeface::mono(12.0), tokens.text_weak));
    }
    let summary = cx.store.lake().value.and_then(|lake| lake.tables.iter().find(|each| each.table == *table));
    if view.health.deviates() {
        let (mark, color, word) = health_icon(tokens, view.health);
        let note = summary.and_then(|summary| summary.note.as_deref()).unwrap_or(word);
        icon_label(&mut left, mark, 14.0, color, note, typeface::control()).on_hover_text(note);
    }
}
