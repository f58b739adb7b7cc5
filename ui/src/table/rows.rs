//! Rows of a table at any version, filtered and sorted by the host.

use super::masks::masks;
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::{KeyValues, PAGE_ROWS, RefineKey, Selection, Store};
use crate::widget::{
    Button, Grid, GridColumn, MaskedRows, ResultRows, TextField, dropdown, entered, error_banner, loading_line, number,
};
use egui::{Align, Layout, Rect, Ui, UiBuilder, pos2, vec2};
use sluice_api::{Request, ResultView, TableRef, TableView};

/// Height of the bar with filter and version.
const BAR: f32 = 40.0;
/// Versions that the list offers.
const VERSIONS_SHOWN: usize = 200;

/// Which rows are shown.
pub(super) struct RowsPane {
    table: TableRef,
    version: Option<u64>,
    typed: String,
    filter: Option<String>,
    order: Option<(String, bool)>,
}

impl RowsPane {
    /// All rows of the latest version.
    pub(super) fn new(table: TableRef) -> Self {
        Self { table, version: None, typed: String::new(), filter: None, order: None }
    }

    fn refine_key(&self, base: &ResultView) -> Option<RefineKey> {
        if self.filter.is_none() && self.order.is_none() {
            return None;
        }
        let order = self.order.as_ref().map(|(column, descending)| {
            format!("\"{}\"{}", column.replace('"', "\"\""), if *descending { " DESC" } else { "" })
        });
        Some((base.id, self.filter.clone(), order))
    }

    /// The result in the grid.
    pub(super) fn result<'s>(&self, store: &'s Store) -> Option<&'s ResultView> {
        let base = store.rows(&self.table, self.version).value?;
        match self.refine_key(base) {
            Some(key) => store.refined(&key).value.or(Some(base)),
            None => Some(base),
        }
    }

    /// Draws bar and grid; true when `Open grid` was pressed.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, view: &TableView, is_part: bool) -> bool {
        cx.want(Request::TableRows { table: self.table.clone(), version: self.version });
        let store = cx.store;
        let base = store.rows(&self.table, self.version);
        let refined = base.value.and_then(|base| self.refine_key(base)).map(|key| {
            let (result, filter, order_by) = key.clone();
            cx.want(Request::Refine { result, filter, order_by });
            store.refined(&key)
        });
        let rect = ui.max_rect();
        let bar = Rect::from_min_size(rect.min, vec2(rect.width(), BAR));
        let shown = self.result(store);
        let open = self.bar_ui(ui, bar, cx, view, shown, is_part);
        loading_line(ui, bar, base.pending || refined.is_some_and(|refined| refined.pending));
        let error = base.error.or_else(|| refined.and_then(|refined| refined.error));
        let mut top = bar.bottom();
        if let Some(error) = error {
            let room = Rect::from_min_max(pos2(rect.left(), top), rect.max);
            let mut child = ui.new_child(UiBuilder::new().max_rect(room).id_salt("error"));
            if error_banner(&mut child, error, "The rows shown are those from before") {
                cx.send(Request::TableRows { table: self.table.clone(), version: self.version });
            }
            top = child.min_rect().bottom();
        }
        if let Some(result) = shown {
            let body = Rect::from_min_max(pos2(rect.left(), top), rect.max);
            let mut child = ui.new_child(UiBuilder::new().max_rect(body).id_salt("grid"));
            self.grid_ui(&mut child, cx, view, result);
        }
        open
    }

    /// Selects the row that the cursor moved to, and fills in its key once its page is here.
    fn select(&self, cx: &mut Cx<'_>, view: &TableView, result: &ResultView, moved: Option<u64>) {
        let selection = |row: u64, key| Selection::Row { table: self.table.clone(), row, key };
        if let Some(row) = moved {
            let key = key_of(cx, view, result, row);
            cx.select(selection(row, key));
        } else if let Selection::Row { table, row, key } = cx.selection()
            && *table == self.table
            && key.is_empty()
        {
            let row = *row;
            let key = key_of(cx, view, result, row);
            if !key.is_empty() {
                cx.amend_selection(selection(row, key));
            }
        }
    }

    fn bar_ui(
        &mut self,
        ui: &mut Ui,
        bar: Rect,
        cx: &mut Cx<'_>,
        view: &TableView,
        shown: Option<&ResultView>,
        is_part: bool,
    ) -> bool {
        let tokens = ui.tokens();
        let inner = bar.shrink2(vec2(12.0, 0.0));
        let mut left =
            ui.new_child(UiBuilder::new().max_rect(inner).id_salt("bar").layout(Layout::left_to_right(Align::Center)));
        left.label(typeface::text("Rows", typeface::header(), tokens.text_strong));
        let count = shown.map_or_else(|| "…".to_owned(), |result| number::count(result.rows));
        left.label(typeface::text(count, typeface::mono(12.0), tokens.text_weak));
        left.add_space(8.0);
        let field = TextField::new(&mut self.typed, "Filter rows, a condition in SQL")
            .prefix("WHERE")
            .hint("filter, for example status = 'paid'")
            .mono()
            .width((inner.width() - 380.0).clamp(160.0, 480.0))
            .show(&mut left);
        if entered(&left, &field) {
            let text = self.typed.trim();
            self.filter = (!text.is_empty()).then(|| text.to_owned());
        }
        if (self.filter.is_some() || self.order.is_some())
            && Button::icon_only(icon::CLOSE, "Show all rows in their own order").show(&mut left).clicked()
        {
            self.filter = None;
            self.order = None;
            self.typed.clear();
        }
        let mut right = ui.new_child(
            UiBuilder::new().max_rect(inner).id_salt("bar right").layout(Layout::right_to_left(Align::Center)),
        );
        let open = is_part && Button::new("Open grid").quiet().icon(icon::OPEN_IN_FULL).show(&mut right).clicked();
        let latest = format!("v{}", view.version);
        let mut versions = vec![(None, latest)];
        versions.extend(
            view.history
                .iter()
                .skip(1)
                .take(VERSIONS_SHOWN)
                .map(|each| (Some(each.version), format!("v{}", each.version))),
        );
        if dropdown(&mut right, "Version of the rows", &mut self.version, &versions).changed() {
            let version = self.version.unwrap_or(view.version);
            cx.select(Selection::Version { table: self.table.clone(), version });
        }
        right.label(typeface::text("At", typeface::control(), tokens.text_weak));
        open
    }

    fn grid_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, view: &TableView, result: &ResultView) {
        let info = |name: &str| view.columns.iter().find(|column| column.name == name);
        let columns: Vec<GridColumn> = result
            .columns
            .iter()
            .map(|column| {
                let mut shown = GridColumn::of_result(column);
                let known = info(&column.name);
                if known.is_some_and(|known| known.key) {
                    shown.icon = Some(icon::KEY);
                } else if known.is_some_and(|known| known.pii) {
                    shown.icon = Some(icon::LOCK);
                }
                if let Some((sorted, descending)) = &self.order
                    && *sorted == column.name
                {
                    shown.icon = Some(if *descending { icon::ARROW_DOWNWARD } else { icon::ARROW_UPWARD });
                }
                shown
            })
            .collect();
        let masks = masks(cx, view, result);
        let commands = Command::of_row(&self.table, &cx.facts());
        let mut source = MaskedRows { rows: ResultRows::new(cx.pages, result.id), masks };
        let grid = Grid::new("Rows of the table", &columns, result.rows).header_height(40.0).commands(commands);
        let outcome = grid.show(ui, &mut source);
        outcome.act(cx);
        if let Some(column) = outcome.header_clicked.and_then(|index| result.columns.get(index)) {
            self.order = match &self.order {
                Some((name, false)) if *name == column.name => Some((column.name.clone(), true)),
                Some((name, true)) if *name == column.name => None,
                _ => Some((column.name.clone(), false)),
            };
        }
        self.select(cx, view, result, outcome.cursor.filter(|_| outcome.moved).map(|(row, _)| row));
        // The next page in either direction is asked for before it comes into view.
        let (first, count) = outcome.visible;
        let ahead = (first + count + u64::from(PAGE_ROWS) / 2).min(result.rows.saturating_sub(1));
        let _ = cx.pages.row(result.id, ahead);
        let _ = cx.pages.row(result.id, first.saturating_sub(u64::from(PAGE_ROWS) / 2));
    }
}

/// The key of a row of `result`, empty while its page is not here, where the table has no key or a part of it is null.
fn key_of(cx: &Cx<'_>, view: &TableView, result: &ResultView, row: u64) -> KeyValues {
    let Some((page, inside)) = cx.pages.peek(result.id, row) else { return KeyValues::default() };
    let key = view.columns.iter().filter(|column| column.key);
    let values: Option<Vec<(String, String)>> = key
        .clone()
        .map(|column| {
            let at = result.columns.iter().position(|each| each.name == column.name)?;
            let cell = page.cell(inside, at);
            (!cell.is_null).then(|| (column.name.clone(), cell.text))
        })
        .collect();
    KeyValues { columns: values.unwrap_or_default(), is_personal: key.clone().any(|column| column.pii) }
}
