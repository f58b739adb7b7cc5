//! Drawing the screen: how many pass, the list with what differs, and the text of the chosen one in the inspector.

use super::{list, text};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::screen::Screen;
use crate::state::Got;
use crate::widget::{Button, EmptyState, error_banner, loading_line, rule, segmented};
use egui::{Align, Layout, ScrollArea, Ui, UiBuilder, vec2};
use sluice_api::{JobId, LakeTestReport, LakeTestState, LakeTestView, Request, ask};

const BAR: f32 = 40.0;

/// The tests of the draft.
#[derive(Default)]
pub struct LakeTestsScreen {
    only: Option<bool>,
    chosen: Option<String>,
    /// The run that was asked for last.
    job: Option<JobId>,
}

impl LakeTestsScreen {
    /// The screen.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn tests<'a>(cx: &Cx<'a>) -> Got<'a, Vec<LakeTestView>> {
        cx.store.got::<ask::LakeTests>(&())
    }

    fn ran<'a>(cx: &Cx<'a>) -> Got<'a, LakeTestReport> {
        cx.store.got::<ask::RunLakeTests>(&(Vec::new(), None))
    }

    fn run(&mut self, cx: &mut Cx<'_>) {
        let job = cx.new_job();
        self.job = Some(job);
        cx.send(Request::RunLakeTests { names: Vec::new(), folder: None, job });
    }

    /// Path of the test in the inspector: the one that was chosen, else the first that does not pass, else the first.
    fn shown(&self, cx: &Cx<'_>) -> Option<String> {
        let tests = Self::tests(cx).value?;
        let is_there = |path: &&String| tests.iter().any(|test| test.path == **path);
        let failing = Self::ran(cx).value.and_then(|report| {
            let failing = report.tests.iter().find(|test| test.state != LakeTestState::Passed);
            failing.map(|test| &test.path)
        });
        let chosen = self.chosen.as_ref().filter(is_there).or(failing.filter(is_there));
        chosen.or(tests.first().map(|test| &test.path)).cloned()
    }

    fn bar(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let tokens = ui.tokens();
        let ran = Self::ran(cx);
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), BAR));
        let inner = rect.shrink2(vec2(12.0, 0.0));
        let layout = Layout::right_to_left(Align::Center);
        let mut right = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("run tests"));
        let why = ran.pending.then_some("The tests are running; Esc stops them");
        let button = Button::new("Run").primary().icon(icon::PLAY_ARROW).key_of(&Command::RunText).disabled(why);
        let pressed = button.name("Run the tests").show(&mut right).clicked();
        let room = inner.with_max_x(right.min_rect().left() - 12.0);
        let layout = Layout::left_to_right(Align::Center);
        let mut bar = ui.new_child(UiBuilder::new().max_rect(room).layout(layout).id_salt("tests bar"));
        bar.set_clip_rect(room.intersect(ui.clip_rect()));
        bar.spacing_mut().item_spacing.x = 12.0;
        if let Some(report) = ran.value {
            let passed = report.count(LakeTestState::Passed);
            let all = format!("All {}", report.tests.len());
            let (failing, passing) = (format!("Failing {}", report.tests.len() - passed), format!("Passed {passed}"));
            let choices = [(None, all.as_str()), (Some(false), failing.as_str()), (Some(true), passing.as_str())];
            segmented(&mut bar, "Tests", &mut self.only, &choices);
            let took = format!("{} ms, over a lake in memory", report.elapsed_ms);
            bar.label(typeface::text(took, typeface::control(), tokens.text_weak));
        } else {
            let text = "They run in the pipeline itself, over a lake in memory";
            bar.label(typeface::text(text, typeface::control(), tokens.text_weak));
        }
        rule(ui);
        loading_line(ui, rect, ran.pending);
        if (pressed || cx.take(&Command::RunText)) && !ran.pending {
            self.run(cx);
        }
    }
}

impl Screen for LakeTestsScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.spacing_mut().item_spacing.y = 0.0;
        cx.want(Request::LakeTests);
        let tests = Self::tests(cx);
        // They take a moment, so whoever opens the screen sees how they stand.
        if self.job.is_none() && tests.value.is_some_and(|tests| !tests.is_empty()) {
            self.run(cx);
        }
        self.bar(ui, cx);
        let ran = Self::ran(cx);
        for (error, again) in [(tests.error, Request::LakeTests)] {
            if let Some(error) = error.filter(|_| !tests.pending)
                && error_banner(ui, error, "Nothing was changed")
            {
                cx.send(again);
            }
        }
        if let Some(error) = ran.error.filter(|_| !ran.pending)
            && error_banner(ui, error, "No test touches a table")
        {
            self.run(cx);
        }
        let Some(views) = tests.value else {
            if tests.pending {
                let text = "Files tests/<dataset>/<table>/<name>.yaml of the draft";
                EmptyState { icon: icon::SYNC, title: "Reading the tests", text, action: None }.show(ui);
            }
            return;
        };
        if views.is_empty() {
            let text = "A test is tests/<dataset>/<table>/<name>.yaml: records, and the rows expected of them. Explain \
                        saves one of real records.";
            EmptyState { icon: icon::VERIFIED, title: "No tests yet", text, action: None }.show(ui);
            return;
        }
        let shown = self.shown(cx);
        let clicked = ScrollArea::vertical()
            .id_salt("tests")
            .auto_shrink(false)
            .show(ui, |ui| list::show(ui, views, ran.value, self.only, shown.as_deref()))
            .inner;
        if clicked.is_some() {
            self.chosen = clicked;
            cx.workspace.panels.show_inspector(true);
        }
    }

    fn has_inspector(&self, cx: &Cx<'_>) -> bool {
        self.shown(cx).is_some()
    }

    fn inspector_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(path) = self.shown(cx) else { return };
        let (Some(views), ran) = (Self::tests(cx).value, Self::ran(cx).value) else { return };
        let Some(view) = views.iter().find(|view| view.path == path) else { return };
        let result = ran.and_then(|report| report.tests.iter().find(|test| test.path == path));
        if text::show(ui, cx, view, result) {
            self.run(cx);
        }
    }

    fn escape(&mut self, cx: &mut Cx<'_>) -> bool {
        let pending = Self::ran(cx).pending;
        if let Some(job) = self.job.filter(|_| pending) {
            cx.send(Request::Cancel { job });
        }
        pending
    }
}
