//! Drawing the screen: the lines above, the list, and the record that is edited below it.

use super::record::Record;
use super::state::{RecordsScreen, one};
use super::{bar, inspector};
use crate::cx::Cx;
use crate::design::{TokensExt, icon};
use crate::record_edit::{Correction, Done, show as edit_ui};
use crate::record_list::{self, RecordColumn, Shown};
use crate::screen::Screen;
use crate::widget::{EmptyState, error_banner};
use egui::Ui;
use sluice_api::{Layer, RecordChange, Request, ResultView, TableRef};

/// Accessible name of the list.
const NAME: &str = "Records of the batch";

/// Columns of the list.
const COLUMNS: [RecordColumn; 8] = [
    RecordColumn::new("state", "State", 112.0, Shown::Text),
    RecordColumn::new("row", "Record", 72.0, Shown::Record),
    RecordColumn::new("operation", "Operation", 96.0, Shown::Text),
    RecordColumn::new("key", "Key", 140.0, Shown::Text),
    RecordColumn::new("position", "Position", 150.0, Shown::Text),
    RecordColumn::new("by", "Who", 80.0, Shown::Text),
    RecordColumn::new("because", "Why", 220.0, Shown::Text),
    RecordColumn::new("file", "File", 260.0, Shown::File),
];

impl RecordsScreen {
    fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, result: &ResultView) {
        let tokens = ui.tokens();
        let row = record_list::show(ui, cx, NAME, &COLUMNS, result, |state| match state {
            "dropped" | "in quarantine" => tokens.warn,
            "edited" => tokens.accent,
            _ => tokens.text_weak,
        });
        if row.is_some() && row != self.row {
            self.edit = None;
            cx.workspace.panels.show_inspector(true);
        }
        self.row = row.or(self.row);
    }

    /// The record under the cursor.
    pub(super) fn record(&self, cx: &Cx<'_>) -> Option<Record> {
        let result = self.got(cx).value?.records.as_ref()?;
        Record::of(cx, result, self.row.filter(|row| *row < result.rows)?)
    }

    fn edit_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(record) = self.record(cx) else { return };
        let why = self.why_not(cx);
        let Some(edit) = &mut self.edit else { return };
        match edit_ui(ui, edit, record.counts(), why.as_deref()) {
            Done::Nothing => {}
            Done::Close => self.edit = None,
            Done::Keep(correction) => {
                let change = match correction {
                    Correction::Text(text) => RecordChange::Edit { record: record.address, text },
                    Correction::Values(values) => RecordChange::Set { filter: one(&record.address), values },
                };
                self.change(cx, change);
            }
        }
    }
}

impl Screen for RecordsScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.spacing_mut().item_spacing.y = 0.0;
        // Which columns are personal, and which batch is the newest.
        let silver = TableRef { layer: Layer::Silver, name: self.table.clone() };
        cx.want(Request::Table { table: silver, version: None });
        if self.batch.is_none() {
            cx.want(Request::Replay { table: self.table.clone(), max_files: None });
        }
        let Some(batch) = self.shown(cx) else {
            let (title, text) = ("No batch yet", "Replay the table first");
            EmptyState { icon: icon::INVENTORY_2, title, text, action: None }.show(ui);
            return;
        };
        let request = self.request(batch);
        cx.want(request.clone());
        bar::show(self, ui, cx);
        bar::outcome(self, ui, cx);
        let got = self.got(cx);
        if let Some(error) = got.error
            && error_banner(ui, error, "Nothing was changed")
        {
            cx.send(request);
        }
        let Some(list) = got.value else { return };
        let Some(result) = list.records.as_ref().filter(|records| records.rows > 0) else {
            let (title, text) = ("No such record", "Choose another state or key");
            EmptyState { icon: icon::CHECK_CIRCLE, title, text, action: None }.show(ui);
            return;
        };
        let (mut above, below) = record_list::places(ui, "records of a batch", self.edit.is_some());
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
