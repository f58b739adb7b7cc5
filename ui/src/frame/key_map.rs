//! The keyboard map, made from the list of commands.

use crate::command::Command;
use crate::design::{TokensExt, icon, typeface};
use crate::state::Cx;
use crate::widget::{Button, key_cap, panel_header};
use egui::{Frame, Margin, ScrollArea, Ui};

/// Keys of grids and lists, which are no commands.
const IN_GRIDS: [(&str, &str); 7] = [
    ("← ↑ ↓ →", "Move the cell cursor"),
    ("Home", "First column"),
    ("End", "Last column"),
    ("Ctrl Home", "First row"),
    ("Ctrl End", "Last row"),
    ("Enter", "Open"),
    ("Ctrl C", "Copy the cell"),
];

/// Shows it; true when it wants to close.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>) -> bool {
    let mut close = false;
    Frame::NONE.inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
        panel_header(ui, "Keyboard map", "plain letters act only outside text fields", |ui| {
            close = Button::icon_only(icon::CLOSE, "Close").key("Esc").show(ui).clicked();
        });
        let commands: Vec<(String, String)> = Command::all(cx.store, cx.workspace)
            .into_iter()
            .filter_map(|command| command.key_text().map(|key| (key, command.label())))
            .collect();
        ScrollArea::vertical().max_height(ui.available_height()).auto_shrink(false).show(ui, |ui| {
            ui.columns(2, |columns| {
                let half = (commands.len() + IN_GRIDS.len()).div_ceil(2);
                let all = commands.iter().map(|(key, label)| (key.as_str(), label.as_str())).chain(IN_GRIDS);
                for (position, (key, label)) in all.enumerate() {
                    if let Some(ui) = columns.get_mut(position / half) {
                        row(ui, key, label);
                    }
                }
            });
        });
    });
    close
}

fn row(ui: &mut Ui, key: &str, label: &str) {
    let tokens = ui.tokens();
    ui.horizontal(|ui| {
        ui.set_min_height(24.0);
        let start = ui.cursor().left();
        key_cap(ui, key);
        ui.add_space((start + 116.0 - ui.cursor().left()).max(8.0));
        ui.label(typeface::text(label, typeface::control(), tokens.text));
    });
}
