//! The changed rows of a difference as a part of another screen.

use super::cells::{grid_column, paint_mark};
use super::model::visible;
use super::rows::{DiffRows, look};
use crate::cx::Cx;
use crate::design::TokensExt;
use crate::widget::{CellRef, Grid, GridColumn};
use egui::{Rect, Ui};
use sluice_api::DiffView;
use std::cell::RefCell;

/// Draws them in what is left of `ui`; `name` is the grid's.
pub(crate) fn changed_rows(ui: &mut Ui, cx: &mut Cx<'_>, view: &DiffView, name: &'static str) {
    let is_personal = |column: &str| {
        view.result.columns.iter().any(|each| {
            let of_side = each.name.strip_prefix("old.").or_else(|| each.name.strip_prefix("new."));
            each.pii && of_side.unwrap_or(&each.name) == column
        })
    };
    let columns = visible(view, true, &[], &is_personal);
    let grid_columns: Vec<GridColumn> = columns.iter().map(|column| grid_column(column, view)).collect();
    let tokens = ui.tokens();
    let pages = RefCell::new(&mut *cx.pages);
    let mut source = DiffRows { pages: &pages, result: view.result.id, columns: &columns };
    let out = Grid::new(name, &grid_columns, view.result.rows)
        .header_height(40.0)
        .decorate(&mut |cell: &CellRef<'_>| look(tokens, &pages, view.result.id, &columns, cell))
        .paint_cell(&mut |ui: &Ui, rect: Rect, cell: &CellRef<'_>| {
            cell.column == 0 && cell.is_known && paint_mark(ui, rect, cell.text)
        })
        .show(ui, &mut source);
    out.act(cx);
}
