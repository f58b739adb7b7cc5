//! The result on screen: error, fields, grid, footer.

use super::refine;
use super::results::{Results, Run};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{
    Button, EmptyState, FileAsk, FilePrompt, Grid, GridColumn, GridState, Mask, MaskedRows, ResultRows, TextField,
    error_banner, exported, icon_label, number,
};
use egui::{Align, Id, Key, Layout, Rect, Stroke, Ui, UiBuilder, pos2, vec2};
use sluice_api::{Request, ResultView};

const FOOTER: f32 = 32.0;

/// State of the panel.
#[derive(Default)]
pub(super) struct ResultPanel {
    /// Text of the field to go to a row, while it is open.
    row: Option<String>,
    row_asked: bool,
    /// The file that rows are written into.
    export: FilePrompt,
}

impl ResultPanel {
    /// Opens the field to go to a row.
    pub(super) fn ask_row(&mut self) {
        self.row = Some(String::new());
        self.row_asked = true;
    }

    /// Draws it; true when the query is to be run again.
    pub(super) fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, results: &mut Results, sql: &str) -> bool {
        let store = cx.store;
        let Some(run) = results.active_run_mut() else { return false };
        let base = run.base(store);
        if let Some(error) = base.error {
            return error_banner(ui, error, "The lake is unchanged");
        }
        let Some(view) = run.view(store) else {
            let text = "Rows appear here as soon as the query is done";
            EmptyState { icon: icon::SYNC, title: "Running", text, action: None }.show(ui);
            return false;
        };
        refine::show(ui, cx, run);
        let all = ui.available_rect_before_wrap();
        let footer = Rect::from_min_max(pos2(all.left(), all.bottom() - FOOTER), all.max);
        let body = Rect::from_min_max(all.min, footer.right_top());
        let mut child = ui.new_child(UiBuilder::new().max_rect(body).id_salt(("grid", view.id)));
        child.set_clip_rect(body.intersect(ui.clip_rect()));
        let grid_id = Grid::id(&child, "Result");
        let mut cursor = None;
        if view.rows == 0 {
            let text = "The query and the filter left nothing over";
            EmptyState { icon: icon::TABLE_ROWS, title: "No rows", text, action: None }.show(&mut child);
        } else {
            let columns: Vec<GridColumn> = view
                .columns
                .iter()
                .map(|column| GridColumn { icon: sorted(run, &column.name), ..GridColumn::of_result(column) })
                .collect();
            let masks = view.columns.iter().map(|column| Mask::of(column.pii)).collect();
            let mut rows = MaskedRows { rows: ResultRows::new(cx.pages, view.id), masks };
            let out =
                Grid::new("Result", &columns, view.rows).header_height(40.0).row_numbers().show(&mut child, &mut rows);
            out.act(cx);
            cursor = out.cursor;
            if let Some(column) = out.header_clicked.and_then(|index| view.columns.get(index)) {
                refine::sort_by(run, &column.name, cx);
            }
        }
        let edited = run.sql != sql;
        self.footer(ui, cx, footer, view, cursor.map(|(row, _)| row), edited, grid_id);
        false
    }

    #[expect(clippy::too_many_arguments, reason = "one line of the panel above")]
    fn footer(
        &mut self,
        ui: &mut Ui,
        cx: &mut Cx<'_>,
        rect: Rect,
        view: &ResultView,
        row: Option<u64>,
        edited: bool,
        grid: Id,
    ) {
        let tokens = ui.tokens();
        ui.painter().rect_filled(rect, 0.0, tokens.panel);
        ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, tokens.line));
        let inner = rect.shrink2(vec2(12.0, 0.0));
        let mut left = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center)));
        let words = match row {
            Some(row) => format!("{} of {}", number::count(row + 1), number::count(view.rows)),
            None => number::plural(view.rows, "row"),
        };
        left.label(typeface::text(words, typeface::mono_strong(12.0), tokens.text_strong));
        if edited {
            icon_label(&mut left, icon::EDIT, 14.0, tokens.warn, "Query edited since this result", typeface::control());
        }
        let mut right = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)));
        let mut close = false;
        match &mut self.row {
            Some(text) => {
                let field = TextField::new(text, "Row number").hint("Row number").mono().width(120.0);
                let response = field.show(&mut right);
                if std::mem::take(&mut self.row_asked) {
                    response.request_focus();
                }
                if response.lost_focus() {
                    close = true;
                    let typed: String = text.chars().filter(char::is_ascii_digit).collect();
                    if let Some(row) = typed.parse::<u64>().ok().filter(|_| ui.input(|i| i.key_pressed(Key::Enter))) {
                        let row = row.clamp(1, view.rows.max(1)) - 1;
                        GridState::go_to(ui.ctx(), grid, row, 0);
                        ui.memory_mut(|memory| memory.request_focus(grid));
                    }
                }
            }
            None => {
                if Button::of(&Command::GoToRow).quiet().show(&mut right).clicked() {
                    cx.run(Command::GoToRow);
                }
            }
        }
        if close {
            self.row = None;
        }
        let store = cx.store;
        let ask = FileAsk {
            button: Button::new("Export…").quiet().icon(icon::SAVE).tooltip("The rows shown, as a file"),
            field: "File for the rows",
            hint: "~/result.csv",
            verb: "Write the rows shown",
            note: "A new file: .parquet, .csv or .jsonl. Personal data is masked, as it is here",
        };
        let asked = self.export.asked().map(str::to_owned);
        let outcome = asked.and_then(|file| exported(store.exported(view.id, &file)));
        if let Some(file) = self.export.show(&mut right, ask, outcome) {
            cx.send(Request::ExportResult { result: view.id, file, reveal: false });
        }
        let ran = format!("Ran {}", number::elapsed(view.elapsed_ms));
        right.label(typeface::text(ran, typeface::mono(12.0), tokens.text_weak));
    }
}

/// Arrow of a column that the order begins with.
fn sorted(run: &Run, column: &str) -> Option<char> {
    let name = super::complete::quoted_if_needed(column);
    let rest = run.asked.order_by.as_deref()?.strip_prefix(&name)?;
    match rest.trim() {
        "" | "ASC" => Some(icon::ARROW_UPWARD),
        "DESC" => Some(icon::ARROW_DOWNWARD),
        _ => None,
    }
}
