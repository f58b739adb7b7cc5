//! Drawing the screen: the fields that name the row, the verdict, its events, the row.

use super::state::ExplainScreen;
use super::{events, inspector, row};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::history::find::RowScreen;
use crate::screen::Screen;
use crate::state::Tab;
use crate::widget::{Button, EmptyState, Tone, badge, error_banner, loading_line, number, rule};
use egui::{Align, Layout, Rect, RichText, Ui, UiBuilder, vec2};
use sluice_api::{Explanation, JobProgress, Request, SilverAgrees};

/// Height of title and badges.
const TITLE: f32 = 40.0;
/// What the bar opens.
const OPENS: RowScreen = RowScreen { button: "Explain", tab: |table, key| Tab::Explain { table, key } };
/// Between two looks at the jobs while the answer is not here, seconds.
const LOOK_EVERY: f64 = 0.5;
/// Where events are looked for.
const SEARCHED: &str = "Every record that bronze keeps is searched, those in quarantine too";

impl ExplainScreen {
    fn explanation_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, view: &Explanation) {
        self.header(ui, cx, view);
        rule(ui);
        let height = ui.available_height();
        let rows = view.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        let below = if rows == 0 { 0.0 } else { (height * 0.45).min(row::HEADER + row::LINE * rows as f32 + 8.0) };
        let above = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), height - below));
        let mut list = ui.new_child(UiBuilder::new().max_rect(above).id_salt("events of the row"));
        list.spacing_mut().item_spacing.y = 0.0;
        events::show(self, &mut list, view);
        ui.advance_cursor_after_rect(above);
        if below > 0.0 {
            row::show(ui, view);
        }
        let _ = cx;
    }

    fn header(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, view: &Explanation) {
        let tokens = ui.tokens();
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), TITLE));
        let inner = rect.shrink2(vec2(12.0, 0.0));
        let layout = Layout::right_to_left(Align::Center);
        let mut right = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("explain actions"));
        let history = Button::new("Row history").icon(icon::HISTORY).tooltip("Every version of the row");
        if history.show(&mut right).clicked() {
            cx.run(Command::OpenTab(Tab::History { table: self.table.clone(), key: self.key.clone() }));
        }
        self.save_test_button(&mut right, cx);
        let room = inner.with_max_x(right.min_rect().left() - 12.0);
        let layout = Layout::left_to_right(Align::Center);
        let mut left = ui.new_child(UiBuilder::new().max_rect(room).layout(layout).id_salt("explain title"));
        left.set_clip_rect(room.intersect(ui.clip_rect()));
        let key = typeface::text(self.key.text(), typeface::mono_strong(15.0), tokens.text_strong);
        left.scope(|ui| {
            ui.set_max_width((room.width() - 280.0).max(80.0));
            ui.add(egui::Label::new(key).truncate());
        });
        let (tone, word) = match &view.silver {
            SilverAgrees::Same => (Tone::Ok, format!("Equal to silver v{}", view.version)),
            SilverAgrees::Differs { .. } => (Tone::Fail, format!("Silver v{} differs", view.version)),
            SilverAgrees::NotCompared { .. } => (Tone::Warn, "Silver not compared".to_owned()),
        };
        badge(&mut left, tone, None, &word);
        left.label(typeface::text(self.table.to_string(), typeface::mono(12.0), tokens.text_weak));
        egui::Frame::NONE.inner_margin(egui::Margin { left: 12, right: 12, top: 0, bottom: 8 }).show(ui, |ui| {
            let text: RichText = typeface::text(&view.verdict, typeface::body(), tokens.text);
            ui.add(egui::Label::new(text).wrap());
            ui.add_space(4.0);
            let searched = format!(
                "{} among {} records of {} batches, in {}",
                number::plural(view.events.len() as u64, "event"),
                number::count(view.records_read),
                number::count(view.batch),
                number::elapsed(view.elapsed_ms)
            );
            ui.label(typeface::text(searched, typeface::control(), tokens.text_weak));
        });
    }
}

impl ExplainScreen {
    /// Asks for the jobs twice a second: an index that is made takes long, and says how far it is.
    fn look_at_jobs(&mut self, ui: &Ui, cx: &mut Cx<'_>) {
        let time = ui.input(|input| input.time);
        if time - self.looked >= LOOK_EVERY {
            self.looked = time;
            cx.send(Request::Jobs);
        }
        ui.ctx().request_repaint_after_secs(LOOK_EVERY as f32);
    }
}

impl Screen for ExplainScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let row = (&self.table, &self.key);
        let Some((bar, is_pending)) = self.find.head(ui, cx, row, OPENS, ("E", SEARCHED)) else { return };
        let job = *self.job.get_or_insert_with(|| cx.new_job());
        cx.want(self.request(job));
        let got = self.got(cx);
        loading_line(ui, bar, got.pending || is_pending);
        if got.pending {
            self.look_at_jobs(ui, cx);
        }
        if let Some(error) = got.error
            && error_banner(ui, error, "Nothing was changed")
        {
            cx.send(self.request(job));
        }
        self.save_test_outcome(ui, cx);
        match got.value {
            Some(view) => self.explanation_ui(ui, cx, view),
            None if got.error.is_none() => {
                let indexing = self.indexing(cx);
                let text = match indexing {
                    Some(JobProgress { done, total, .. }) => format!(
                        "The records of {} get an index, which is done once: {done} of {total} files of bronze",
                        self.table.name
                    ),
                    None => format!("Every record of {} that bronze keeps is searched", self.table.name),
                };
                let title = format!("Looking for {}", self.key.text());
                let action = indexing.map(|_| "Cancel");
                let button = EmptyState { icon: icon::SYNC, title: &title, text: &text, action }.show(ui);
                if button.is_some_and(|button| button.clicked()) {
                    cx.send(Request::Cancel { job });
                }
            }
            None => {}
        }
    }

    fn has_inspector(&self, cx: &Cx<'_>) -> bool {
        self.line.is_some() && self.got(cx).value.is_some_and(|view| !view.events.is_empty())
    }

    fn inspector_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let view = self.got(cx).value;
        if let Some(event) = view.zip(self.line).and_then(|(view, line)| view.events.get(line)) {
            inspector::show(ui, event);
        }
    }
}
