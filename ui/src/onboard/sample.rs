//! Sample rows, decoded where possible.

use super::edit::Edit;
use crate::cx::Cx;
use crate::design::{Tokens, TokensExt, icon, typeface};
use crate::widget::{CellLook, CellRef, Grid, GridColumn, Mask, MaskedRows, Operation, ResultRows, panel_header};
use egui::{Align2, CornerRadius, Frame, Margin, Rect, Ui, vec2};
use sluice_api::OnboardDraft;

/// Name of the column that holds the operation.
const OPERATION: &str = "_op";

/// Draws them.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, draft: &OnboardDraft, edit: &Edit, chosen: Option<&str>) {
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 0.0;
    let view = &draft.sample;
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        panel_header(ui, "Sample rows", "as decoded", |_| {});
    });
    let pii = |name: &str| edit.column(name).is_some_and(|column| column.pii);
    let columns: Vec<GridColumn> = view
        .columns
        .iter()
        .map(|column| {
            let plain = GridColumn::of_result(column);
            let icon = pii(&column.name).then_some(icon::LOCK);
            if column.name == OPERATION {
                GridColumn { name: String::new(), note: String::new(), width: Some(40.0), ..plain }
            } else {
                GridColumn { icon, ..plain }
            }
        })
        .collect();
    let marked = chosen.and_then(|name| view.columns.iter().position(|column| column.name == name));
    let is_operation = |column: usize| view.columns.get(column).is_some_and(|each| each.name == OPERATION);
    let mut decorate = |cell: &CellRef<'_>| CellLook {
        fill: (marked == Some(cell.column)).then_some(tokens.selection),
        ..CellLook::default()
    };
    let mut paint = |ui: &Ui, rect: Rect, cell: &CellRef<'_>| {
        let operation = is_operation(cell.column).then(|| operation_of(cell.text)).flatten();
        operation.is_some_and(|operation| {
            paint_mark(ui, tokens, rect, operation);
            true
        })
    };
    // What was found to be personal is masked before anybody has said so in the contract.
    let found = |name: &str| draft.columns.iter().any(|column| column.name == name && column.pii.is_some());
    let masks = view.columns.iter().map(|column| Mask::of(pii(&column.name) || found(&column.name))).collect();
    let mut rows = MaskedRows { rows: ResultRows::new(cx.pages, view.id), masks };
    let grid = Grid::new("Sample rows", &columns, view.rows).decorate(&mut decorate).paint_cell(&mut paint);
    grid.show(ui, &mut rows).act(cx);
}

fn operation_of(letter: &str) -> Option<Operation> {
    match letter {
        "c" | "r" | "I" | "L" => Some(Operation::Inserted),
        "u" | "U" => Some(Operation::Updated),
        "d" | "D" => Some(Operation::Deleted),
        _ => None,
    }
}

fn paint_mark(ui: &Ui, tokens: &Tokens, rect: Rect, operation: Operation) {
    let mark = Rect::from_center_size(rect.center(), vec2(16.0, 16.0));
    ui.painter().rect_filled(mark, CornerRadius::same(3), operation.background(tokens));
    let font = typeface::mono_strong(12.0);
    ui.painter().text(mark.center(), Align2::CENTER_CENTER, operation.glyph(), font, operation.color(tokens));
}
