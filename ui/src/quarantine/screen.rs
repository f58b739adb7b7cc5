//! Drawing the screen: the lines above, the list, and the record that is corrected below it.

use super::record::{Record, minute, reasons_line, row_number};
use super::state::QuarantineScreen;
use super::{bar, inspector};
use crate::cell::CellText;
use crate::cx::Cx;
use crate::design::{TokensExt, icon};
use crate::record_edit::{Correction, Done, show as edit_ui};
use crate::screen::Screen;
use crate::widget::{CellLook, CellRef, EmptyState, Grid, GridColumn, ResultRows, Rows, error_banner, number};
use egui::{Rect, Ui, UiBuilder, pos2};
use sluice_api::{Layer, QuarantineChange, Request, ResultView, TableRef};

/// Accessible name of the list.
const NAME: &str = "Records in quarantine";

/// Columns of the list: the name of the result's column, the header, the width.
const COLUMNS: [(&str, &str, f32); 8] = [
    ("status", "Status", 84.0),
    ("reasons", "Reasons", 248.0),
    ("batch", "Batch", 56.0),
    ("row", "Record", 68.0),
    ("attempts", "Tries", 52.0),
    ("by", "Who", 84.0),
    ("at", "When", 144.0),
    ("file", "File", 272.0),
];

/// Cells of the list; reasons in one line, records counted from 1 as in their addresses.
struct ListRows<'a> {
    rows: ResultRows<'a>,
}

impl Rows for ListRows<'_> {
    fn cell(&mut self, row: u64, column: usize) -> Option<CellText> {
        let cell = self.rows.cell(row, column)?;
        match COLUMNS.get(column).map(|(name, ..)| *name) {
            Some("reasons") => Some(CellText { text: reasons_line(&cell.text), is_null: false }),
            // As in its address, from 1.
            Some("row") => {
                let text = row_number(&cell.text).map_or(cell.text, |row| number::count(row + 1));
                Some(CellText { text, is_null: cell.is_null })
            }
            Some("at") => Some(CellText { text: minute(&cell.text).to_owned(), is_null: cell.is_null }),
            Some("file") => {
                let text = cell.text.rsplit('/').next().unwrap_or_default().to_owned();
                Some(CellText { text, is_null: cell.is_null })
            }
            _ => Some(cell),
        }
    }

    fn error(&mut self, row: u64) -> Option<String> {
        self.rows.error(row)
    }
}

impl QuarantineScreen {
    fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, result: &ResultView) {
        let at = |name: &str| result.columns.iter().position(|column| column.name == name).unwrap_or(usize::MAX);
        let shown = COLUMNS.iter().map(|(name, ..)| at(name)).collect();
        let columns: Vec<GridColumn> = COLUMNS
            .iter()
            .map(|(name, header, width)| GridColumn {
                width: Some(*width),
                numeric: ["batch", "row", "attempts"].contains(name),
                ..GridColumn::new(*header)
            })
            .collect();
        let tokens = ui.tokens();
        let mut rows = ListRows { rows: ResultRows { columns: Some(shown), ..ResultRows::new(cx.pages, result.id) } };
        let out = Grid::new(NAME, &columns, result.rows)
            .decorate(&mut |cell: &CellRef<'_>| {
                let color = match (cell.column, cell.text) {
                    (0, "open" | "readable") => tokens.warn,
                    (0, "waiting") => tokens.accent,
                    (0, "edited") => tokens.ok,
                    (0, _) => tokens.text_weak,
                    _ => return CellLook::default(),
                };
                CellLook { color: Some(color), ..CellLook::default() }
            })
            .show(ui, &mut rows);
        let row = out.cursor.map(|(row, _)| row);
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
        let rect = ui.available_rect_before_wrap();
        let split = if self.edit.is_some() { rect.top() + (rect.height() * 0.5).round() } else { rect.bottom() };
        let top = Rect::from_min_max(rect.min, pos2(rect.right(), split));
        let mut child = ui.new_child(UiBuilder::new().max_rect(top).id_salt("records"));
        self.list_ui(&mut child, cx, result);
        if self.edit.is_some() {
            let below = Rect::from_min_max(pos2(rect.left(), split), rect.max);
            let mut child = ui.new_child(UiBuilder::new().max_rect(below).id_salt("correction"));
            self.edit_ui(&mut child, cx);
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
