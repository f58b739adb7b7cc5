//! The rows that do not hold the selected check.

use super::verdict::color;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::PageState;
use crate::widget::{
    CellLook, CellRef, EmptyState, Grid, GridColumn, GridState, Mask, MaskedRows, ResultRows, error_banner,
    loading_line, number, rule,
};
use egui::{Align, Layout, Ui, UiBuilder, vec2};
use sluice_api::{CheckState, CheckView, Layer, ParentVersion, Request, ResultView, Severity, TableName, TableRef};

/// Accessible name of the grid.
const NAME: &str = "Failing rows";

/// Draws header and grid, or says why there are no rows.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, table: &TableName, check: &CheckView) {
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 0.0;
    rule(ui);
    let (_, header) = ui.allocate_space(vec2(ui.available_width(), 32.0));
    ui.painter().rect_filled(header, 0.0, tokens.panel);
    let layout = Layout::left_to_right(Align::Center);
    let inner = header.shrink2(vec2(12.0, 0.0));
    let mut line = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("failing header"));
    line.label(typeface::text("Failing rows", typeface::header(), tokens.text_strong));
    if let (Some(failed), Some(evaluated)) = (check.outcome.failed, check.outcome.evaluated) {
        let tone = if failed > 0 { color(tokens, check.state()) } else { tokens.text_faint };
        line.label(typeface::text(number::count(failed), typeface::mono_strong(12.0), tone));
        let of = match &check.parent {
            Some(ParentVersion { table, version: Some(version) }) => {
                format!("of {}, looked up in {table} v{version}", number::plural(evaluated, "row"))
            }
            Some(ParentVersion { version: None, .. }) | None => format!("of {} rows", number::count(evaluated)),
        };
        line.label(typeface::text(of, typeface::control(), tokens.text_weak));
    }
    let contract = check.line.map_or_else(|| check.check.clone(), |at| format!("{}, contract line {at}", check.check));
    line.add(egui::Label::new(typeface::text(contract, typeface::mono(12.0), tokens.text_weak)).truncate());
    if let Some((title, text)) = why_none(check) {
        EmptyState { icon: super::verdict::mark(check.state()), title: &title, text: &text, action: None }.show(ui);
        return;
    }
    let request = Request::FailingRows { table: table.clone(), check: check.index };
    cx.want(request.clone());
    let store = cx.store;
    let got = store.failing(table, check.index);
    loading_line(ui, header, got.pending);
    if let Some(error) = got.error
        && error_banner(ui, error, "The outcome above is still right")
    {
        cx.send(request);
    }
    let Some(result) = got.value else { return };
    if result.rows == 0 {
        let text = "The check looks at the whole table, or the rows changed since";
        EmptyState { icon: icon::TABLE_ROWS, title: "No single row fails", text, action: None }.show(ui);
        return;
    }
    grid(ui, cx, table, check, result);
}

/// Why no rows are asked for.
fn why_none(check: &CheckView) -> Option<(String, String)> {
    match (check.state(), check.outcome.failed) {
        (CheckState::NotEvaluated, _) => {
            let why = check.outcome.reason().unwrap_or_default().to_owned();
            Some(("This check was not evaluated".to_owned(), why))
        }
        (CheckState::Passed, Some(0)) => {
            let text =
                check.outcome.evaluated.map(|rows| format!("{} evaluated, none fails", number::plural(rows, "row")));
            Some(("It passed".to_owned(), text.unwrap_or_default()))
        }
        (CheckState::Failed | CheckState::Warned, Some(0)) => {
            let text = format!("Observed {}, limit {}", check.observed, check.limit);
            Some(("The check looks at the whole table, no single row fails".to_owned(), text))
        }
        (CheckState::Failed | CheckState::Warned | CheckState::Passed, _) => None,
    }
}

fn grid(ui: &mut Ui, cx: &mut Cx<'_>, table: &TableName, check: &CheckView, result: &ResultView) {
    let name = format!("{NAME} {}", check.index);
    let first = GridState::load(ui.ctx(), Grid::id(ui, &name)).first_row;
    if let PageState::Failed(error) = cx.pages.row(result.id, first) {
        let error = error.clone();
        if error_banner(ui, &error, "The outcome above is still right") {
            cx.pages.retry(result.id);
        }
    }
    let tokens = ui.tokens();
    let columns: Vec<GridColumn> = result.columns.iter().map(GridColumn::of_result).collect();
    let concerned: Vec<bool> = result.columns.iter().map(|column| check.columns.contains(&column.name)).collect();
    let table = TableRef { layer: Layer::Silver, name: table.clone() };
    let masks = result.columns.iter().map(|column| Mask::of(cx.store.is_personal(&table, &column.name))).collect();
    let mut rows = MaskedRows { rows: ResultRows::new(cx.pages, result.id), masks };
    let out = Grid::new(&name, &columns, result.rows)
        .decorate(&mut |cell: &CellRef<'_>| {
            if concerned.get(cell.column) == Some(&true) {
                let (fill, color) = match check.severity {
                    Severity::Warn => (tokens.warn_bg, tokens.warn),
                    Severity::Fail => (tokens.fail_bg, tokens.fail),
                };
                let text = Some(format!("! {}", cell.text));
                let look = CellLook { fill: Some(fill), color: Some(color), text, ..CellLook::default() };
                CellLook { meaning: Some("fails"), ..look }
            } else {
                CellLook::default()
            }
        })
        .show(ui, &mut rows);
    out.act(cx);
}
