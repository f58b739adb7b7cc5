//! A list of records, two lines of filters and actions above it, and one record beside it: what the quarantine of a table and
//! the records of a batch have in common.

use crate::cell::CellText;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::Tab;
use crate::widget::{
    Button, CellLook, CellRef, Grid, GridColumn, ResultRows, Rows, Tone, badge, loading_line, number, rule,
};
use egui::{Align, Color32, Frame, Label, Layout, Margin, Rect, Ui, UiBuilder, pos2, vec2};
use sluice_api::{RecordNumber, ResultView};
use std::fmt::Display;

/// Height of one of the two lines.
const LINE: f32 = 40.0;
/// Share of the screen that the list has while a record is corrected below it.
const LIST_SHARE: f32 = 0.5;

/// How the cells of a column are shown.
#[derive(Clone, Copy)]
pub(crate) enum Shown {
    /// As they are.
    Text,
    /// As numbers.
    Number,
    /// Records, counted from 1 as in their addresses.
    Record,
    /// Files, without their folders.
    File,
    /// In other words.
    Words(fn(&str) -> String),
}

/// A column of the list.
pub(crate) struct RecordColumn {
    /// Its name in the result.
    pub(crate) name: &'static str,
    pub(crate) header: &'static str,
    pub(crate) width: f32,
    pub(crate) shown: Shown,
}

impl RecordColumn {
    pub(crate) const fn new(name: &'static str, header: &'static str, width: f32, shown: Shown) -> Self {
        Self { name, header, width, shown }
    }
}

struct ListRows<'a> {
    rows: ResultRows<'a>,
    columns: &'static [RecordColumn],
}

impl Rows for ListRows<'_> {
    fn cell(&mut self, row: u64, column: usize) -> Option<CellText> {
        let CellText { text, is_null } = self.rows.cell(row, column)?;
        let text = match self.columns.get(column).map(|column| column.shown) {
            Some(Shown::Record) => row_number(&text).map_or(text, |row| number::count(row + 1)),
            Some(Shown::File) => text.rsplit('/').next().unwrap_or_default().to_owned(),
            Some(Shown::Words(words)) => words(&text),
            Some(Shown::Text | Shown::Number) | None => text,
        };
        Some(CellText { text, is_null })
    }

    fn error(&mut self, row: u64) -> Option<String> {
        self.rows.error(row)
    }
}

/// Draws the list, whose accessible name is `name`; `color` is that of the first column by its text. The row under the cursor,
/// if there is one.
pub(crate) fn show(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    name: &str,
    columns: &'static [RecordColumn],
    result: &ResultView,
    color: impl Fn(&str) -> Color32,
) -> Option<u64> {
    let at = |name: &str| result.columns.iter().position(|column| column.name == name).unwrap_or(usize::MAX);
    let places = columns.iter().map(|column| at(column.name)).collect();
    let heads: Vec<GridColumn> = columns
        .iter()
        .map(|column| GridColumn {
            width: Some(column.width),
            numeric: matches!(column.shown, Shown::Number | Shown::Record),
            ..GridColumn::new(column.header)
        })
        .collect();
    let rows = ResultRows { columns: Some(places), ..ResultRows::new(cx.pages, result.id) };
    let out = Grid::new(name, &heads, result.rows)
        .decorate(&mut |cell: &CellRef<'_>| match cell.column {
            0 => CellLook { color: Some(color(cell.text)), ..CellLook::default() },
            _ => CellLook::default(),
        })
        .show(ui, &mut ListRows { rows, columns });
    out.cursor.map(|(row, _)| row)
}

/// The place of the list, and below it that of the record that is corrected, if one is.
pub(crate) fn places(ui: &mut Ui, salt: &str, corrects: bool) -> (Ui, Option<Ui>) {
    let rect = ui.available_rect_before_wrap();
    let split = if corrects { rect.top() + (rect.height() * LIST_SHARE).round() } else { rect.bottom() };
    let mut child =
        |from, to, part| ui.new_child(UiBuilder::new().max_rect(Rect::from_min_max(from, to)).id_salt((salt, part)));
    let list = child(rect.min, pos2(rect.right(), split), "list");
    (list, corrects.then(|| child(pos2(rect.left(), split), rect.max, "record")))
}

/// The two lines above the list: one for filters, one for actions.
pub(crate) fn lines(ui: &mut Ui, salt: &str, pending: bool) -> [Ui; 2] {
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), LINE * 2.0));
    let (above, below) = rect.split_top_bottom_at_y(rect.top() + LINE);
    let lines = [(above, "filters"), (below, "actions")].map(|(rect, which)| {
        let layout = Layout::left_to_right(Align::Center);
        let rect = rect.shrink2(vec2(12.0, 0.0));
        ui.new_child(UiBuilder::new().max_rect(rect).layout(layout).id_salt((salt, which)))
    });
    rule(ui);
    loading_line(ui, rect, pending);
    lines
}

/// How records stand, for choosing: all of them, then each way, with counts.
pub(crate) fn choices<S: Copy + PartialEq + Display>(all: &[S], counts: &[(S, u64)]) -> Vec<(Option<S>, String)> {
    let count = |state: &S| counts.iter().find(|(of, _)| of == state).map_or(0, |(_, count)| *count);
    let of_all: u64 = all.iter().map(count).sum();
    let mut choices = vec![(None, format!("All {}", number::count(of_all)))];
    for state in all {
        let mut word = state.to_string();
        word.get_mut(..1).into_iter().for_each(str::make_ascii_uppercase);
        choices.push((Some(*state), format!("{word} {}", number::count(count(state)))));
    }
    choices
}

/// The texts of a row by the names of columns, empty where there is none; once its page is here.
pub(crate) fn texts<'a>(cx: &'a Cx<'_>, result: &'a ResultView, row: u64) -> Option<impl Fn(&str) -> String + 'a> {
    let (page, inside) = cx.pages.peek(result.id, row)?;
    Some(move |name: &str| {
        let at = result.columns.iter().position(|column| column.name == name);
        let cell = at.map(|at| page.cell(inside, at)).filter(|cell| !cell.is_null);
        cell.map_or_else(String::new, |cell| cell.text)
    })
}

/// The head of the record beside the list: its number, how it stands, its file, then its buttons.
pub(crate) fn head(
    ui: &mut Ui,
    row: Option<u64>,
    state: Option<(Tone, &str)>,
    file: &str,
    buttons: impl FnOnce(&mut Ui),
) {
    let tokens = ui.tokens();
    Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 10, bottom: 8 }).show(ui, |ui| {
        let number = row.map_or_else(String::new, |row| format!("Record {}", row + 1));
        ui.horizontal(|ui| {
            ui.label(typeface::text(number, typeface::title(), tokens.text_strong));
            if let Some((tone, word)) = state {
                badge(ui, tone, None, word);
            }
        });
        ui.add(Label::new(typeface::text(file, typeface::mono(12.0), tokens.text_weak)).wrap());
        ui.horizontal(buttons);
    });
}

/// The way to what became of the record.
pub(crate) fn trace_button(ui: &mut Ui, cx: &mut Cx<'_>, file: &str, row: Option<u64>) {
    if let Some(row) = row
        && Button::new("Trace").quiet().name("Trace this record").icon(icon::SEARCH).show(ui).clicked()
    {
        cx.open(Tab::Trace { place: format!("{file}:{}", RecordNumber::of_row(row)) });
    }
}

/// A number as a grid shows it.
pub(crate) fn row_number(text: &str) -> Option<u64> {
    text.replace([',', '\u{202f}', ' '], "").parse().ok()
}
