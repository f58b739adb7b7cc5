//! Drawing the screen: the lines above, the list, and the record that is corrected below it.

use super::record::{Record, minute, reasons_line};
use super::state::QuarantineScreen;
use super::{bar, inspector};
use crate::cx::Cx;
use crate::design::{TokensExt, icon};
use crate::record_edit::{Correction, Done, show as edit_ui};
use crate::record_list::{self, RecordColumn, Shown};
use crate::screen::Screen;
use crate::widget::{EmptyState, error_banner};
use egui::Ui;
use sluice_api::{Layer, QuarantineChange, Request, ResultView, TableRef};

/// Accessible name of the list.
const NAME: &str = "Records in quarantine";

/// Columns of the list.
const COLUMNS: [RecordColumn; 8] = [
    RecordColumn::new("status", "Status", 84.0, Shown::Text),
    RecordColumn::new("reasons", "Reasons", 248.0, Shown::Words(reasons_line)),
    RecordColumn::new("batch", "Batch", 56.0, Shown::Number),
    RecordColumn::new("row", "Record", 68.0, Shown::Record),
    RecordColumn::new("attempts", "Tries", 52.0, Shown::Number),
    RecordColumn::new("by", "Who", 84.0, Shown::Text),
    RecordColumn::new("at", "When", 144.0, Shown::Words(|text| minute(text).to_owned())),
    RecordColumn::new("file", "File", 272.0, Shown::File),
];

impl QuarantineScreen {
    fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, result: &ResultView) {
        let tokens = ui.tokens();
        let row = record_list::show(ui, cx, NAME, &COLUMNS, result, |status| match status {
            "open" | "readable" => tokens.warn,
            "waiting" => tokens.accent,
            "edited" => tokens.ok,
            _ => tokens.text_weak,
        });
        if row.is_some() && row != self.row {
            self.edit = None;
            cx.workspace.panels.show_inspector(true);
        }
        self.row = row.or(self.row);
    }

    fn edit_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(record) = self.record(cx) else { return };
        let why = self.why_not();
        let Some(edit) = &mut self.edit else { return };
        match edit_ui(ui, edit, &record.raw, why) {
            Done::Nothing => {}
            Done::Close => self.edit = None,
            Done::Keep(correction) => {
                let record = record.address;
                let change = match correction {
                    Correction::Text(text) => QuarantineChange::Edit { record, text },
                    Correction::Values(values) => QuarantineChange::Set { record, values },
                };
                self.change(cx, change);
            }
        }
    }

    /// The record under the cursor.
    pub(super) fn record(&self, cx: &Cx<'_>) -> Option<Record> {
        let result = self.got(cx).value?.records.as_ref()?;
        Record::of(cx, result, self.row.filter(|row| *row < result.rows)?)
    }
}

impl Screen for QuarantineScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let request = self.request();
        cx.want(request.clone());
        // Which columns are personal.
        let silver = TableRef { layer: Layer::Silver, name: self.table.clone() };
        cx.want(Request::Table { table: silver, version: None });
        ui.spacing_mut().item_spacing.y = 0.0;
        bar::show(self, ui, cx);
        bar::outcome(self, ui, cx);
        let got = self.got(cx);
        if let Some(error) = got.error
            && error_banner(ui, error, "Silver and quarantine are unchanged")
        {
            cx.send(request);
        }
        let Some(list) = got.value else { return };
        let Some(result) = list.records.as_ref().filter(|records| records.rows > 0) else {
            let all: u64 = list.counts.iter().map(|(_, count)| *count).sum();
            let (title, text) = match all {
                0 => ("Nothing in quarantine", "Every record could be read and passes its checks"),
                _ => ("No record stands so", "Choose another status or reason"),
            };
            EmptyState { icon: icon::CHECK_CIRCLE, title, text, action: None }.show(ui);
            return;
        };
        let (mut above, below) = record_list::places(ui, "quarantine", self.edit.is_some());
        self.list_ui(&mut above, cx, result);
        if let Some(mut below) = below {
            self.edit_ui(&mut below, cx);
        }
    }

    fn has_inspector(&self, _cx: &Cx<'_>) -> bool {
        true
    }

    fn inspector_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        inspector::show(self, ui, cx);
    }

    fn escape(&mut self, _cx: &mut Cx<'_>) -> bool {
        self.edit.take().is_some()
    }
}
