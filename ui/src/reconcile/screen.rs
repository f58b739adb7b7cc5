//! Drawing the screen: the question, the verdict with its counters, the rows that differ; both sides of one in the inspector.

use super::state::ReconcileScreen;
use super::{form, inspector, repair, words};
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::screen::Screen;
use crate::state::{KeyValues, Selection};
use crate::widget::{
    Button, EmptyState, ListRow, Tone, badge, error_banner, loading_line, number, panel_header, rule, stat,
};
use egui::{Align, Frame, Layout, Margin, Rect, RichText, ScrollArea, Ui, UiBuilder, vec2};
use sluice_api::{Reconciliation, Request};

/// Height of the verdict's first line.
const TITLE: f32 = 40.0;

impl ReconcileScreen {
    fn verdict_ui(ui: &mut Ui, view: &Reconciliation) {
        let tokens = ui.tokens();
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), TITLE));
        let inner = rect.shrink2(vec2(12.0, 0.0));
        let layout = Layout::right_to_left(Align::Center);
        let mut right = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("reconcile actions"));
        let copy =
            Button::new("Copy as Markdown").icon(icon::CONTENT_COPY).tooltip("The verdict and the rows that differ");
        if copy.show(&mut right).clicked() {
            ui.ctx().copy_text(markdown(view));
        }
        let room = inner.with_max_x(right.min_rect().left() - 12.0);
        let layout = Layout::left_to_right(Align::Center);
        let mut left = ui.new_child(UiBuilder::new().max_rect(room).layout(layout).id_salt("reconcile title"));
        left.set_clip_rect(room.intersect(ui.clip_rect()));
        let (tone, word) = match (view.is_equal, view.counts.all(), view.is_arrival_unknown) {
            (true, ..) if view.sampled.is_some() => (Tone::Ok, "Sample is equal"),
            (true, ..) => (Tone::Ok, "Equal"),
            (false, _, true) => (Tone::Warn, "Differs, maybe under way"),
            (false, ..) => (Tone::Fail, "Differs"),
        };
        badge(&mut left, tone, None, word);
        let with = typeface::text(&view.with, typeface::mono_strong(13.0), tokens.text_strong);
        left.add(egui::Label::new(with).truncate());
        Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 0, bottom: 8 }).show(ui, |ui| {
            let text: RichText = typeface::text(&view.verdict, typeface::body(), tokens.text);
            ui.add(egui::Label::new(text).wrap());
            ui.add_space(8.0);
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing.x = 28.0;
                for (value, label, tone) in counters(view) {
                    stat(ui, None, tone, &value, label);
                }
            });
            ui.add_space(6.0);
            for line in lines(view) {
                let text: RichText = typeface::text(line, typeface::control(), tokens.text_weak);
                ui.add(egui::Label::new(text).wrap());
            }
        });
    }

    fn rows_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, view: &Reconciliation) {
        let tokens = ui.tokens();
        let all = view.counts.all() + view.not_arrived + view.newer_in_silver;
        let shown = match view.keys.len() as u64 {
            first if first < all => format!("the first {first} of {}", number::count(all)),
            _ => number::count(all),
        };
        Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
            panel_header(ui, "Rows that differ", &shown, |_| {});
        });
        ScrollArea::vertical().id_salt("rows that differ").auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (at, key) in view.keys.iter().enumerate() {
                let (mark, color) = words::mark(tokens, key);
                let (text, note) = (words::key(key), words::note(key));
                let row = ListRow::new(&text)
                    .mono()
                    .icon(mark, color)
                    .note(&note)
                    .right(key.arrival.as_str(), tokens.text_weak)
                    .selected(at == self.line)
                    .name(format!("{} {text}, {note}, {}", key.difference, key.arrival.as_str()));
                if row.show(ui).clicked() {
                    self.line = at;
                    // What commands of a row act on.
                    let columns = if key.explain.is_some() { key.key.clone() } else { Vec::new() };
                    let key = KeyValues { columns, is_personal: key.explain.is_none() };
                    cx.select(Selection::Row { table: self.reference(), row: at as u64, key });
                    cx.workspace.panels.show_inspector(true);
                }
            }
        });
    }
}

impl Screen for ReconcileScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        cx.want(Request::Lake);
        ui.spacing_mut().item_spacing.y = 0.0;
        let rect = ui.max_rect();
        let bar = Rect::from_min_size(rect.min, vec2(rect.width(), 2.0 * form::LINE));
        form::show(self, ui, bar, cx);
        ui.advance_cursor_after_rect(bar);
        rule(ui);
        let Some(got) = self.got(cx) else {
            let text = "Rows that the source has and silver lacks, the other way round, or with other values. A password may \
                        be in the environment (PGPASSWORD, MYSQL_PWD) or in .pgpass";
            EmptyState { icon: icon::DIFFERENCE, title: "Is it as in the source?", text, action: None }.show(ui);
            return;
        };
        loading_line(ui, bar, got.pending);
        if let Some(error) = got.error.filter(|_| !got.pending)
            && error_banner(ui, error, "Nothing was changed")
        {
            self.send(cx);
        }
        match got.value {
            Some(view) => {
                Self::verdict_ui(ui, view);
                rule(ui);
                repair::show(self, ui, cx, view);
                if !view.keys.is_empty() {
                    self.rows_ui(ui, cx, view);
                }
            }
            None if got.pending => {
                let text = "Esc stops it";
                EmptyState { icon: icon::SYNC, title: "Comparing with the source", text, action: None }.show(ui);
            }
            None => {}
        }
    }

    fn has_inspector(&self, cx: &Cx<'_>) -> bool {
        self.shown(cx).is_some()
    }

    fn inspector_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if let Some(key) = self.shown(cx) {
            inspector::show(self, ui, cx, key);
        }
    }

    fn escape(&mut self, cx: &mut Cx<'_>) -> bool {
        self.stop(cx)
    }

    fn closed(&mut self, cx: &mut Cx<'_>) {
        self.stop(cx);
    }
}

fn counters(view: &Reconciliation) -> Vec<(String, &'static str, Tone)> {
    let tone = |count: u64, bad: Tone| if count > 0 { bad } else { Tone::Neutral };
    let mut counters = vec![
        (number::count(view.counts.missing), "missing", tone(view.counts.missing, Tone::Fail)),
        (number::count(view.counts.surplus), "surplus", tone(view.counts.surplus, Tone::Warn)),
        (number::count(view.counts.different), "different", tone(view.counts.different, Tone::Info)),
        (number::count(view.not_arrived), "not yet arrived", Tone::Neutral),
        (number::count(view.newer_in_silver), "newer in silver", Tone::Neutral),
        (view.source_rows.map_or_else(|| "–".to_owned(), number::count), "rows of the source", Tone::Neutral),
        (number::count(view.silver_rows), "rows of silver", Tone::Neutral),
    ];
    // Statistics have no rows to tell apart.
    if view.result.is_none() && !view.is_equal && view.counts.all() == 0 {
        counters.drain(..5);
    }
    counters
}

fn lines(view: &Reconciliation) -> Vec<String> {
    let at = |position: &Option<String>| position.clone().unwrap_or_else(|| "a position that is not known".to_owned());
    let mut lines = vec![format!(
        "Read at {}; silver v{} is up to {}. In {}",
        at(&view.position_read),
        view.version,
        at(&view.position_silver),
        number::elapsed(view.elapsed_ms)
    )];
    if !view.columns.is_empty() {
        let columns = view.columns.iter().map(|(name, count)| format!("{name} in {}", number::plural(*count, "row")));
        lines.push(format!("Different by column: {}", columns.collect::<Vec<_>>().join(", ")));
    }
    if let Some(ranges) = view.hashed {
        let ranges = format!(
            "{} ranges of keys were hashed on both sides, {} differ, the rows of {} were read",
            number::count(ranges.ranges),
            number::count(ranges.differing),
            number::count(ranges.read)
        );
        lines.push(ranges);
    }
    if let Some(share) = view.sampled {
        lines.push(format!("{:.2} % of the keys were compared", share * 100.0));
    }
    lines.extend(view.not_compared.iter().map(|left| format!("Not compared: {}, {}", left.column, left.because)));
    lines.extend(view.notes.iter().cloned());
    lines
}

fn markdown(view: &Reconciliation) -> String {
    let mut text = format!(
        "**{}** and {}\n\n{}\n\n| row | difference | what is known | columns |\n|---|---|---|---|\n",
        view.table, view.with, view.verdict
    );
    for key in &view.keys {
        let cell = |text: String| text.replace('|', "\\|").replace('\n', " ");
        text.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            cell(words::key(key)),
            key.difference,
            key.arrival.as_str(),
            cell(words::note(key))
        ));
    }
    text
}
