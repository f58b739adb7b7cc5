//! Drawing the screen: the question, the verdict, the versions; the event that did it in the inspector.

use super::state::BisectScreen;
use super::{form, steps};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::explain;
use crate::screen::Screen;
use crate::state::Tab;
use crate::widget::{Button, EmptyState, Tone, badge, error_banner, loading_line, number, panel_header, rule};
use egui::{Align, Frame, Layout, Margin, Rect, RichText, ScrollArea, Ui, UiBuilder, vec2};
use sluice_api::{BisectFound, Bisection, Request, TableName};

/// Height of the verdict's first line.
const TITLE: f32 = 40.0;

impl BisectScreen {
    fn verdict_ui(&self, ui: &mut Ui, cx: &mut Cx<'_>, view: &Bisection) {
        let tokens = ui.tokens();
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), TITLE));
        let inner = rect.shrink2(vec2(12.0, 0.0));
        let layout = Layout::right_to_left(Align::Center);
        let mut right = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("bisect actions"));
        if let Some(BisectFound { version, before: Some(before), .. }) = &view.found {
            let label = format!("Diff v{before} → v{version}");
            if Button::new(&label)
                .icon(icon::DIFFERENCE)
                .tooltip("All rows that this version changed")
                .show(&mut right)
                .clicked()
            {
                cx.run(Command::OpenTab(Tab::Diff { table: self.table.clone(), versions: Some((*before, *version)) }));
            }
        }
        let copy = Button::new("Copy as Markdown").icon(icon::CONTENT_COPY).tooltip("Question, verdict and versions");
        if copy.show(&mut right).clicked() {
            ui.ctx().copy_text(markdown(view));
        }
        let room = inner.with_max_x(right.min_rect().left() - 12.0);
        let layout = Layout::left_to_right(Align::Center);
        let mut left = ui.new_child(UiBuilder::new().max_rect(room).layout(layout).id_salt("bisect title"));
        left.set_clip_rect(room.intersect(ui.clip_rect()));
        let (tone, word) = match &view.found {
            Some(BisectFound { batch: Some(batch), .. }) => (Tone::Fail, format!("Since batch {batch}")),
            Some(BisectFound { version, .. }) => (Tone::Fail, format!("Since v{version}")),
            None if view.searched.is_none() => (Tone::Warn, "Nothing to search".to_owned()),
            None => (Tone::Ok, "Not so".to_owned()),
        };
        badge(&mut left, tone, None, &word);
        let question = typeface::text(&view.question, typeface::mono_strong(13.0), tokens.text_strong);
        left.add(egui::Label::new(question).truncate());
        Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 0, bottom: 8 }).show(ui, |ui| {
            let text: RichText = typeface::text(&view.verdict, typeface::body(), tokens.text);
            ui.add(egui::Label::new(text).wrap());
            ui.add_space(4.0);
            let took = format!("In {}", number::elapsed(view.elapsed_ms));
            ui.label(typeface::text(took, typeface::control(), tokens.text_weak));
        });
    }
}

impl Screen for BisectScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        cx.want(Request::Lake);
        ui.spacing_mut().item_spacing.y = 0.0;
        let rect = ui.max_rect();
        let bar = Rect::from_min_size(rect.min, vec2(rect.width(), 2.0 * form::LINE));
        form::show(self, ui, bar, cx);
        ui.advance_cursor_after_rect(bar);
        rule(ui);
        let Some(got) = self.got(cx) else {
            let text = "Every step looks at the version in the middle of what is left: of 10,000 versions 14 are read";
            EmptyState { icon: icon::HISTORY, title: "Since when is it so?", text, action: None }.show(ui);
            return;
        };
        loading_line(ui, bar, got.pending);
        if let Some(error) = got.error.filter(|_| !got.pending)
            && error_banner(ui, error, "Nothing was changed")
            && let Some(request) = self.request()
        {
            cx.send(request);
        }
        match got.value {
            Some(view) => {
                self.verdict_ui(ui, cx, view);
                rule(ui);
                steps::show(ui, view);
            }
            None if got.pending => {
                let text = "Esc stops the search";
                EmptyState { icon: icon::SYNC, title: "Searching the versions", text, action: None }.show(ui);
            }
            None => {}
        }
    }

    fn has_inspector(&self, cx: &Cx<'_>) -> bool {
        self.got(cx).and_then(|got| got.value).is_some_and(|view| view.found.is_some())
    }

    fn inspector_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let found = self.got(cx).and_then(|got| got.value).and_then(|view| view.found.as_ref());
        match found {
            Some(BisectFound { event: Some(event), .. }) => explain::event_ui(ui, event),
            Some(found) => version_ui(ui, cx, found, &self.table.name),
            None => {}
        }
    }

    fn escape(&mut self, cx: &mut Cx<'_>) -> bool {
        self.stop(cx)
    }

    fn closed(&mut self, cx: &mut Cx<'_>) {
        self.stop(cx);
    }
}

/// The version where it began: the files of its batch, or the tables that it was made of.
fn version_ui(ui: &mut Ui, cx: &mut Cx<'_>, found: &BisectFound, table: &TableName) {
    let tokens = ui.tokens();
    panel_header(ui, &format!("Version v{}", found.version), "where it began", |_| {});
    ScrollArea::vertical().id_salt("where it began").auto_shrink(false).show(ui, |ui| {
        Frame::NONE.inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 6.0;
            let line = |ui: &mut Ui, text: String, color| {
                let text: RichText = typeface::text(text, typeface::mono(12.0), color);
                ui.add(egui::Label::new(text).wrap());
            };
            if let Some(batch) = found.batch {
                line(
                    ui,
                    format!("Batch {batch}, {}", number::plural(found.files.len() as u64, "file")),
                    tokens.text_strong,
                );
            }
            for file in &found.files {
                line(ui, file.clone(), tokens.text);
            }
            for (name, before, after) in &found.inputs {
                let version =
                    |version: &Option<u64>| version.map_or_else(|| "nothing".to_owned(), |at| format!("v{at}"));
                let color = if before == after { tokens.text_weak } else { tokens.text_strong };
                line(ui, format!("{name} {} → {}", version(before), version(after)), color);
            }
            if found.batch.is_some() && Button::new("Batches of the table").icon(icon::PLAY_CIRCLE).show(ui).clicked() {
                cx.run(Command::OpenTab(Tab::Replay { table: table.clone() }));
            }
        });
    });
}

fn markdown(view: &Bisection) -> String {
    let mut text = format!(
        "**{}** ({})\n\n{}\n\n| version | batch | so | shows |\n|---|---|---|---|\n",
        view.table, view.question, view.verdict
    );
    for step in &view.steps {
        let batch = step.batch.map_or_else(|| "–".to_owned(), |batch| batch.to_string());
        let shown = step.shown.as_deref().unwrap_or("–").replace('|', "\\|").replace('\n', " ");
        let so = if step.holds { "yes" } else { "no" };
        text.push_str(&format!("| v{} | {batch} | {so} | {shown} |\n", step.version));
    }
    text
}
