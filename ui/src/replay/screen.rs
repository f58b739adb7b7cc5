//! Drawing the screen: toolbar, columns, plots.

use super::axis::{Axis, LABELS};
use super::model::{Columns, Run, run_of, versions};
use super::state::ReplayScreen;
use super::{inspector, overview, plots, sandbox_side, timeline, toolbar};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::icon;
use crate::screen::Screen;
use crate::state::Selection;
use crate::widget::{EmptyState, error_banner, ledger, loading_line, rule};
use egui::{Frame, Key, Margin, Modifiers, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};
use sluice_api::{BatchState, Request};

/// Height of the toolbar.
const TOOLBAR: f32 = 40.0;
/// Height of the two equations.
const LEDGER: f32 = 64.0;

impl ReplayScreen {
    /// Reads the batches again whenever a running job has committed one.
    fn watch(&mut self, cx: &mut Cx<'_>, run: Option<&Run<'_>>) {
        let now = run.map(|run| (run.job.id, run.done));
        if now != self.seen {
            if self.seen.is_some() || now.is_some_and(|(_, done)| done > 0) {
                let request = self.ask(cx);
                cx.send(request);
            }
            self.seen = now;
        }
    }

    /// ← → Home End move the selected batch while nothing else has the focus.
    fn keys(&mut self, ui: &Ui, cx: &mut Cx<'_>, columns: &Columns<'_>, selected: usize) {
        if ui.memory(|memory| memory.focused().is_some()) || columns.count() == 0 {
            return;
        }
        let last = columns.count() - 1;
        let target = ui.input_mut(|input| {
            let mut times = |key| input.count_and_consume_key(Modifiers::NONE, key);
            let (left, right) = (times(Key::ArrowLeft), times(Key::ArrowRight));
            match (times(Key::Home) > 0, times(Key::End) > 0) {
                (true, _) => 0,
                (_, true) => last,
                _ => selected.saturating_sub(left).saturating_add(right).min(last),
            }
        });
        if target != selected {
            self.select(cx, columns, target);
        }
    }

    fn follow(&mut self, cx: &mut Cx<'_>, columns: &Columns<'_>, running: bool, pending: bool) {
        if !self.follow {
            return;
        }
        let committed = columns.known().iter().rposition(|batch| batch.state == BatchState::Committed);
        if let Some(index) = committed.filter(|index| *index != self.selected(cx, columns)) {
            self.select(cx, columns, index);
        }
        let unfinished = self.started.as_ref().is_some_and(|started| !started.reported);
        if !running && !pending && !unfinished {
            self.follow = false;
        }
    }

    fn batches_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, columns: &Columns<'_>, run: Option<&Run<'_>>) {
        let rect = ui.available_rect_before_wrap();
        let selected = self.selected(cx, columns);
        if !self.opened {
            self.opened = true;
            self.reveal = Some((selected + 2).min(columns.count().saturating_sub(1)));
            if cx.selection().table().is_none_or(|table| table.name != self.table) {
                let batch = columns.get(selected).map_or(0, |column| column.number());
                cx.select(Selection::Batch { table: self.table.clone(), batch });
            }
        }
        let mut axis = Axis::new(rect, self.scroll, columns.count());
        if let Some(index) = self.reveal.take() {
            axis.scroll = axis.reveal(index);
        }
        if ui.rect_contains_pointer(rect) {
            let delta = ui.input(|input| input.smooth_scroll_delta());
            axis.scroll = (axis.scroll - delta.x).clamp(0.0, axis.scroll_max());
        }
        if axis.overflows() {
            axis.scroll = overview::show(ui, &axis, columns, selected);
        }
        let gold = self.view(cx).value.map_or(&[][..], |view| &view.gold);
        let rows_height = timeline::height(gold.len());
        let room = rect.bottom() - ui.cursor().top();
        let plot_height = ((room - rows_height - LEDGER) / 2.0).clamp(72.0, 160.0).floor();
        let mut clicked = None;
        ScrollArea::vertical().auto_shrink(false).id_salt("batches").show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let state = timeline::State { columns, gold, run, selected, stops_after: self.stops_after(columns) };
            clicked = timeline::show(ui, &axis, &state);
            ledger_ui(ui, columns, selected);
            clicked = clicked.or(plots::show(ui, &axis, &state, plot_height));
        });
        self.scroll = axis.scroll;
        if let Some(index) = clicked {
            self.select(cx, columns, index);
        }
    }
}

/// The equations of the selected batch, in a place of fixed height.
fn ledger_ui(ui: &mut Ui, columns: &Columns<'_>, selected: usize) {
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), LEDGER));
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect.shrink2(vec2(12.0, 0.0))).id_salt("ledger"));
    child.spacing_mut().item_spacing.y = 0.0;
    rule(&mut child);
    child.add_space(7.0);
    if let Some(batch) = columns.known().get(selected).filter(|batch| batch.state != BatchState::Running) {
        let versions = versions(columns, selected);
        let versions = (versions.and_then(|(before, _)| before), versions.map(|(_, after)| after));
        // What is not in silver has done nothing yet: its plan is shown, and no equation is called balanced.
        let is_published = batch.state == BatchState::Committed;
        ledger(&mut child, batch.counters.as_ref(), LABELS - 12.0, versions, is_published);
    } else {
        let tokens = crate::design::TokensExt::tokens(ui);
        for title in ["Rows", "Silver"] {
            let (_, line) = child.allocate_space(vec2(child.available_width(), 24.0));
            let at = pos2(line.left(), line.center().y);
            let font = crate::design::typeface::header();
            child.painter().text(at, egui::Align2::LEFT_CENTER, title, font, tokens.text_strong);
            let at = pos2(line.left() + LABELS - 12.0, line.center().y);
            let font = crate::design::typeface::control();
            child.painter().text(at, egui::Align2::LEFT_CENTER, "… after its replay", font, tokens.text_weak);
        }
    }
}

impl Screen for ReplayScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let request = self.ask(cx);
        cx.want(request);
        cx.want(Request::Lake);
        let store = cx.store;
        let got = self.view(cx);
        let run = run_of(store.jobs(), &self.table);
        self.watch(cx, run.as_ref());
        ui.spacing_mut().item_spacing.y = 0.0;
        let rect = ui.max_rect();
        let header = Rect::from_min_size(rect.min, vec2(rect.width(), TOOLBAR));
        let columns = got.value.map(Columns::new);
        if let Some(columns) = &columns {
            let selected = self.selected(cx, columns);
            self.act(cx, columns, run.as_ref(), selected);
            self.keys(ui, cx, columns, selected);
        }
        toolbar::show(self, ui, header, cx, columns.as_ref(), run.as_ref());
        ui.advance_cursor_after_rect(header);
        rule(ui);
        loading_line(ui, header, got.pending);
        self.outcome_ui(ui, cx);
        if self.preview_ui(ui, cx) {
            return;
        }
        if let Some(error) = got.error
            && error_banner(ui, error, "The lake is unchanged")
        {
            let request = self.ask(cx);
            cx.send(request);
        }
        match columns {
            Some(columns) if columns.count() > 0 => {
                self.follow(cx, &columns, run.is_some(), got.pending);
                self.batches_ui(ui, cx, &columns, run.as_ref());
            }
            Some(_) => {
                let text = format!("No change files of {} have arrived yet", self.table);
                let action = Some("Look for files");
                let empty = EmptyState { icon: icon::PLAY_CIRCLE, title: "No new files", text: &text, action };
                if empty.show(ui).is_some_and(|response| response.clicked()) {
                    cx.run(Command::Reload);
                }
            }
            None => {}
        }
    }

    /// Ends or closes the preview.
    fn escape(&mut self, cx: &mut Cx<'_>) -> bool {
        let is_shown = self.preview.is_some();
        if !self.stop_preview(cx) {
            self.preview = None;
        }
        is_shown
    }

    fn closed(&mut self, cx: &mut Cx<'_>) {
        self.stop_preview(cx);
    }

    fn has_inspector(&self, _cx: &Cx<'_>) -> bool {
        true
    }

    fn inspector_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let store = cx.store;
        let Some(view) = self.view(cx).value else { return };
        let columns = Columns::new(view);
        let selected = self.selected(cx, &columns);
        if columns.count() > 0 {
            let run = run_of(store.jobs(), &self.table);
            Frame::NONE.inner_margin(Margin::same(0)).show(ui, |ui| {
                let of = inspector::Inspected { table: &self.table, columns: &columns, run: run.as_ref(), selected };
                inspector::show(ui, cx, &of, &mut self.decision);
            });
        }
    }

    fn has_side(&self, cx: &Cx<'_>) -> bool {
        cx.store.lake().value.is_some_and(|lake| lake.sandbox.is_some())
    }

    fn side_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let store = cx.store;
        if let Some((lake, open)) = store.lake().value.and_then(|lake| Some((lake, lake.sandbox.as_ref()?))) {
            sandbox_side::show(ui, cx, lake, open, &self.table);
        }
    }

    fn has_bottom(&self) -> bool {
        true
    }
}
