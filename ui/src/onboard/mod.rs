//! Onboarding: from change files to a contract.

mod columns;
mod contract;
mod document;
mod edit;
mod guess;
mod many;
mod questions;
mod sample;
mod side;
#[cfg(test)]
mod tests;
mod unsaved;

use crate::code::{go_to, position_of};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon};
use crate::screen::Screen;
use crate::widget::{
    Edge, EmptyState, Tone, badge, error_banner, loading_line, number, rule, section_header, splitter,
};
use edit::Edit;
use egui::{Frame, Margin, Rect, Ui, UiBuilder, pos2, vec2};
use many::Many;
use side::Source;
use sluice_api::{OnboardDraft, OnboardSource, Request};
use std::collections::BTreeMap;
use unsaved::kept;

/// Where change files usually land.
const LANDING: &str = "landing/";
/// Setting that remembers the source.
const SOURCE: &str = "onboard source";

/// Onboarding: from change files to a contract.
pub struct OnboardScreen {
    source: Source,
    chosen: Option<String>,
    edits: BTreeMap<String, Edit>,
    column: Option<String>,
    sample_height: f32,
    begun: bool,
    many: Many,
    /// Frame in which the side panel was drawn last.
    side_seen: u64,
}

impl Default for OnboardScreen {
    fn default() -> Self {
        Self::new()
    }
}

impl OnboardScreen {
    /// The screen.
    #[must_use]
    pub fn new() -> Self {
        Self {
            source: Source::new(LANDING.to_owned()),
            chosen: None,
            edits: BTreeMap::new(),
            column: None,
            sample_height: 184.0,
            begun: false,
            many: Many::default(),
            side_seen: 0,
        }
    }

    fn begin(&mut self, cx: &Cx<'_>) {
        if !self.begun {
            self.begun = true;
            if let Some(source) = cx.workspace.choices.get(SOURCE) {
                self.source.text.clone_from(source);
            }
            self.source.inspected = Some(self.source.text.clone());
        }
    }

    fn inspect(&mut self, cx: &mut Cx<'_>) {
        let source = self.source.text.trim().to_owned();
        cx.workspace.choices.insert(SOURCE.to_owned(), source.clone());
        cx.send(Request::InspectSource { source: source.clone() });
        self.source.inspected = Some(source);
        self.chosen = None;
        self.column = None;
    }

    fn choose(&mut self, path: String) {
        self.column = None;
        self.chosen = Some(path);
    }

    /// The edit of the table that is chosen, begun if its proposal is here.
    fn edit(&mut self, cx: &Cx<'_>) -> Option<&mut Edit> {
        let path = self.chosen.clone()?;
        let draft = cx.store.draft(&path).value?;
        let before = cx.workspace.filters.get(&kept(&path)).cloned();
        Some(self.edits.entry(path).or_insert_with(|| Edit::new(draft, before)))
    }

    /// Takes over a new text and keeps it for the next start.
    fn set_text(&mut self, cx: &mut Cx<'_>, text: String) {
        let Some(path) = self.chosen.clone() else { return };
        let Some(edit) = self.edit(cx) else { return };
        let same = text == edit.proposed;
        edit.set(text.clone());
        if same {
            cx.workspace.filters.remove(&kept(&path));
        } else {
            cx.workspace.filters.insert(kept(&path), text);
        }
    }

    fn commands(&mut self, ui: &Ui, cx: &mut Cx<'_>) {
        if cx.take(&Command::Save)
            && let Some(edit) = self.edit(cx)
        {
            contract::save(cx, edit);
        }
        if cx.take(&Command::NextProblem) {
            match self.found(cx) {
                Some(found) if self.chosen.is_none() => self.next_question(cx, found),
                _ => self.next_problem(ui, cx),
            }
        }
        if cx.take(&Command::Fix) {
            self.fix(cx);
        }
        if cx.take(&Command::RunText) {
            self.inspect(cx);
        }
    }

    /// What was found where it was looked.
    fn found<'a>(&self, cx: &Cx<'a>) -> Option<&'a OnboardSource> {
        let store = cx.store;
        store.source(self.source.inspected.as_deref()?).value
    }

    fn next_question(&mut self, cx: &mut Cx<'_>, found: &OnboardSource) {
        if self.many.next_question(cx, found) {
            cx.workspace.panels.show_inspector(true);
        } else {
            cx.notify("No question is open that can be answered for all tables", false);
        }
    }

    fn next_problem(&mut self, ui: &Ui, cx: &mut Cx<'_>) {
        let state = egui::text_edit::TextEditState::load(ui.ctx(), contract::editor_id());
        let at = state.and_then(|state| state.cursor.char_range()).map_or(0, |range| range.primary.index.0);
        let Some(edit) = self.edit(cx) else { return };
        let places: Vec<usize> =
            edit.problems.iter().map(|problem| position_of(&edit.yaml, problem.line, problem.column)).collect();
        let Some(first) = places.first() else {
            cx.notify("The contract has no problem", false);
            return;
        };
        let next = places.iter().find(|place| **place > at).unwrap_or(first);
        cx.workspace.panels.show_inspector(true);
        go_to(ui.ctx(), contract::editor_id(), *next);
    }

    /// Takes what the first problem proposes: that of the column in focus, else of any.
    fn fix(&mut self, cx: &mut Cx<'_>) {
        let focus = self.column.clone();
        let Some(edit) = self.edit(cx) else { return };
        let mut columns: Vec<&document::Written> = edit.columns.iter().collect();
        columns.sort_by_key(|column| focus.as_deref() != Some(column.name.as_str()));
        let fixed = columns.into_iter().filter(|column| !column.on_one_line).find_map(|column| {
            let proposed = edit.problems_of(column).find_map(edit::proposed_type)?;
            Some(document::set_type(&edit.yaml, column, &proposed))
        });
        match fixed {
            Some(text) => self.set_text(cx, text),
            None => cx.notify("No fix is available", false),
        }
    }

    fn draft_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, draft: &OnboardDraft) {
        let Some(path) = self.chosen.clone() else { return };
        let Some(mut edit) = self.edit(cx).is_some().then(|| self.edits.remove(&path)).flatten() else { return };
        contract::outcome(ui, cx, &mut edit);
        Frame::NONE.inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| guess::show(ui, draft));
        rule(ui);
        Frame::NONE.inner_margin(Margin::symmetric(12, 6)).show(ui, |ui| guess::rules(ui, draft, &edit));
        rule(ui);
        if !cx.workspace.panels.shows_inspector() {
            Frame::NONE.inner_margin(Margin::symmetric(12, 6)).show(ui, |ui| contract::save_ui(ui, cx, &mut edit));
            rule(ui);
        }
        Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
            let count = number::count(draft.columns.len() as u64);
            section_header(ui, "Columns", &count, |ui| {
                let decide = draft.columns.iter().filter(|column| column.decide.is_some()).count();
                if decide > 0 {
                    badge(ui, Tone::Warn, Some(icon::WARNING), &format!("{decide} to decide"));
                }
                let problems = edit.problems.len() as u64;
                if problems > 0 {
                    badge(ui, Tone::Fail, Some(icon::ERROR), &number::plural(problems, "problem"));
                }
            });
        });
        let all = ui.available_rect_before_wrap();
        let most = (all.height() - 96.0).max(80.0);
        self.sample_height = self.sample_height.clamp(80.0, most);
        let cut = all.bottom() - self.sample_height;
        let table = Rect::from_min_max(all.min, pos2(all.right(), cut));
        let mut child = ui.new_child(UiBuilder::new().max_rect(table).id_salt("columns"));
        child.set_clip_rect(table.intersect(ui.clip_rect()));
        let text = columns::show(&mut child, draft, &edit, &mut self.column);
        let rows = Rect::from_min_max(table.left_bottom(), all.max);
        let mut child = ui.new_child(UiBuilder::new().max_rect(rows).id_salt("sample"));
        child.set_clip_rect(rows.intersect(ui.clip_rect()));
        sample::show(&mut child, cx, draft, &edit, self.column.as_deref());
        splitter(ui, "sample", rows, Edge::Top, &mut self.sample_height, 80.0..=most);
        self.edits.insert(path, edit);
        if let Some(text) = text {
            self.set_text(cx, text);
        }
    }
}

impl Screen for OnboardScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.spacing_mut().item_spacing.y = 0.0;
        let rect = ui.max_rect();
        self.begin(cx);
        self.commands(ui, cx);
        if self.side_seen + 1 < ui.ctx().cumulative_frame_nr() {
            let mut inspect = false;
            Frame::NONE.inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| inspect = self.source.field(ui));
            if inspect {
                self.inspect(cx);
            }
        }
        let Some(source) = self.source.inspected.clone() else { return };
        cx.want(Request::InspectSource { source: source.clone() });
        let store = cx.store;
        let got = store.source(&source);
        if let Some(path) = self.chosen.clone() {
            cx.want(Request::InferContract {
                path: path.clone(),
                name: None,
                table: None,
                answers: Default::default(),
            });
            let draft = store.draft(&path);
            loading_line(ui, Rect::from_min_size(rect.min, vec2(rect.width(), 2.0)), draft.pending);
            if let Some(error) = draft.error {
                if error_banner(ui, error, "Nothing was changed") {
                    cx.send(Request::InferContract { path, name: None, table: None, answers: Default::default() });
                }
            } else if let Some(draft) = draft.value {
                self.draft_ui(ui, cx, draft);
            } else {
                let text = "A part of the files is read to find format, columns, key and order";
                EmptyState { icon: icon::SYNC, title: "Sampling files", text, action: None }.show(ui);
            }
            return;
        }
        if let Some(error) = got.error {
            if error_banner(ui, error, "Nothing was changed") {
                cx.send(Request::InspectSource { source });
            }
            return;
        }
        match got.value {
            None => {
                let text = "Folders with change files are looked for";
                EmptyState { icon: icon::SYNC, title: "Looking", text, action: None }.show(ui);
            }
            Some(found) if found.tables.is_empty() => nothing_found(ui, found),
            Some(found) => {
                if let Some(path) = self.many.show(ui, cx, found) {
                    self.choose(path);
                }
            }
        }
    }

    fn has_inspector(&self, cx: &Cx<'_>) -> bool {
        match self.chosen.as_deref() {
            Some(path) => cx.store.draft(path).value.is_some(),
            None => self.found(cx).is_some_and(|found| self.many.has_questions(cx, found)),
        }
    }

    fn inspector_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(path) = self.chosen.clone() else {
            if let Some(found) = self.found(cx) {
                self.many.questions_ui(ui, cx, found);
            }
            return;
        };
        if self.edit(cx).is_none() {
            return;
        }
        let Some(mut edit) = self.edits.remove(&path) else { return };
        let text = contract::show(ui, cx, &mut edit, &mut self.column);
        self.edits.insert(path, edit);
        if let Some(text) = text {
            self.set_text(cx, text);
        }
    }

    fn has_side(&self, _cx: &Cx<'_>) -> bool {
        true
    }

    fn side_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.side_seen = ui.ctx().cumulative_frame_nr();
        let (inspect, chosen) = self.source.ui(ui, cx, self.chosen.as_deref());
        if inspect {
            self.inspect(cx);
        }
        if let Some(path) = chosen {
            self.choose(path);
        }
    }
}

fn nothing_found(ui: &mut Ui, found: &OnboardSource) {
    let tokens = ui.tokens();
    let text = format!("Nothing under {} that can be read", found.source);
    EmptyState { icon: icon::FOLDER_OPEN, title: "No change files here", text: &text, action: None }.show(ui);
    ui.vertical_centered(|ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        let font = crate::design::typeface::control;
        ui.label(crate::design::typeface::text("Looked for", font(), tokens.text_weak));
        for each in &found.looked_for {
            ui.label(crate::design::typeface::text(each, crate::design::typeface::mono(12.0), tokens.text));
        }
        if !found.left_alone.is_empty() {
            let text = format!("Left alone by their names: {}", found.left_alone.join(", "));
            ui.label(crate::design::typeface::text(&text, font(), tokens.text_weak));
        }
    });
}
