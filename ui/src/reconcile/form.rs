//! What is compared with what: the table, the kind of source, its address.

use super::state::{Kind, ReconcileScreen};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::icon;
use crate::state::Tab;
use crate::widget::{Button, TextField, dropdown, entered, layer_mark, segmented};
use egui::{Align, Layout, Rect, Response, Ui, UiBuilder, vec2};
use sluice_api::Layer;

/// Height of one of the two lines.
pub(super) const LINE: f32 = 40.0;
/// Room for the button.
const BUTTONS: f32 = 152.0;

/// Draws both lines into `rect`; starts the comparison when it is asked for.
pub(super) fn show(screen: &mut ReconcileScreen, ui: &mut Ui, rect: Rect, cx: &mut Cx<'_>) {
    let (above, below) = rect.split_top_bottom_at_y(rect.top() + LINE);
    let line = |ui: &mut Ui, rect: Rect, salt: &str| {
        let layout = Layout::left_to_right(Align::Center);
        ui.new_child(UiBuilder::new().max_rect(rect.shrink2(vec2(12.0, 0.0))).layout(layout).id_salt(salt))
    };
    let mut first = line(ui, above, "reconcile what");
    layer_mark(&mut first, Layer::Silver);
    let tables = cx.store.lake().value.map_or(&[][..], |lake| &lake.tables);
    let silver = tables.iter().filter(|each| each.table.layer == Layer::Silver);
    let choices: Vec<_> = silver.map(|each| (each.table.name.clone(), each.table.to_string())).collect();
    let mut chosen = screen.table.clone();
    if dropdown(&mut first, "Table that is compared", &mut chosen, &choices).changed() {
        cx.run(Command::ReplaceTab(Tab::Reconcile { table: chosen }));
        return;
    }
    first.add_space(8.0);
    segmented(&mut first, "Compared with", &mut screen.kind, &Kind::ALL);

    let mut second = line(ui, below, "reconcile fields");
    let mut room = second.available_width() - BUTTONS;
    let mut fields: Vec<Response> = Vec::new();
    let mut field = |ui: &mut Ui, text: &mut String, name: &str, prefix: &str, hint: &str, share: f32| {
        let width = (room * share).max(96.0);
        room -= width + 8.0;
        fields.push(TextField::new(text, name).prefix(prefix).hint(hint).mono().width(width).show(ui));
    };
    match screen.kind {
        Kind::Database => {
            let hint = "postgres://user@host/database or mysql://…";
            field(&mut second, &mut screen.with, "Address", "address", hint, 0.5);
            field(&mut second, &mut screen.source_table, "Table in the source", "table", "same name", 0.45);
            field(&mut second, &mut screen.sample, "Sample", "sample", "all", 0.5);
            field(&mut second, &mut screen.wait, "Wait for silver", "wait", "0 s", 1.0);
        }
        Kind::File => {
            field(&mut second, &mut screen.with, "File", "file", "/path/rows.csv, .parquet, .jsonl", 0.64);
            field(&mut second, &mut screen.position, "Position", "position", "not known", 1.0);
        }
        Kind::Statistics => {
            field(&mut second, &mut screen.with, "File", "file", "describe-table-statistics as JSON", 0.64);
            field(&mut second, &mut screen.source_table, "Table in the source", "table", "same name", 1.0);
        }
        Kind::Table => field(&mut second, &mut screen.with, "Other table", "table", "shop.orders_copy", 1.0),
    }
    if !screen.begun
        && let Some(first) = fields.first()
    {
        screen.begun = true;
        first.request_focus();
    }
    let is_entered = fields.iter().any(|field| entered(&second, field));
    if screen.got(cx).is_some_and(|got| got.pending) {
        if Button::new("Cancel").icon(icon::STOP).key("Esc").show(&mut second).clicked() {
            screen.stop(cx);
        }
        return;
    }
    let lacks = screen.question().err();
    let button = Button::new("Compare").primary().icon(icon::DIFFERENCE).key("Enter").disabled(lacks);
    if button.show(&mut second).clicked() || (is_entered && lacks.is_none()) {
        screen.compare(cx);
    }
}
