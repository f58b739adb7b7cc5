//! Columns of a table in full.

use crate::cell::CellText;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::Selection;
use crate::widget::{CellLook, CellRef, FnRows, Grid, GridColumn, TextField, number, panel_header};
use egui::{Frame, Margin, Ui};
use sluice_api::{ColumnView, TableView};

/// Draws it with a filter, since tables may have a thousand columns.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, view: &TableView) {
    let tokens = ui.tokens();
    let key = format!("schema {}", view.table);
    let mut filter = cx.workspace.filters.get(&key).cloned().unwrap_or_default();
    Frame::NONE.inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
        let count = number::count(u64::try_from(view.columns.len()).unwrap_or_default());
        panel_header(ui, "Schema", &count, |ui| {
            let field = TextField::new(&mut filter, "Filter columns").hint("Filter columns").icon(icon::SEARCH);
            if field.width(240.0).show(ui).changed() {
                cx.workspace.filters.insert(key, filter.clone());
            }
        });
    });
    let wanted = filter.trim().to_lowercase();
    let found: Vec<&ColumnView> =
        view.columns.iter().filter(|column| column.name.to_lowercase().contains(&wanted)).collect();
    if found.is_empty() {
        ui.label(typeface::text("   No column matches the filter", typeface::control(), tokens.text_weak));
        return;
    }
    let wide = |name: &str, width| GridColumn { width: Some(width), ..GridColumn::new(name) };
    let columns = [
        wide("name", 240.0),
        wide("type", 200.0),
        wide("key", 64.0),
        wide("null", 80.0),
        wide("personal data", 128.0),
        wide("written by", 128.0),
    ];
    let at = |row: u64| usize::try_from(row).ok().and_then(|row| found.get(row).copied());
    let mut source = FnRows(|row, column| at(row).map(|each| CellText::value(text(each, column))));
    let mut look = |cell: &CellRef<'_>| match (cell.column, cell.text) {
        (0, _) => CellLook { color: Some(tokens.text_strong), ..CellLook::default() },
        (_, "–" | "no") => CellLook { color: Some(tokens.text_faint), ..CellLook::default() },
        _ => CellLook::default(),
    };
    let rows = u64::try_from(found.len()).unwrap_or_default();
    let outcome = Grid::new("Schema", &columns, rows).decorate(&mut look).show(ui, &mut source);
    if let Some(column) = outcome.cursor.filter(|_| outcome.moved).and_then(|(row, _)| at(row)) {
        cx.select(Selection::Column { table: view.table.clone(), column: column.name.clone() });
    }
}

fn text(column: &ColumnView, index: usize) -> String {
    let or_none = |yes: bool, word: &str| if yes { word.to_owned() } else { "–".to_owned() };
    match index {
        0 => column.name.clone(),
        1 => column.data_type.clone(),
        2 => or_none(column.key, "key"),
        3 => if column.nullable { "allowed" } else { "no" }.to_owned(),
        4 => or_none(column.pii, "masked"),
        _ => if column.system { "Sluice" } else { "source" }.to_owned(),
    }
}
