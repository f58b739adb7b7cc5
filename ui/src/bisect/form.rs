//! What is looked for: the table, what the question is about, and its fields.

use super::state::{About, BisectScreen};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::icon;
use crate::state::{KeyValues, Tab};
use crate::widget::{Button, TextField, dropdown, entered, layer_mark, segmented};
use egui::{Align, Layout, Rect, Response, Ui, UiBuilder, vec2};
use sluice_api::Layer;

/// Height of one of the two lines.
pub(super) const LINE: f32 = 40.0;
/// Room for the buttons.
const BUTTONS: f32 = 200.0;

/// Draws both lines into `rect`; starts the search when it is asked for.
pub(super) fn show(screen: &mut BisectScreen, ui: &mut Ui, rect: Rect, cx: &mut Cx<'_>) {
    let (above, below) = rect.split_top_bottom_at_y(rect.top() + LINE);
    let line = |ui: &mut Ui, rect: Rect, salt: &str| {
        let layout = Layout::left_to_right(Align::Center);
        ui.new_child(UiBuilder::new().max_rect(rect.shrink2(vec2(12.0, 0.0))).layout(layout).id_salt(salt))
    };
    let mut first = line(ui, above, "bisect what");
    layer_mark(&mut first, screen.table.layer);
    let tables = cx.store.lake().value.map_or(&[][..], |lake| &lake.tables);
    let with_versions = tables.iter().filter(|each| each.table.layer != Layer::Bronze);
    let choices: Vec<_> = with_versions.map(|each| (each.table.clone(), each.table.to_string())).collect();
    let mut chosen = screen.table.clone();
    if dropdown(&mut first, "Table whose versions are searched", &mut chosen, &choices).changed() {
        cx.run(Command::ReplaceTab(Tab::Bisect { table: chosen, key: KeyValues::default() }));
        return;
    }
    first.add_space(8.0);
    segmented(&mut first, "What is looked for", &mut screen.about, &About::ALL);

    let mut second = line(ui, below, "bisect fields");
    let mut room = second.available_width() - BUTTONS;
    let mut fields: Vec<Response> = Vec::new();
    let mut field = |ui: &mut Ui, text: &mut String, name: &str, prefix: &str, hint: &str, share: f32| {
        let width = (room * share).max(120.0);
        room -= width + 8.0;
        fields.push(TextField::new(text, name).prefix(prefix).hint(hint).mono().width(width).show(ui));
    };
    match screen.about {
        About::Value => {
            field(&mut second, &mut screen.row, "Row", "row", "id = 42", 0.4);
            field(&mut second, &mut screen.column, "Column", "column", "status", 0.5);
            field(&mut second, &mut screen.value, "Value", "is", "value or null", 1.0);
        }
        About::There | About::Gone => field(&mut second, &mut screen.row, "Row", "row", "id = 42", 1.0),
        About::Check => field(&mut second, &mut screen.check, "Check", "check", "min_value(total, 0)", 1.0),
        About::Sql => {
            field(&mut second, &mut screen.sql, "Statement", "SQL", "SELECT sum(total) < 0, sum(total) FROM …", 1.0);
        }
    }
    if !screen.begun
        && let Some(first) = fields.first()
    {
        screen.begun = true;
        first.request_focus();
    }
    let is_entered = fields.iter().any(|field| entered(&second, field));
    let pending = screen.got(cx).is_some_and(|got| got.pending);
    if pending {
        if Button::new("Cancel").icon(icon::STOP).key("Esc").show(&mut second).clicked() {
            screen.stop(cx);
        }
        return;
    }
    let lacks = screen.question().err();
    let button = Button::new("Search").primary().icon(icon::SEARCH).key("Enter").disabled(lacks);
    if button.show(&mut second).clicked() || (is_entered && lacks.is_none()) {
        screen.search(cx);
    }
}
