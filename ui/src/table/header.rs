//! Name, verdict and actions of a table.

use crate::command::Command;
use crate::design::{TokensExt, icon, typeface};
use crate::state::Cx;
use crate::widget::{Button, Tone, badge, health_icon, icon_label, layer_mark};
use egui::{Align, Layout, Ui, UiBuilder, vec2};
use sluice_api::{Health, Layer, TableRef, TableView};

/// Draws it.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, table: &TableRef, view: Option<&TableView>) {
    let tokens = ui.tokens();
    let rect = ui.max_rect().shrink2(vec2(12.0, 0.0));
    let mut right = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::right_to_left(Align::Center)));
    right.spacing_mut().item_spacing.x = 8.0;
    let mut actions = vec![(Command::DiffTable(table.clone()), "Diff", icon::DIFFERENCE)];
    if table.layer != Layer::Gold {
        actions.insert(0, (Command::QualityTable(table.name.clone()), "Quality", icon::VERIFIED));
        actions.push((Command::ReplayTable(table.name.clone()), "Replay", icon::PLAY_CIRCLE));
    }
    actions.push((Command::QueryTable(table.clone()), "Query", icon::TERMINAL));
    for (command, label, mark) in actions {
        let button = Button::new(label).icon(mark).key_of(&command).tooltip(command.tooltip());
        if button.show(&mut right).clicked() {
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
    if matches!(view.health, Health::Warn | Health::Fail) {
        let (mark, color, word) = health_icon(tokens, view.health);
        let note = summary.and_then(|summary| summary.note.as_deref()).unwrap_or(word);
        icon_label(&mut left, mark, 14.0, color, note, typeface::control()).on_hover_text(note);
    }
}
