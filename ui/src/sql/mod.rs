//! SQL: a query, its results and a chart.

mod chart;
mod complete;
mod empty;
mod examples;
mod format;
mod popup;
mod refine;
mod result;
mod results;
mod scope;
mod side;
mod strip;
#[cfg(test)]
mod tests;
mod toolbar;

use crate::code::{CodeEditor, CodeNote, byte_position, go_to, place_in, position_of, sql};
use crate::command::Command;
use crate::cx::Cx;
use crate::screen::Screen;
use crate::state::Store;
use crate::widget::{Edge, splitter};
use chart::Chart;
use egui::{Event, Id, Rect, Ui, UiBuilder, pos2, vec2};
use popup::Popup;
use result::ResultPanel;
use results::Results;
use side::SidePanel;
use sluice_api::{ErrorCode, Request};

const TOOLBAR: f32 = 40.0;
/// Height of the editor, smallest and first.
const EDITOR_MIN: f32 = 88.0;
const EDITOR: f32 = 232.0;

/// SQL: a query, its results and a chart.
pub struct SqlScreen {
    number: u32,
    results: Results,
    popup: Popup,
    chart: Chart,
    panel: ResultPanel,
    side: SidePanel,
    editor_height: f32,
    begun: bool,
}

impl SqlScreen {
    /// The screen.
    #[must_use]
    pub fn new(number: u32) -> Self {
        Self {
            number,
            results: Results::default(),
            popup: Popup::default(),
            chart: Chart::default(),
            panel: ResultPanel::default(),
            side: SidePanel::default(),
            editor_height: EDITOR,
            begun: false,
        }
    }

    fn editor_id(&self) -> Id {
        Id::unique("sql text").with(self.number)
    }

    fn text(&self, cx: &Cx<'_>) -> String {
        cx.workspace.sql.get(&self.number).cloned().unwrap_or_default()
    }

    fn run(&mut self, cx: &mut Cx<'_>) {
        let sql = self.text(cx);
        if sql.trim().is_empty() {
            cx.notify("Write a query first", false);
        } else if self.results.running(cx.store).is_some() {
            cx.notify("A query of this tab is running, cancel it first", false);
        } else {
            self.popup.close();
            self.results.run(&sql, cx);
        }
    }

    fn commands(&mut self, ui: &Ui, cx: &mut Cx<'_>) {
        if cx.take(&Command::RunText) {
            self.run(cx);
        }
        if cx.take(&Command::Complete) {
            self.popup.open();
            ui.memory_mut(|memory| memory.request_focus(self.editor_id()));
        }
        if cx.take(&Command::FormatText) {
            self.format(cx);
        }
        if cx.take(&Command::NextProblem) {
            let sql = self.text(cx);
            match self.notes(cx.store, &sql).first() {
                Some(note) => go_to(ui.ctx(), self.editor_id(), position_of(&sql, note.line, note.column)),
                None => cx.notify("The query has no problem with a place", false),
            }
        }
        if cx.take(&Command::GoToRow) {
            self.panel.ask_row();
        }
    }

    fn format(&self, cx: &mut Cx<'_>) {
        let formatted = format::format(&self.text(cx));
        cx.workspace.sql.insert(self.number, formatted);
    }

    /// The error of the run on screen, if its text is still in the editor and it names a place.
    fn notes(&self, store: &Store, sql: &str) -> Vec<CodeNote> {
        let Some(run) = self.results.active_run().filter(|run| run.sql == sql) else { return Vec::new() };
        let Some(error) = run.base(store).error.filter(|error| error.code == ErrorCode::Input) else {
            return Vec::new();
        };
        place_in(&error.message)
            .map(|(line, column)| CodeNote { line, column, text: error.message.clone() })
            .into_iter()
            .collect()
    }

    fn editor(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, rect: Rect) {
        let id = self.editor_id();
        let mut text = self.text(cx);
        let before = text.clone();
        let notes = self.notes(cx.store, &text);
        let focused = ui.memory(|memory| memory.has_focus(id));
        if focused {
            self.popup.keys(ui);
        }
        let dot = focused && ui.input(|input| input.events.iter().any(|event| *event == Event::Text(".".to_owned())));
        let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("editor"));
        child.set_clip_rect(rect.intersect(ui.clip_rect()));
        let output = CodeEditor::new(&mut text, "Query text", id, &sql::colors)
            .notes(&notes)
            .keep_escape(self.popup.is_open())
            .show(&mut child);
        if !self.begun {
            self.begun = true;
            if text.is_empty() {
                output.response.request_focus();
            }
        }
        if dot && output.cursor.is_some_and(|at| before_dot(&text, at)) {
            self.popup.open();
        }
        self.popup.ui(ui, cx, &mut text, id, &output);
        if text != before {
            cx.workspace.sql.insert(self.number, text);
        }
    }
}

/// Whether a word and a dot stand before the cursor, as in `o.`.
fn before_dot(text: &str, cursor: usize) -> bool {
    let before = text.get(..byte_position(text, cursor)).unwrap_or_default();
    before.strip_suffix('.').and_then(|rest| rest.chars().next_back()).is_some_and(|c| c.is_alphabetic() || c == '_')
}

impl Screen for SqlScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let rect = ui.max_rect();
        self.commands(ui, cx);
        self.results.settle(cx.store, cx.time);
        let bar = Rect::from_min_size(rect.min, vec2(rect.width(), TOOLBAR));
        let mut child = ui.new_child(UiBuilder::new().max_rect(bar).id_salt("toolbar"));
        match toolbar::show(&mut child, cx, &self.results) {
            Some(toolbar::Action::Run) => self.run(cx),
            Some(toolbar::Action::Format) => self.format(cx),
            None => {}
        }
        let most = (rect.height() - TOOLBAR - 200.0).max(EDITOR_MIN);
        self.editor_height = self.editor_height.clamp(EDITOR_MIN, most);
        let editor = Rect::from_min_size(bar.left_bottom(), vec2(rect.width(), self.editor_height));
        self.editor(ui, cx, editor);
        let below = Rect::from_min_max(pos2(rect.left(), editor.bottom()), rect.max);
        let mut child = ui.new_child(UiBuilder::new().max_rect(below).id_salt("results"));
        child.set_clip_rect(below.intersect(ui.clip_rect()));
        let sql = self.text(cx);
        if self.results.all().is_empty() {
            if let Some(example) = empty::show(&mut child, cx) {
                cx.workspace.sql.insert(self.number, example);
                self.run(cx);
            }
        } else {
            strip::show(&mut child, cx, &mut self.results);
            if self.panel.show(&mut child, cx, &mut self.results, &sql) {
                self.run(cx);
            }
        }
        splitter(ui, "editor", editor, Edge::Bottom, &mut self.editor_height, EDITOR_MIN..=most);
    }

    /// Closes the completions, else stops the query.
    fn escape(&mut self, cx: &mut Cx<'_>) -> bool {
        if self.popup.is_open() {
            self.popup.close();
            return true;
        }
        let running = self.results.running(cx.store).map(|run| run.job);
        if let Some(job) = running {
            cx.send(Request::Cancel { job });
        }
        running.is_some()
    }

    fn closed(&mut self, cx: &mut Cx<'_>) {
        self.results.close(cx);
    }

    fn has_inspector(&self, _cx: &Cx<'_>) -> bool {
        true
    }

    fn has_side(&self, _cx: &Cx<'_>) -> bool {
        true
    }

    fn side_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let sql = self.text(cx);
        self.side.ui(ui, cx, &sql);
    }

    fn inspector_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let store = cx.store;
        let run = self.results.active_run();
        let view = run.and_then(|run| run.view(store));
        let sql = run.map(|run| run.sql.clone()).unwrap_or_default();
        self.chart.ui(ui, cx, view, &sql);
    }
}
