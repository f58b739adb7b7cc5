//! The next batch before it is one: what it would do, computed in a sandbox that is gone again.

use super::state::ReplayScreen;
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, ListRow, Operation, Tone, badge, error_banner, number};
use egui::{Align, Frame, Layout, Margin, Ui};
use sluice_api::{Preview, ReplayLimits, Request, TableImpact, ask};

impl ReplayScreen {
    /// Asks for the preview of the next batch.
    pub(super) fn ask_preview(&mut self, cx: &mut Cx<'_>) {
        let job = cx.new_job();
        let limits = ReplayLimits { batches: Some(1), max_files: self.max_files(cx), ..ReplayLimits::default() };
        cx.send(Request::PreviewReplay { tables: vec![self.table.clone()], limits, job });
        self.preview = Some(job);
    }

    /// Shows it until it is closed.
    pub(super) fn preview_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(job) = self.preview else { return };
        let store = cx.store;
        let got = store.got::<ask::PreviewReplay>(&(vec![self.table.clone()],));
        let mut close = false;
        if let Some(error) = got.error.filter(|_| !got.pending) {
            if error_banner(ui, error, "Nothing was written") {
                self.ask_preview(cx);
            }
            return;
        }
        let tokens = ui.tokens();
        Frame::NONE.fill(tokens.panel).inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.horizontal(|ui| {
                badge(ui, Tone::Accent, Some(icon::SEARCH), "Preview");
                badge(ui, Tone::Neutral, None, "Nothing written");
                let words = match got.value.filter(|_| !got.pending) {
                    None => "The next batch is replayed in a sandbox of its own".to_owned(),
                    Some(preview) => verdict(preview),
                };
                ui.label(typeface::text(words, typeface::control(), tokens.text));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if got.pending {
                        if Button::new("Cancel").quiet().show(ui).clicked() {
                            cx.run(Command::CancelJob(job));
                        }
                    } else {
                        close = Button::icon_only(icon::CLOSE, "Close the preview").show(ui).clicked();
                    }
                });
            });
            for table in got.value.filter(|_| !got.pending).iter().flat_map(|preview| &preview.impact.tables) {
                line(ui, table);
            }
        });
        if close {
            self.preview = None;
        }
    }
}

/// One sentence: what stops the batch, else what becomes of its rows.
fn verdict(preview: &Preview) -> String {
    if let Some(error) = preview.replay.first_error() {
        return format!("The batch would be refused: {}", error.message);
    }
    let sum = |of: fn(&sluice_api::TableReplay) -> u64| preview.replay.tables.iter().map(of).sum::<u64>();
    if sum(|table| table.batches) == 0 {
        return "No new files".to_owned();
    }
    let rows = sum(|table| table.counters.rows_in);
    let mut text = format!(
        "{} in = {} applied + {} superseded",
        number::count(rows),
        number::count(sum(|table| table.counters.applied())),
        number::count(sum(|table| table.counters.superseded)),
    );
    text.push_str(&format!(" + {} quarantined", number::count(sum(|table| table.counters.quarantined))));
    text
}

/// A table that would change, or would not.
fn line(ui: &mut Ui, table: &TableImpact) {
    let tokens = ui.tokens();
    let name = table.table.to_string();
    let note = match (&table.diff, &table.error) {
        (_, Some(error)) => format!("not compared: {}", error.message),
        (Some(diff), None) => {
            let changed = diff.columns.iter().filter(|column| column.changed > 0).take(6);
            changed
                .map(|column| format!("{} {}", column.name, number::count(column.changed)))
                .collect::<Vec<_>>()
                .join(", ")
        }
        (None, None) if table.is_equal() => "stays as it is".to_owned(),
        (None, None) => format!("new, {}", number::plural(table.rows, "row")),
    };
    let mut row = ListRow::new(&name).mono().note(&note).padding(0.0);
    if let Some(diff) = &table.diff {
        // From right to left.
        for (operation, count) in [
            (Operation::Deleted, diff.deleted),
            (Operation::Updated, diff.updated),
            (Operation::Inserted, diff.inserted),
        ] {
            let color = if count > 0 { operation.color(tokens) } else { tokens.text_faint };
            row = row.right(format!("{} {}", operation.glyph(), number::count(count)), color);
        }
    }
    row.show(ui);
}
