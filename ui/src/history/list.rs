//! The versions, newest first.

use super::state::HistoryScreen;
use super::versions::{Version, Versions};
use crate::cell::CellText;
use crate::cx::Cx;
use crate::design::{Tokens, TokensExt, typeface};
use crate::state::{PageCache, PageState, Selection};
use crate::widget::{
    BeforeAfter, CellLook, CellRef, Grid, GridColumn, GridState, Operation, Rows, error_banner, number,
};
use egui::{
    Align2, Rect, Stroke, Ui, pos2,
    text::{LayoutJob, TextFormat, TextWrapping},
    vec2,
};
use std::cell::RefCell;

/// Accessible name of the grid, and its id.
const NAME: &str = "Versions of the row";
/// Characters of a value in the column of changes; the inspector has all of it.
const VALUE_SHOWN: usize = 40;
/// Position of the column of changes.
const CHANGES: usize = 5;

/// Versions as rows of the grid.
struct Lines<'a, 'p> {
    versions: &'a Versions<'a>,
    pages: &'a RefCell<&'p mut PageCache>,
}

impl Rows for Lines<'_, '_> {
    fn cell(&mut self, row: u64, column: usize) -> Option<CellText> {
        let mut pages = self.pages.borrow_mut();
        let version = self.versions.version(&mut pages, row)?;
        Some(CellText::value(match column {
            0 => version.kind.word().to_owned(),
            1 => format!("v{}", version.number),
            2 => number::count_or_none(version.batch),
            3 => version.time,
            4 => operation(&version),
            _ => {
                let cells = self.versions.cells(&mut pages, row)?;
                words(&version, &cells, self.versions.width())
            }
        }))
    }

    fn error(&mut self, row: u64) -> Option<String> {
        let row = self.versions.count().checked_sub(row + 1)?;
        match self.pages.borrow_mut().row(self.versions.view().result.id, row) {
            PageState::Failed(error) => Some(error.message.clone()),
            PageState::Ready(..) | PageState::Pending => None,
        }
    }
}

/// Draws it.
pub(super) fn show(screen: &mut HistoryScreen, ui: &mut Ui, cx: &mut Cx<'_>, versions: &Versions<'_>) {
    let tokens = ui.tokens();
    let result = versions.view().result.id;
    if let PageState::Failed(error) = cx.pages.row(result, versions.count().saturating_sub(1)) {
        let error = error.clone();
        if error_banner(ui, &error, "Nothing was changed") {
            cx.pages.retry(result);
        }
    }
    let id = Grid::id(ui, NAME);
    if !screen.begun {
        screen.begun = true;
        GridState::go_to(ui.ctx(), id, 0, 0);
        ui.memory_mut(|memory| memory.request_focus(id));
    }
    let columns = columns(ui.available_width());
    let pages = RefCell::new(&mut *cx.pages);
    let mut look = |cell: &CellRef<'_>| match (cell.column, cell.text) {
        (1, _) => CellLook { strong: true, color: Some(tokens.text_strong), ..CellLook::default() },
        (2, "–") => CellLook { color: Some(tokens.text_faint), ..CellLook::default() },
        (4, _) => CellLook { color: Some(tokens.text_weak), ..CellLook::default() },
        _ => CellLook::default(),
    };
    let mut paint = |ui: &Ui, rect: Rect, cell: &CellRef<'_>| {
        if !cell.is_known {
            return false;
        }
        let mut pages = pages.borrow_mut();
        let Some(version) = versions.version(&mut pages, cell.row) else { return false };
        match cell.column {
            0 => paint_kind(ui, rect, version.kind),
            CHANGES => {
                let Some(cells) = versions.cells(&mut pages, cell.row) else { return false };
                paint_changes(ui, rect, &version, &cells, versions.width());
            }
            _ => return false,
        }
        true
    };
    let mut source = Lines { versions, pages: &pages };
    let out = Grid::new(NAME, &columns, versions.count())
        .row_height(28.0)
        .decorate(&mut look)
        .paint_cell(&mut paint)
        .show(ui, &mut source);
    out.act(cx);
    let line = out.cursor.map(|(row, _)| row);
    if out.moved || line != screen.line {
        screen.line = line;
        if let Some(version) = line.and_then(|line| versions.version(cx.pages, line)) {
            cx.select(Selection::Version { table: screen.table.clone(), version: version.number });
        }
    }
    if out.activated.is_some() {
        cx.workspace.panels.show_inspector(true);
    }
}

/// The last column takes what is left.
fn columns(width: f32) -> Vec<GridColumn> {
    let fixed =
        [("change", 112.0), ("version", 72.0), ("batch", 72.0), ("committed, UTC", 168.0), ("operation", 104.0)];
    let used: f32 = fixed.iter().map(|(_, width)| width).sum();
    let rest = ("changed columns", (width - used - 12.0).max(240.0));
    let columns = fixed.into_iter().chain([rest]);
    columns
        .map(|(name, width)| GridColumn { width: Some(width), numeric: name == "batch", ..GridColumn::new(name) })
        .collect()
}

fn operation(version: &Version) -> String {
    if version.operation.is_empty() { "–".to_owned() } else { version.operation.clone() }
}

/// Glyph and word of what happened.
fn paint_kind(ui: &Ui, rect: Rect, kind: Operation) {
    let tokens = ui.tokens();
    let mark = Rect::from_center_size(pos2(rect.left() + 18.0, rect.center().y), vec2(16.0, 16.0));
    ui.painter().rect_filled(mark, 3.0, kind.background(tokens));
    let font = typeface::mono_strong(12.0);
    ui.painter().text(mark.center(), Align2::CENTER_CENTER, kind.glyph(), font, kind.color(tokens));
    let at = pos2(mark.right() + 8.0, rect.center().y);
    let word = if kind == Operation::Equal { "there before" } else { kind.word() };
    ui.painter().text(at, Align2::LEFT_CENTER, word, typeface::control(), tokens.text);
}

/// A piece of the line of changes.
enum Piece {
    Weak(String),
    Before(String),
    After(String),
}

fn pieces(version: &Version, cells: &[BeforeAfter], width: usize) -> Vec<Piece> {
    let columns = number::plural(width as u64, "column");
    match version.kind {
        Operation::Inserted => vec![Piece::Weak(format!("new row, {columns}"))],
        Operation::Deleted => vec![Piece::Weak("the row as it was, then no more".to_owned())],
        Operation::Updated => {
            let changed: Vec<_> = cells.iter().filter(|cell| cell.changed).collect();
            if changed.is_empty() {
                return vec![Piece::Weak("no column but those of Sluice".to_owned())];
            }
            let mut pieces = Vec::new();
            for cell in changed {
                pieces.push(Piece::Weak(cell.name.clone()));
                pieces.push(Piece::Before(short(&cell.old)));
                pieces.push(Piece::After(short(&cell.new)));
            }
            pieces
        }
        Operation::Equal | Operation::Superseded | Operation::Quarantined => {
            vec![Piece::Weak(format!("{columns}, in the oldest version that can be read"))]
        }
    }
}

fn short(text: &str) -> String {
    let line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if line.chars().count() <= VALUE_SHOWN {
        return line;
    }
    let start: String = line.chars().take(VALUE_SHOWN - 1).collect();
    format!("{start}…")
}

/// The line of changes as text, for the clipboard and for assistive technology.
pub(super) fn words(version: &Version, cells: &[BeforeAfter], width: usize) -> String {
    let mut text = String::new();
    for piece in pieces(version, cells, width) {
        match piece {
            Piece::Weak(word) if text.is_empty() => text.push_str(&word),
            Piece::Weak(word) => text.push_str(&format!(", {word}")),
            Piece::Before(value) => text.push_str(&format!(" {value}")),
            Piece::After(value) => text.push_str(&format!(" → {value}")),
        }
    }
    text
}

fn paint_changes(ui: &Ui, rect: Rect, version: &Version, cells: &[BeforeAfter], width: usize) {
    let tokens: &Tokens = ui.tokens();
    let inner = rect.shrink2(vec2(8.0, 0.0));
    let mono = |color| TextFormat { font_id: typeface::mono(12.0), color, ..TextFormat::default() };
    let mut job = LayoutJob::default();
    let mut first = true;
    for piece in pieces(version, cells, width) {
        match piece {
            Piece::Weak(word) => {
                let gap = if first { 0.0 } else { 16.0 };
                job.append(&word, gap, mono(tokens.text_weak));
            }
            Piece::Before(value) => {
                let strikethrough = Stroke::new(1.0, tokens.text_weak);
                job.append(&value, 8.0, TextFormat { strikethrough, ..mono(tokens.text_weak) });
                job.append(" → ", 0.0, mono(tokens.text_weak));
            }
            Piece::After(value) => {
                let strong = TextFormat { font_id: typeface::mono_strong(12.0), ..mono(tokens.text_strong) };
                job.append(&value, 0.0, strong);
            }
        }
        first = false;
    }
    job.wrap = TextWrapping::truncate_at_width(inner.width().max(8.0));
    job.break_on_newline = false;
    let galley = ui.ctx().fonts_mut(|fonts| fonts.layout_job(job));
    let at = pos2(inner.left(), inner.center().y - galley.size().y / 2.0);
    ui.painter().with_clip_rect(ui.clip_rect().intersect(rect)).galley(at, galley, tokens.text);
}
