//! Versions of a table.

use crate::cell::CellText;
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{Tokens, TokensExt, icon, typeface};
use crate::state::{Selection, Tab};
use crate::widget::{
    Button, CellLook, CellRef, FnRows, Grid, GridColumn, Operation, number, paint_row_fill, panel_header,
};
use egui::{Align2, Color32, Frame, Margin, ScrollArea, Sense, Stroke, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use sluice_api::{TableView, VersionView};

const ROW: f32 = 24.0;

/// The list beside the columns: version, batch, what it did to the rows.
pub(super) fn versions_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &TableView) {
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        panel_header(ui, "Versions", "", |ui| diff_button(ui, cx, view));
    });
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, ROW, view.history.len(), |ui, range| {
        for version in view.history.get(range).unwrap_or_default() {
            version_ui(ui, cx, view, version);
        }
    });
}

/// `Diff v41 → v42` of the selected version, else of the latest.
fn diff_button(ui: &mut Ui, cx: &mut Cx<'_>, view: &TableView) {
    let to = match cx.selection() {
        Selection::Version { table, version } if *table == view.table => *version,
        _ => view.version,
    };
    let Some(from) = to.checked_sub(1) else { return };
    let label = format!("Diff v{from} → v{to}");
    if Button::new(&label).icon(icon::DIFFERENCE).show(ui).clicked() {
        cx.run(Command::OpenTab(Tab::Diff { table: view.table.clone(), versions: Some((from, to)) }));
    }
}

fn version_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &TableView, version: &VersionView) {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let selection = Selection::Version { table: view.table.clone(), version: version.version };
    let selected = *cx.selection() == selection;
    let words = what(version);
    response.widget_info(|| {
        let name = format!("v{}, {words}, {}", version.version, number::short_time(version.timestamp_ms));
        WidgetInfo::selected(Role::ListItem, true, selected, name)
    });
    paint_row_fill(ui, rect, selected, &response);
    let y = rect.center().y;
    let painter = ui.painter();
    let at = pos2(rect.left() + 12.0, y);
    painter.text(
        at,
        Align2::LEFT_CENTER,
        format!("v{}", version.version),
        typeface::mono_strong(12.0),
        tokens.text_strong,
    );
    painter.text(pos2(rect.left() + 60.0, y), Align2::LEFT_CENTER, &words, typeface::control(), tokens.text_weak);
    let mut right = rect.right() - 12.0;
    if let Some(counters) = &version.counters {
        let parts = [
            (Operation::Deleted, counters.deleted),
            (Operation::Updated, counters.updated),
            (Operation::Inserted, counters.inserted),
        ];
        for (operation, count) in parts {
            let (text, color) = signed(tokens, operation, count);
            painter.text(pos2(right, y), Align2::RIGHT_CENTER, text, typeface::mono(12.0), color);
            right -= 72.0;
        }
    } else {
        let words = without_counts(&version.operation);
        painter.text(pos2(right, y), Align2::RIGHT_CENTER, words, typeface::control(), tokens.text_faint);
    }
    if response.clicked() {
        cx.select(selection);
    }
}

/// What is said of a version that counted no rows: one that only arranges files changed none, of any other nobody knows.
fn without_counts(operation: &str) -> &'static str {
    match operation {
        "CREATE TABLE" | "OPTIMIZE" | "CHANGE COLUMNS" | "FORGET DELETES" => "no change of rows",
        _ => "rows not counted",
    }
}

fn what(version: &VersionView) -> String {
    match version.batch {
        Some(batch) => format!("batch {batch}"),
        None => version.operation.to_lowercase(),
    }
}

fn signed(tokens: &Tokens, operation: Operation, count: u64) -> (String, Color32) {
    if count == 0 {
        return ("0".to_owned(), tokens.text_faint);
    }
    (format!("{}{}", operation.glyph(), number::count(count)), operation.color(tokens))
}

/// The whole history as a grid.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, view: &TableView) {
    let tokens = ui.tokens();
    Frame::NONE.inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
        let count = number::count(u64::try_from(view.history.len()).unwrap_or_default());
        panel_header(ui, "History", &count, |ui| diff_button(ui, cx, view));
    });
    ui.painter().hline(ui.max_rect().x_range(), ui.cursor().top(), Stroke::new(1.0, tokens.line));
    let number_column = |name: &str| GridColumn { numeric: true, width: Some(96.0), ..GridColumn::new(name) };
    let columns = [
        GridColumn { width: Some(72.0), ..GridColumn::new("version") },
        GridColumn { width: Some(168.0), ..GridColumn::new("committed, UTC") },
        GridColumn { width: Some(120.0), ..GridColumn::new("operation") },
        number_column("batch"),
        number_column("rows in"),
        number_column("inserted"),
        number_column("updated"),
        number_column("deleted"),
        number_column("superseded"),
        number_column("quarantined"),
        number_column("rows after"),
    ];
    let rows = u64::try_from(view.history.len()).unwrap_or_default();
    let at = |row: u64| usize::try_from(row).ok().and_then(|row| view.history.get(row));
    let mut source = FnRows(|row, column| at(row).map(|version| cell(version, column)));
    let mut look = |cell: &CellRef<'_>| match (cell.column, cell.text) {
        (_, "0" | "–") => CellLook { color: Some(tokens.text_faint), ..CellLook::default() },
        (0, _) => CellLook { strong: true, ..CellLook::default() },
        (9, _) => CellLook { color: Some(tokens.warn), ..CellLook::default() },
        _ => CellLook::default(),
    };
    let outcome = Grid::new("History", &columns, rows).decorate(&mut look).show(ui, &mut source);
    outcome.act(cx);
    if let Some(version) = outcome.cursor.filter(|_| outcome.moved).and_then(|(row, _)| at(row)) {
        cx.select(Selection::Version { table: view.table.clone(), version: version.version });
    }
    if let Some(version) = outcome.activated.and_then(|(row, _)| at(row)).filter(|version| version.version > 0) {
        let versions = Some((version.version - 1, version.version));
        cx.open(Tab::Diff { table: view.table.clone(), versions });
    }
}

fn cell(version: &VersionView, column: usize) -> CellText {
    let counters = version.counters.as_ref();
    let count = |value: Option<u64>| CellText::value(number::count_or_none(value));
    match column {
        0 => CellText::value(format!("v{}", version.version)),
        1 => CellText::value(number::time(version.timestamp_ms)),
        2 => CellText::value(version.operation.clone()),
        3 => count(version.batch),
        4 => count(counters.map(|counters| counters.rows_in)),
        5 => count(counters.map(|counters| counters.inserted)),
        6 => count(counters.map(|counters| counters.updated)),
        7 => count(counters.map(|counters| counters.deleted)),
        8 => count(counters.map(|counters| counters.superseded)),
        9 => count(counters.map(|counters| counters.quarantined)),
        _ => count(counters.map(|counters| counters.silver_after)),
    }
}

#[cfg(test)]
mod tests {
    use super::without_counts;

    #[test]
    fn a_version_that_wrote_rows_is_not_said_to_have_changed_none() {
        assert_eq!(without_counts("OPTIMIZE"), "no change of rows");
        assert_eq!(without_counts("WRITE"), "rows not counted");
        assert_eq!(without_counts("REBUILD"), "rows not counted");
    }
}
