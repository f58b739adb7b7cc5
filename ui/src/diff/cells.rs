//! The grid of changed rows.

use super::kind::Kind;
use super::model::{Place, Shown};
use super::rows::{DiffRows, look};
use super::seek::{Found, Seek};
use super::state::DiffScreen;
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::{KeyValues, PageState, Selection};
use crate::widget::{
    Button, CellRef, EmptyState, Grid, GridColumn, GridState, Operation, error_banner, loading_line, number,
};
use egui::{Align2, Rect, Ui, vec2};
use sluice_api::{DiffView, Request, ResultView};
use std::cell::RefCell;

/// Accessible name of the grid, and its id.
const NAME: &str = "Changed rows";

/// Rows to show now: all of the diff, or those that hold the condition.
fn result(screen: &mut DiffScreen, ui: &mut Ui, cx: &mut Cx<'_>, view: &DiffView) -> Option<ResultView> {
    let Some(condition) = screen.condition() else {
        screen.shown = Some(view.result.clone());
        return screen.shown.clone();
    };
    let request = Request::Refine { result: view.result.id, filter: Some(condition.clone()), order_by: None };
    cx.want(request.clone());
    let store = cx.store;
    let got = store.refined(&(view.result.id, Some(condition), None));
    let line = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), 2.0));
    loading_line(ui, line, got.pending);
    if let Some(error) = got.error {
        if error_banner(ui, error, "") {
            cx.send(request);
        }
        return None;
    }
    if let Some(value) = got.value {
        screen.shown = Some(value.clone());
    }
    screen.shown.clone()
}

/// Draws it.
pub(super) fn show(screen: &mut DiffScreen, ui: &mut Ui, cx: &mut Cx<'_>, view: &DiffView) {
    let Some(result) = result(screen, ui, cx, view) else { return };
    if result.rows == 0 {
        let empty = EmptyState {
            icon: icon::FILTER_LIST,
            title: "No row matches the filter",
            text: "Show all changes, or change the condition",
            action: Some("Show all changes"),
        };
        if empty.show(ui).is_some_and(|response| response.clicked()) {
            screen.kind = Kind::All;
            screen.condition = (String::new(), String::new());
        }
        return;
    }
    failed_page(ui, cx, &result);
    let columns = screen.columns(cx, view);
    let id = Grid::id(ui, NAME);
    seek(screen, ui, cx, &result, &columns, id);
    let grid_columns: Vec<GridColumn> = columns.iter().map(|column| grid_column(column, view)).collect();
    let tokens = ui.tokens();
    let commands = Command::of_row(&view.table, &cx.facts());
    let pages = RefCell::new(&mut *cx.pages);
    let mut source = DiffRows { pages: &pages, result: result.id, columns: &columns };
    let out = Grid::new(NAME, &grid_columns, result.rows)
        .header_height(40.0)
        .commands(commands)
        .decorate(&mut |cell: &CellRef<'_>| look(tokens, &pages, result.id, &columns, cell))
        .paint_cell(&mut |ui: &Ui, rect: Rect, cell: &CellRef<'_>| {
            cell.column == 0 && cell.is_known && paint_mark(ui, rect, cell.text)
        })
        .show(ui, &mut source);
    out.act(cx);
    let row = out.cursor.map(|(row, _)| row);
    if out.moved || row != screen.row {
        screen.row = row;
        if let Some(row) = row {
            let (table, from, to) = (view.table.clone(), view.from, view.to);
            let key = key_of(cx, &columns, &result, row);
            cx.select(Selection::Change { table, from, to, row, key });
        }
    }
}

/// The key of a changed row, empty while its page is not here.
fn key_of(cx: &Cx<'_>, columns: &[Shown], result: &ResultView, row: u64) -> KeyValues {
    let Some((page, inside)) = cx.pages.peek(result.id, row) else { return KeyValues::default() };
    let keys = || {
        columns.iter().filter_map(|column| match column.place {
            Place::Key(at) => Some((column, at)),
            Place::Change | Place::Pair { .. } => None,
        })
    };
    KeyValues {
        columns: keys().map(|(column, at)| (column.name.clone(), page.cell(inside, at).text)).collect(),
        is_personal: keys().any(|(column, _)| column.personal),
    }
}

/// Says once above the grid why rows cannot be read.
fn failed_page(ui: &mut Ui, cx: &mut Cx<'_>, result: &ResultView) {
    let first = GridState::load(ui.ctx(), Grid::id(ui, NAME)).first_row;
    let PageState::Failed(error) = cx.pages.row(result.id, first) else { return };
    let error = error.clone();
    if error_banner(ui, &error, "The counts above hold") {
        cx.pages.retry(result.id);
    }
}

fn seek(screen: &mut DiffScreen, ui: &Ui, cx: &mut Cx<'_>, result: &ResultView, columns: &[Shown], id: egui::Id) {
    let cursor = GridState::load(ui.ctx(), id).cursor;
    let next = cx.take(&Command::NextChange);
    let previous = cx.take(&Command::PreviousChange);
    if next || previous {
        let (row, column) = match cursor {
            Some((row, column)) => (row, Some(column)),
            None => (0, None),
        };
        screen.seek = Some(Seek { forward: next, row, column });
    }
    let Some(seek) = screen.seek else { return };
    match seek.run(cx.pages, result.id, result.rows, columns) {
        Found::Cell(row, column) => {
            screen.seek = None;
            GridState::go_to(ui.ctx(), id, row, column);
        }
        Found::Later(later) => {
            screen.seek = Some(later);
            ui.ctx().request_repaint_after_secs(0.03);
        }
        Found::Nothing => {
            screen.seek = None;
            cx.notify(if seek.forward { "No changed cell below" } else { "No changed cell above" }, false);
        }
    }
}

pub(super) fn grid_column(column: &Shown, view: &DiffView) -> GridColumn {
    let data_type = view.columns.iter().find(|each| each.name == column.name).map_or("", |each| &each.data_type);
    let mut grid = GridColumn::new(if column.place == Place::Change { "change" } else { &column.name });
    grid.numeric = column.numeric;
    grid.note = match (column.place, column.schema) {
        (Place::Change, _) => String::new(),
        (Place::Key(_), _) => "key".to_owned(),
        (_, Some(Operation::Inserted)) => "+ new".to_owned(),
        (_, Some(Operation::Deleted)) => "− gone".to_owned(),
        _ if column.changed > 0 => format!("~{}", number::count(column.changed)),
        _ => String::new(),
    };
    grid.width = match column.place {
        Place::Change => Some(64.0),
        Place::Pair { .. } if column.changed > 0 => {
            Some(if data_type.starts_with("timestamp") { 320.0 } else { 168.0 })
        }
        Place::Pair { .. } if data_type.starts_with("timestamp") => Some(176.0),
        Place::Key(_) | Place::Pair { .. } => None,
    };
    grid
}

pub(super) fn paint_mark(ui: &Ui, rect: Rect, change: &str) -> bool {
    let Some(operation) = Operation::from_change(change) else { return false };
    let tokens = ui.tokens();
    let mark = Rect::from_center_size(rect.center(), vec2(16.0, 16.0));
    ui.painter().rect_filled(mark, 3.0, operation.background(tokens));
    let font = typeface::mono_strong(12.0);
    ui.painter().text(mark.center(), Align2::CENTER_CENTER, operation.glyph(), font, operation.color(tokens));
    true
}

/// The two buttons that move between changed cells.
pub(super) fn steps(ui: &mut Ui, cx: &mut Cx<'_>) {
    for command in [Command::NextChange, Command::PreviousChange] {
        if Button::icon_of(&command).show(ui).clicked() {
            cx.run(command);
        }
    }
}
