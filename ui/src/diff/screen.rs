//! Drawing the screen: pickers, counts, then the changed rows.

use super::kind::Kind;
use super::state::DiffScreen;
use super::versions::{default_versions, nearest};
use super::{bar, cells, counts, filter, inspector, side};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::icon;
use crate::screen::Screen;
use crate::state::Comparison;
use crate::widget::{EmptyState, Tone, banner, error_banner, loading_line, number, rule};
use egui::{Rect, Ui, vec2};
use sluice_api::{DiffView, ErrorCode, Request, VersionView};

/// Height of the bar with the pickers.
const BAR: f32 = 40.0;

/// Rows asked for before all are known: more than a screen holds.
const FIRST_ROWS: u32 = 200;

impl DiffScreen {
    /// Asks for the first rows, and for all once it is known that there are more.
    fn want(&mut self, cx: &mut Cx<'_>, from: u64, to: u64) {
        cx.want(self.first_rows(from, to));
        let first = cx.store.diff_first(&self.table, from, to).value;
        if first.is_some_and(|view| view.of.is_some()) {
            let job = *self.job.get_or_insert_with(|| cx.new_job());
            cx.want(Request::Diff { job: Some(job), table: self.table.clone(), from, to });
        }
    }

    fn first_rows(&self, from: u64, to: u64) -> Request {
        Request::DiffFirst { table: self.table.clone(), from, to, rows: FIRST_ROWS }
    }

    fn keys(&mut self, ui: &Ui, cx: &mut Cx<'_>) {
        if cx.take(&Command::ChangedOnly) {
            let on = self.changed_only(cx);
            Self::set_changed_only(cx, !on);
        }
        if ui.ctx().text_edit_focused() {
            return;
        }
        let typed = ui.input(|input| {
            input.events.iter().find_map(|event| match event {
                egui::Event::Text(text) => Kind::of_key(text),
                _ => None,
            })
        });
        if let Some(kind) = typed {
            self.kind = if self.kind == kind { Kind::All } else { kind };
        }
    }

    fn diff_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, history: &[VersionView], from: u64, to: u64) {
        self.want(cx, from, to);
        let got = self.got(cx.store, from, to);
        if let Some(error) = got.error {
            let nearest = nearest(history, from, to).filter(|near| *near != (from, to));
            match nearest {
                Some((near_from, near_to)) if error.code == ErrorCode::NotFound => {
                    let action = format!("Diff v{near_from} → v{near_to}");
                    if banner(ui, Tone::Fail, &error.message, &error.next, Some(&action)) {
                        self.go(cx, self.table.clone(), Some((near_from, near_to)));
                    }
                }
                _ => {
                    if error_banner(ui, error, "Nothing was changed") {
                        match self.job {
                            Some(job) => {
                                let table = self.table.clone();
                                cx.send(Request::Diff { job: Some(job), table, from, to });
                            }
                            None => cx.send(self.first_rows(from, to)),
                        }
                    }
                }
            }
        }
        if got.value.is_none() && got.error.is_some() {
            return;
        }
        self.rows_ui(ui, cx, got.value, &format!("v{from} and v{to} of {} hold the same rows", self.table));
    }

    /// Counts and rows; `equal` says that there are none.
    fn rows_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, view: Option<&DiffView>, equal: &str) {
        counts::show(ui, view.and_then(counts::Counts::of));
        let Some(view) = view else { return };
        counts::schema(ui, view);
        counts::note(ui, view);
        if view.inserted + view.updated + view.deleted == 0 && view.of.is_none() {
            let title = format!("Equal, {}", number::plural(view.unchanged, "row"));
            let (mut title, mut text) = (title, if view.schema.is_empty() { equal } else { "Only the schema differs" });
            if let Some(all) = view.changed_in_all.filter(|all| *all > 0) {
                title = format!("None of {}", number::plural(all, "changed row"));
                text = "The condition of the options holds for none of them";
            }
            EmptyState { icon: icon::CHECK_CIRCLE, title: &title, text, action: None }.show(ui);
            return;
        }
        filter::show(self, ui, cx, view);
        cells::show(self, ui, cx, view);
    }
}

impl DiffScreen {
    /// A table on two sides.
    fn sides_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, comparison: &Comparison) {
        let store = cx.store;
        let Some(lake) = store.lake().value else { return };
        if lake.sandbox.is_none() && *comparison == Comparison::default() {
            let action = Some("Sandboxes of the lake…");
            let text = "In a sandbox, this compares each table with the lake's own";
            let empty = EmptyState { icon: icon::COMPARE_ARROWS, title: "The lake itself is open", text, action };
            if empty.show(ui).is_some_and(|response| response.clicked()) {
                cx.run(Command::Sandboxes);
            }
            return;
        }
        let (from, to) = comparison.sides(&self.table);
        let job = *self.job.get_or_insert_with(|| cx.new_job());
        let request = Request::DiffSides { from, to, options: comparison.options.clone(), job };
        cx.want(request.clone());
        let got = store.compared(&self.table, comparison);
        let rect = ui.max_rect();
        let header = Rect::from_min_size(rect.min, vec2(rect.width(), BAR));
        let history = store.table(&self.table, None).value.map_or(&[][..], |view| &view.history);
        bar::show(self, ui, header, cx, history, got.value);
        ui.advance_cursor_after_rect(header);
        rule(ui);
        loading_line(ui, header, got.pending);
        if let Some(error) = got.error
            && error_banner(ui, error, "Nothing was changed")
        {
            cx.send(request);
        }
        if got.value.is_some() || got.error.is_none() {
            self.rows_ui(ui, cx, got.value, "Both sides hold the same rows");
        }
    }
}

impl Screen for DiffScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        cx.want(Request::Table { table: self.table.clone(), version: None });
        cx.want(Request::Lake);
        self.keys(ui, cx);
        ui.spacing_mut().item_spacing.y = 0.0;
        if let Some(comparison) = self.comparison.clone() {
            self.sides_ui(ui, cx, &comparison);
            return;
        }
        let store = cx.store;
        let table = store.table(&self.table, None);
        let history = table.value.map_or(&[][..], |view| &view.history);
        if self.versions.is_none()
            && let Some(versions) = default_versions(history)
        {
            self.versions = Some(versions);
            self.go(cx, self.table.clone(), self.versions);
        }
        let rect = ui.max_rect();
        let header = Rect::from_min_size(rect.min, vec2(rect.width(), BAR));
        let view = self.versions.and_then(|(from, to)| self.got(store, from, to).value);
        bar::show(self, ui, header, cx, history, view);
        ui.advance_cursor_after_rect(header);
        rule(ui);
        let pending = self.versions.is_some_and(|(from, to)| self.got(store, from, to).pending);
        loading_line(ui, header, pending || table.pending);
        match (self.versions, table.error, table.value) {
            (Some((from, to)), ..) => self.diff_ui(ui, cx, history, from, to),
            (None, Some(error), _) => {
                if error_banner(ui, error, "Nothing was changed") {
                    cx.send(Request::Table { table: self.table.clone(), version: None });
                }
            }
            (None, None, Some(_)) => {
                let text = "Replay a batch, then compare it with the version before";
                let empty = EmptyState { icon: icon::DIFFERENCE, title: "Only one version", text, action: None };
                empty.show(ui);
            }
            (None, None, None) => {}
        }
    }

    fn has_side(&self, cx: &Cx<'_>) -> bool {
        self.view(cx).is_some_and(|view| view.inserted + view.updated + view.deleted > 0)
    }

    fn side_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        side::show(self, ui, cx);
    }

    fn has_inspector(&self, _cx: &Cx<'_>) -> bool {
        true
    }

    fn inspector_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        inspector::show(self, ui, cx);
    }
}
