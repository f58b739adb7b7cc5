//! The next batch before it is one: what it would do, computed in a sandbox that is gone again.

use super::state::ReplayScreen;
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{Tokens, TokensExt, icon, typeface};
use crate::diff::changed_rows;
use crate::widget::{
    Balance, Button, EmptyState, ListRow, Operation, Term, Tone, badge, error_banner, ledger_line, number,
    panel_header, rule, text_clipped,
};
use egui::{
    Align, Align2, Frame, Layout, Margin, Rect, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2,
    vec2,
};
use sluice_api::{Layer, Preview, PreviewedChecks, ReplayLimits, Request, RowLedger, TableImpact, ask};

/// Height of the two lists below the equations.
const LISTS: f32 = 148.0;
/// Column of the titles of the equations.
const TITLES: f32 = 80.0;

impl ReplayScreen {
    /// Asks for the preview of the next batch.
    pub(super) fn ask_preview(&mut self, cx: &mut Cx<'_>) {
        let job = cx.new_job();
        let limits = ReplayLimits { batches: Some(1), max_files: self.max_files(cx), ..ReplayLimits::default() };
        cx.send(Request::PreviewReplay { tables: vec![self.table.clone()], limits, job });
        self.preview = Some(job);
        self.preview_table = 0;
    }

    /// Stops a preview that is being computed; false if none is.
    pub(super) fn stop_preview(&self, cx: &mut Cx<'_>) -> bool {
        let is_pending = cx.store.got::<ask::PreviewReplay>(&(vec![self.table.clone()],)).pending;
        let job = self.preview.filter(|_| is_pending);
        if let Some(job) = job {
            cx.send(Request::Cancel { job });
        }
        job.is_some()
    }

    /// Shows it until it is closed; true while it takes the place of the batches.
    pub(super) fn preview_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> bool {
        let Some(job) = self.preview else { return false };
        let store = cx.store;
        let got = store.got::<ask::PreviewReplay>(&(vec![self.table.clone()],));
        if let Some(error) = got.error.filter(|_| !got.pending) {
            if error_banner(ui, error, "Nothing was written") {
                self.ask_preview(cx);
            }
            return false;
        }
        let shown = got.value.filter(|_| !got.pending);
        let tokens = ui.tokens();
        let refused = shown.and_then(|preview| preview.replay.first_error());
        let fill = if refused.is_some() { tokens.fail_bg } else { tokens.panel };
        let mut close = false;
        Frame::NONE.fill(fill).inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.horizontal(|ui| {
                badge(ui, Tone::Accent, Some(icon::SEARCH), "Preview");
                badge(ui, Tone::Neutral, None, "Nothing written");
                let of_table = shown.and_then(|preview| preview.checks.iter().find(|of| of.table == self.table));
                if let Some(of) = of_table.filter(|of| !of.checks.is_empty()) {
                    let (tone, words) = checks(of);
                    badge(ui, tone, None, &words);
                }
                let layout = Layout::right_to_left(Align::Center);
                ui.with_layout(layout, |ui| {
                    if got.pending {
                        if Button::new("Cancel").quiet().show(ui).clicked() {
                            cx.run(Command::CancelJob(job));
                        }
                    } else {
                        close = Button::icon_only(icon::CLOSE, "Close the preview").show(ui).clicked();
                    }
                    let words = shown.map_or_else(
                        || "The next batch is replayed in a sandbox of its own".to_owned(),
                        |preview| verdict(preview, &self.table.to_string()),
                    );
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let room = ui.available_width();
                        let (rect, response) = ui.allocate_exact_size(vec2(room, 20.0), Sense::hover());
                        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
                        let font = typeface::body_strong();
                        let at = rect.left_center();
                        text_clipped(ui, Align2::LEFT_CENTER, at, room, &words, font, tokens.text_strong);
                        response.on_hover_text(&words);
                    });
                });
            });
        });
        rule(ui);
        if let Some(preview) = shown {
            self.preview_body(ui, cx, preview);
        }
        if close {
            self.preview = None;
        }
        shown.is_some()
    }

    fn preview_body(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, preview: &Preview) {
        let table = preview.replay.tables.iter().find(|each| each.table == self.table);
        let silver = preview
            .impact
            .tables
            .iter()
            .find(|each| each.table.layer == Layer::Silver && each.table.name == self.table);
        let known = table.filter(|table| table.batches > 0).map(|table| &table.counters);
        Frame::NONE.inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| equations(ui, known, silver));
        rule(ui);
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), LISTS));
        let middle = rect.center().x.floor();
        let reasons = table.map_or(&[][..], |table| &table.reasons);
        let mut left = part(ui, Rect::from_min_max(rect.min, pos2(middle - 6.0, rect.bottom())), "reasons");
        quarantine(&mut left, known, reasons);
        let mut right = part(ui, Rect::from_min_max(pos2(middle + 6.0, rect.top()), rect.max), "tables");
        self.tables(&mut right, preview);
        rule(ui);
        let Some(chosen) = preview.impact.tables.get(self.preview_table) else { return };
        Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
            let note = chosen.diff.as_ref().map(|diff| number::plural(diff.result.rows, "row"));
            panel_header(
                ui,
                &format!("Rows of {} that would change", chosen.table),
                note.as_deref().unwrap_or(""),
                |_| {},
            );
        });
        match (&chosen.diff, &chosen.error) {
            (Some(diff), _) if diff.result.rows > 0 => changed_rows(ui, cx, diff, "Rows that would change"),
            (_, Some(error)) => {
                error_banner(ui, error, "It was not compared");
            }
            _ => {
                let (title, text) = if chosen.is_equal() {
                    ("It stays as it is", "No row of it comes, changes or goes")
                } else if chosen.diff.is_some() {
                    ("Only its columns change", "Every row has the values that it had")
                } else {
                    ("It is new", "Every row of it would be")
                };
                EmptyState { icon: icon::CHECK_CIRCLE, title, text, action: None }.show(ui);
            }
        }
    }

    /// What would change in silver and gold; a click shows its rows.
    fn tables(&mut self, ui: &mut Ui, preview: &Preview) {
        let found = preview.impact.tables.len() as u64;
        panel_header(ui, "Silver and gold that would change", &number::count(found), |_| {});
        ScrollArea::vertical().id_salt("preview tables").auto_shrink(false).show(ui, |ui| {
            for (at, table) in preview.impact.tables.iter().enumerate() {
                if line(ui, table, at == self.preview_table) {
                    self.preview_table = at;
                }
            }
            if found == 0 {
                ListRow::new("None").color(ui.tokens().text_weak).padding(0.0).show(ui);
            }
        });
    }
}

/// A part of the panel with its own clip.
fn part(ui: &mut Ui, rect: Rect, name: &str) -> Ui {
    let inner = rect.shrink2(vec2(12.0, 0.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(inner).id_salt(("preview", name)));
    child.set_clip_rect(rect.intersect(ui.clip_rect()));
    child.spacing_mut().item_spacing.y = 0.0;
    child
}

/// How many checks of the version that the table would have hold, in words.
fn checks(of: &PreviewedChecks) -> (Tone, String) {
    let [_, failed, unknown] = of.counts();
    let all = number::plural(of.checks.len() as u64, "check");
    match (failed, unknown) {
        (0, 0) => (Tone::Ok, format!("{all} hold")),
        (0, unknown) => (Tone::Warn, format!("{all}, {unknown} not evaluated")),
        (failed, 0) => (Tone::Fail, format!("{all}, {failed} do not hold")),
        (failed, unknown) => (Tone::Fail, format!("{all}, {failed} do not hold, {unknown} not evaluated")),
    }
}

/// One sentence: what stops the batch, else that it would be one.
fn verdict(preview: &Preview, table: &str) -> String {
    if let Some(error) = preview.replay.first_error() {
        return format!("The batch would be refused: {}", error.message);
    }
    let sum = |of: fn(&sluice_api::TableReplay) -> u64| preview.replay.tables.iter().map(of).sum::<u64>();
    let fills: Vec<&str> =
        preview.replay.tables.iter().flat_map(|table| &table.would_fill).map(String::as_str).collect();
    if sum(|table| table.batches) == 0 && !fills.is_empty() {
        return format!("No new files; {} of {table} would be filled from bronze", fills.join(", "));
    }
    let keys = sum(|table| table.would_recompute.unwrap_or_default());
    if sum(|table| table.batches) == 0 && preview.replay.tables.iter().any(|table| table.would_recompute.is_some()) {
        let keys = number::plural(keys, "key");
        return format!("No new files; {keys} of {table} would be recomputed, records of it were decided on");
    }
    if sum(|table| table.batches) == 0 {
        return match preview.replay.tables.iter().any(|table| table.would_remake) {
            true => {
                format!("No new files; {table} would be made anew, its contract or its batches were decided otherwise")
            }
            false => "No new files".to_owned(),
        };
    }
    let before = preview.impact.tables.iter().find(|each| each.table.layer == Layer::Silver).and_then(|each| each.from);
    match (before, sum(|table| table.counters.quarantined)) {
        (Some(before), 0) => format!("The next batch of {table} would be written, it is at v{before}"),
        (Some(before), quarantined) => {
            format!(
                "The next batch of {table} would be written over v{before}, {} would go to quarantine",
                number::plural(quarantined, "record")
            )
        }
        (None, _) => format!("{table} would be made"),
    }
}

/// The three laws of the batch; `…` while it is not known.
fn equations(ui: &mut Ui, counters: Option<&RowLedger>, silver: Option<&TableImpact>) {
    let tokens = ui.tokens();
    let count = |of: fn(&RowLedger) -> u64| counters.map(of);
    let balance = |holds: fn(&RowLedger) -> bool| match counters {
        None => Balance::Unknown,
        Some(counters) if holds(counters) => Balance::Holds,
        Some(_) => Balance::Broken,
    };
    let term = |sign: &'static str, value: Option<u64>, word: &str| -> Term<'static> {
        (sign, value, word.to_owned(), if value == Some(0) { tokens.text_faint } else { tokens.text_strong })
    };
    let quarantined = count(|counters| counters.quarantined);
    let mut rows = vec![
        term("", count(|counters| counters.rows_in), "in"),
        term("=", count(RowLedger::applied), "applied"),
        term("+", count(|counters| counters.superseded), "superseded"),
    ];
    if counters.is_some_and(|counters| counters.filtered > 0) {
        rows.push(term("+", count(|counters| counters.filtered), "filtered"));
    }
    rows.push(term("+", quarantined, "quarantined"));
    if let (Some(last), true) = (rows.last_mut(), quarantined.is_some_and(|rows| rows > 0)) {
        last.3 = tokens.warn;
    }
    ledger_line(ui, "Rows", TITLES, &rows, balance(|counters| counters.rows_in == counters.accounted()));
    let mut applied = vec![
        term("", count(RowLedger::applied), "applied"),
        term("=", count(|counters| counters.inserted), "inserted"),
        term("+", count(|counters| counters.updated), "updated"),
        term("+", count(|counters| counters.deleted), "deleted"),
    ];
    applied.push(term("+", count(without_effect), "without effect"));
    if counters.is_some_and(|counters| without_event(counters) > 0) {
        applied.push(term("−", count(without_event), "rows of no event of their own"));
    }
    let adds_up = |counters: &RowLedger| {
        let rows = counters.inserted + counters.updated + counters.deleted + without_effect(counters);
        counters.applied() == rows.saturating_sub(without_event(counters))
    };
    ledger_line(ui, "Applied", TITLES, &applied, balance(adds_up));
    let version = silver.and_then(|silver| silver.from).map_or_else(|| "before".to_owned(), |from| format!("v{from}"));
    let last = [
        term("", count(|counters| counters.silver_before), &version),
        term("+", count(|counters| counters.inserted), "inserted"),
        term("−", count(|counters| counters.deleted), "deleted"),
        term("=", count(|counters| counters.silver_after), "afterwards"),
    ];
    ledger_line(
        ui,
        "Silver",
        TITLES,
        &last,
        balance(|counters| counters.silver_before + counters.inserted == counters.silver_after + counters.deleted),
    );
}

/// Events that changed no row.
fn without_effect(counters: &RowLedger) -> u64 {
    counters.delete_of_absent + counters.unchanged + counters.truncates
}

/// Rows that changed without an event of their own: those of a truncate, and versions that a late event split.
fn without_event(counters: &RowLedger) -> u64 {
    counters.truncated_rows + counters.split_rows + counters.filtered_rows
}

/// What would go to quarantine, by reason.
fn quarantine(ui: &mut Ui, counters: Option<&RowLedger>, reasons: &[(String, u64)]) {
    let tokens = ui.tokens();
    let total = counters.map(|counters| counters.quarantined);
    panel_header(ui, "Would go to quarantine", &number::known(total), |_| {});
    ScrollArea::vertical().id_salt("preview reasons").auto_shrink(false).show(ui, |ui| {
        for (reason, rows) in reasons {
            ListRow::new(reason).mono().padding(0.0).right(number::count(*rows), tokens.warn).show(ui);
        }
        if reasons.is_empty() {
            let words = if total == Some(0) { "No record" } else { "Not known" };
            ListRow::new(words).color(tokens.text_weak).padding(0.0).show(ui);
        }
    });
}

/// A table that would change, or would not; true if it was clicked.
fn line(ui: &mut Ui, table: &TableImpact, selected: bool) -> bool {
    let tokens: &Tokens = ui.tokens();
    let name = table.table.to_string();
    let note = match (&table.diff, &table.error) {
        (_, Some(error)) => format!("not compared: {}", error.message),
        (Some(_), None) => String::new(),
        (None, None) if table.is_equal() => "stays as it is".to_owned(),
        (None, None) => format!("new, {}", number::plural(table.rows, "row")),
    };
    let mut row = ListRow::new(&name).mono().note(&note).padding(6.0).selected(selected);
    if let Some(diff) = &table.diff {
        // From right to left.
        for (operation, count) in [
            (Operation::Deleted, diff.deleted),
            (Operation::Updated, diff.updated),
            (Operation::Inserted, diff.inserted),
        ] {
            let color = if count > 0 { operation.color(tokens) } else { tokens.text_faint };
            row = row.right(format!("{} {}", operation.glyph(), number::count(count)), color);
        }
    }
    row.show(ui).clicked()
}
