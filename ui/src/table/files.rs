//! Data files of the latest version.

use crate::cell::CellText;
use crate::cx::Cx;
use crate::widget::{FnRows, Grid, GridColumn, number, panel_header};
use egui::{Frame, Margin, Ui};
use sluice_api::TableView;

/// Draws them.
pub(super) fn show(ui: &mut Ui, _cx: &mut Cx<'_>, view: &TableView) {
    let count = u64::try_from(view.files.len()).unwrap_or_default();
    Frame::NONE.inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
        let note = format!("{}, {}", number::count(count), number::bytes(view.bytes));
        panel_header(ui, "Files", &note, |_| ());
    });
    let columns = [
        GridColumn { width: Some(480.0), ..GridColumn::new("path") },
        GridColumn { width: Some(112.0), numeric: true, ..GridColumn::new("size") },
        GridColumn { width: Some(112.0), numeric: true, ..GridColumn::new("rows") },
    ];
    let mut source = FnRows(|row: u64, column| {
        let file = view.files.get(usize::try_from(row).ok()?)?;
        Some(CellText::value(match column {
            0 => file.path.clone(),
            1 => number::bytes(file.bytes),
            _ => number::count(file.rows),
        }))
    });
    Grid::new("Files", &columns, count).show(ui, &mut source);
}
