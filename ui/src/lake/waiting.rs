//! Files that are in the landing area and in no batch yet.

use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon};
use crate::state::Tab;
use crate::widget::{Button, ListRow, number, panel_header, rule};
use egui::{Frame, Margin, ScrollArea, Ui};
use sluice_api::{LakeView, WaitingFiles};

/// Rows shown without scrolling.
const ROWS_MAX: f32 = 6.0;
const ROW: f32 = 24.0;
/// Of the panel's height; the rest is the tree's.
const SHARE_MAX: f32 = 0.25;

/// Height of the list with its header, in a panel of height `panel`.
pub(super) fn height(cx: &Cx<'_>, panel: f32) -> f32 {
    let Some(lake) = cx.store.lake().value.filter(|lake| !lake.waiting.is_empty()) else { return 0.0 };
    let rows = shown(lake).count();
    #[expect(clippy::cast_precision_loss, reason = "a few rows")]
    let rows = (rows as f32).min(ROWS_MAX).min((panel * SHARE_MAX / ROW).floor().max(1.0));
    33.0 + rows * ROW + 8.0
}

/// Tables with files that wait, and those of which it is not known.
fn shown(lake: &LakeView) -> impl Iterator<Item = &WaitingFiles> {
    lake.waiting.iter().filter(|each| each.files != Some(0))
}

/// Draws it.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let tokens = ui.tokens();
    let store = cx.store;
    let Some(lake) = store.lake().value.filter(|lake| !lake.waiting.is_empty()) else { return };
    rule(ui);
    let total: Option<u64> = lake.waiting.iter().map(|each| each.files).sum();
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        panel_header(ui, "Waiting files", "", |ui| {
            let color = if total == Some(0) { tokens.text_faint } else { tokens.text };
            ui.label(crate::design::typeface::text(number::known(total), crate::design::typeface::mono(12.0), color));
            let why = (total == Some(0)).then_some("No file waits");
            if Button::new("Replay all")
                .quiet()
                .disabled(why)
                .tooltip("The waiting files of every table")
                .show(ui)
                .clicked()
            {
                cx.run(Command::ReplayAll);
            }
        });
    });
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for WaitingFiles { table, files, bytes } in shown(lake) {
            let label = table.to_string();
            let words = match (files, bytes) {
                (Some(files), Some(bytes)) => format!("{}, {}", number::plural(*files, "file"), number::bytes(*bytes)),
                _ => "The folder could not be listed".to_owned(),
            };
            let spoken = files.map_or_else(|| "files not known".to_owned(), |files| number::plural(files, "file"));
            let response = ListRow::new(&label)
                .icon(icon::FOLDER, tokens.text_weak)
                .right(number::known(*files), tokens.text)
                .name(format!("{label}, {spoken} waiting"))
                .show(ui)
                .on_hover_text(words);
            if response.clicked() {
                cx.run(Command::OpenTab(Tab::Replay { table: table.clone() }));
            }
        }
    });
}
