//! The selected batch: verdict, rows, order, files, findings, superseded rows, and where to look next.

use super::model::{Column, Columns, Run, versions};
use super::timeline::{does_not_balance, state_mark};
use super::{decision, incident};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::{Selection, Tab};
use crate::widget::{Button, ListRow, Tone, badge, number, rule, section_header};
use egui::{Align, Color32, Frame, Layout, Margin, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};
use sluice_api::{BatchState, BatchView, Layer, RowLedger, TableName, TableRef};

/// Height of the actions at the foot.
const FOOT: f32 = 40.0;

/// What is shown.
pub(super) struct Inspected<'a> {
    pub(super) table: &'a TableName,
    pub(super) columns: &'a Columns<'a>,
    pub(super) run: Option<&'a Run<'a>>,
    pub(super) selected: usize,
}

/// Draws it.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, of: &Inspected<'_>, draft: &mut decision::Draft) {
    let Inspected { table, columns, run, selected } = *of;
    let Some(column) = columns.get(selected) else { return };
    let run = run.filter(|_| columns.running() == selected);
    let rect = ui.max_rect();
    let foot = Rect::from_min_max(pos2(rect.left(), rect.bottom() - FOOT), rect.max);
    let body = Rect::from_min_max(rect.min, pos2(rect.right(), foot.top()));
    let mut child = ui.new_child(UiBuilder::new().max_rect(body).id_salt("batch"));
    child.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().auto_shrink(false).show(&mut child, |ui| {
        head(ui, table, &column, run);
        match column {
            Column::Known(batch) => {
                refused(ui, batch);
                decision::show(ui, cx, table, batch, draft);
                incident::show(ui, cx, table, batch, draft);
                facts(ui, columns, selected, batch);
                files(ui, columns, selected);
                findings(ui, cx, table, batch);
                if let Some(counters) = &batch.counters {
                    applied(ui, counters, batch.state == BatchState::Committed);
                    superseded(ui, counters);
                }
            }
            Column::Planned { .. } => files(ui, columns, selected),
        }
    });
    let mut child = ui.new_child(UiBuilder::new().max_rect(foot).id_salt("batch actions"));
    rule(&mut child);
    actions(&mut child, cx, table, columns, selected);
}

fn head(ui: &mut Ui, table: &TableName, column: &Column<'_>, run: Option<&Run<'_>>) {
    let tokens = ui.tokens();
    Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 10, bottom: 8 }).show(ui, |ui| {
        ui.horizontal(|ui| {
            let title = format!("Batch {}", column.number());
            ui.label(typeface::text(title, typeface::title(), tokens.text_strong));
            let (mark, _, word) = state_mark(tokens, column, run);
            let (tone, word) = match column {
                _ if run.is_some() => (Tone::Accent, "Running"),
                Column::Planned { .. } => (Tone::Neutral, "Planned"),
                Column::Known(batch) if batch.state == BatchState::Committed && does_not_balance(batch) => {
                    (Tone::Fail, "Does not balance")
                }
                Column::Known(batch) => match batch.state {
                    BatchState::Committed if batch.is_skipped => (Tone::Warn, "Skipped"),
                    BatchState::Committed => (Tone::Ok, "Committed"),
                    BatchState::Pending if batch.is_skipped => (Tone::Warn, "Skipped"),
                    BatchState::Pending if batch.is_held() => (Tone::Warn, "Held"),
                    BatchState::Pending if batch.waits_for.is_some() => (Tone::Warn, "Waits"),
                    BatchState::Pending if batch.refusal.is_some() => (Tone::Fail, "Refused"),
                    BatchState::Pending => (Tone::Fail, "Not in silver"),
                    BatchState::Running => (Tone::Accent, "Running"),
                    BatchState::Planned => (Tone::Neutral, word),
                },
            };
            let mark = if tone == Tone::Ok { icon::CHECK } else { mark };
            badge(ui, tone, Some(mark), word);
        });
        ui.add_space(4.0);
        let time = column.source_time_ms().map_or_else(
            || "source time not known yet".to_owned(),
            |time| format!("source time to {}", number::short_time(time)),
        );
        ui.label(typeface::text(format!("{table}, {time}"), typeface::control(), tokens.text_weak));
    });
}

/// A label and a value, 22 high.
fn fact(ui: &mut Ui, label: &str, value: &str, note: &str) {
    let tokens = ui.tokens();
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 22.0));
    let rect = rect.shrink2(vec2(12.0, 0.0));
    let layout = Layout::left_to_right(Align::Center);
    let mut line = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout));
    let width = line.label(typeface::text(label, typeface::control(), tokens.text_weak)).rect.width();
    line.add_space((100.0 - width).max(4.0) - line.spacing().item_spacing.x);
    let value = typeface::text(value, typeface::mono(12.0), tokens.text_strong);
    line.add(egui::Label::new(value).truncate());
    if !note.is_empty() {
        line.label(typeface::text(note, typeface::control(), tokens.text_weak));
    }
}

fn section(ui: &mut Ui, title: &str, note: &str) {
    ui.add_space(6.0);
    rule(ui);
    Frame::NONE.inner_margin(Margin::symmetric(12, 2)).show(ui, |ui| {
        section_header(ui, title, "", |ui| {
            let tokens = ui.tokens();
            ui.label(typeface::text(note, typeface::mono(12.0), tokens.text_weak));
        });
    });
}

/// Why silver does not have the batch.
fn refused(ui: &mut Ui, batch: &BatchView) {
    if batch.state != BatchState::Pending {
        return;
    }
    let tokens = ui.tokens();
    let text = match &batch.refusal {
        Some(refusal) if refusal.first_batch < batch.batch => {
            format!("{}, together with the batches from {} on", refusal.reason, refusal.first_batch)
        }
        Some(refusal) => refusal.reason.clone(),
        None if batch.is_skipped => "The next run passes it over".to_owned(),
        None => match batch.waits_for {
            Some(held) => format!("It waits for batch {held}, which is held"),
            None => "It was not published. Run it again to see why".to_owned(),
        },
    };
    Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 0, bottom: 8 }).show(ui, |ui| {
        ui.add(egui::Label::new(typeface::text(text, typeface::control(), tokens.text)).wrap());
    });
}

fn facts(ui: &mut Ui, columns: &Columns<'_>, selected: usize, batch: &BatchView) {
    let files = number::plural(batch.files.len() as u64, "file");
    let note = format!("from {files}, {}", number::bytes(batch.bytes));
    let counters = batch.counters.as_ref();
    fact(ui, "Rows in", &number::known(counters.map(|counters| counters.rows_in)), &note);
    match versions(columns, selected) {
        Some((Some(before), after)) => {
            let note = batch.elapsed_ms.map(|elapsed| format!("in {}", number::elapsed(elapsed)));
            fact(ui, "Silver", &format!("v{before} → v{after}"), &note.unwrap_or_default());
        }
        Some((None, after)) => fact(ui, "Silver", &format!("v{after}"), "first version"),
        None => match batch.merged_with {
            Some(later) => fact(ui, "Silver", "–", &format!("merged with batch {later}, its rows are counted there")),
            None => fact(ui, "Silver", "–", "not written"),
        },
    }
    section(ui, "Sequence", "");
    let (from, to) = batch.sequence.as_ref().map_or(("–", "–"), |(from, to)| (from.as_str(), to.as_str()));
    fact(ui, "From", from, "");
    fact(ui, "To", to, "");
    let ties = counters.map(|counters| counters.ties);
    let note = if ties.is_some_and(|ties| ties > 0) { "decided by a tie-breaker" } else { "" };
    fact(ui, "Ties", &number::known(ties), note);
}

fn files(ui: &mut Ui, columns: &Columns<'_>, selected: usize) {
    let tokens = ui.tokens();
    let files = columns.files(selected);
    section(ui, "Files", &number::count(files.len() as u64));
    let folder = common_folder(&files);
    if !folder.is_empty() {
        ListRow::new(folder).mono().color(tokens.text_weak).show(ui);
    }
    for file in files.iter().take(100) {
        ListRow::new(file.strip_prefix(folder).unwrap_or(file)).mono().show(ui).on_hover_text(*file);
    }
    if files.len() > 100 {
        let more = format!("and {} more", number::count(files.len() as u64 - 100));
        ListRow::new(&more).color(tokens.text_weak).show(ui);
    }
}

/// The folder that all files are in, with its slash.
fn common_folder<'a>(files: &[&'a str]) -> &'a str {
    let Some(first) = files.first() else { return "" };
    let folder = first.rfind('/').and_then(|slash| first.get(..=slash)).unwrap_or("");
    if files.iter().all(|file| file.starts_with(folder)) { folder } else { "" }
}

fn findings(ui: &mut Ui, cx: &mut Cx<'_>, table: &TableName, batch: &BatchView) {
    let tokens = ui.tokens();
    let quarantined = batch.counters.as_ref().map(|counters| counters.quarantined);
    let found = batch.reasons.iter().map(|(_, rows)| rows).sum();
    let known = quarantined.or((!batch.reasons.is_empty()).then_some(found));
    section(ui, "Findings", &number::known(known));
    if batch.reasons.is_empty() && known.is_some() {
        ListRow::new("Every record could be read").color(tokens.text_weak).show(ui);
    }
    let store = cx.store;
    let known = store.quality(table).value;
    for (reason, rows) in &batch.reasons {
        let sentence = known
            .and_then(|view| view.quarantine.iter().find(|group| group.reason == *reason))
            .map_or("", |group| group.sentence.as_str());
        let row = ListRow::new(reason).mono().icon(icon::WARNING, tokens.warn).right(number::count(*rows), tokens.warn);
        let response = row.name(format!("{reason} {} rows", number::count(*rows))).show(ui);
        if !sentence.is_empty() {
            Frame::NONE.inner_margin(Margin { left: 34, right: 12, top: 0, bottom: 4 }).show(ui, |ui| {
                ui.add(egui::Label::new(typeface::text(sentence, typeface::control(), tokens.text_weak)).wrap());
            });
        }
        if response.on_hover_text("Show these records").clicked() {
            cx.select(Selection::Reason { table: table.clone(), reason: reason.clone() });
            cx.open(Tab::Quality { table: table.clone() });
        }
    }
}

fn counted(ui: &mut Ui, rows: &[(&str, u64)]) {
    let tokens = ui.tokens();
    for (label, value) in rows.iter().filter(|(_, value)| *value > 0) {
        let color: Color32 = tokens.text_strong;
        ListRow::new(label).color(tokens.text_weak).right(number::count(*value), color).show(ui);
    }
}

fn applied(ui: &mut Ui, counters: &RowLedger, is_published: bool) {
    let title = if is_published { "Applied" } else { "Would be applied" };
    section(ui, title, &number::count(counters.applied()));
    counted(
        ui,
        &[
            ("Inserted", counters.inserted),
            ("Updated", counters.updated),
            ("Deleted", counters.deleted),
            ("Delete of a key that was not there", counters.delete_of_absent),
            ("Changed nothing", counters.unchanged),
            ("Truncates", counters.truncates),
            ("Rows a truncate removed, not events", counters.truncated_rows),
            ("Rows that keep leaves out from now on, see filtered", counters.filtered_rows),
        ],
    );
}

fn superseded(ui: &mut Ui, counters: &RowLedger) {
    section(ui, "Superseded", &number::count(counters.superseded));
    let older = counters.superseded.saturating_sub(counters.duplicate + counters.tombstone_blocked);
    counted(
        ui,
        &[
            ("Older event of the same key", older),
            ("Duplicate, same sequence and payload", counters.duplicate),
            ("Late, the key was deleted before", counters.tombstone_blocked),
        ],
    );
}

fn actions(ui: &mut Ui, cx: &mut Cx<'_>, table: &TableName, columns: &Columns<'_>, selected: usize) {
    let layout = Layout::left_to_right(Align::Center);
    let rect = ui.max_rect().shrink2(vec2(12.0, 0.0));
    let mut ui = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout));
    let silver = TableRef { layer: Layer::Silver, name: table.clone() };
    match versions(columns, selected) {
        Some((Some(before), after)) => {
            let label = format!("Diff v{before} → v{after}");
            if Button::new(&label).icon(icon::DIFFERENCE).show(&mut ui).clicked() {
                cx.open(Tab::Diff { table: silver.clone(), versions: Some((before, after)) });
            }
        }
        _ => {
            let why = Some("This batch has no version before it in silver");
            Button::new("Diff").icon(icon::DIFFERENCE).disabled(why).show(&mut ui);
        }
    }
    if Button::new("Quality").icon(icon::VERIFIED).name("Quality of this table").show(&mut ui).clicked() {
        cx.run(Command::OpenTab(Tab::Quality { table: table.clone() }));
    }
    if Button::new("Rows").icon(icon::TABLE).name("Rows of this table").show(&mut ui).clicked() {
        cx.run(Command::open_table(silver));
    }
}

#[cfg(test)]
mod tests {
    use super::common_folder;

    #[test]
    fn files_share_their_folder() {
        assert_eq!(common_folder(&["a/b/1.json", "a/b/2.json"]), "a/b/");
        assert_eq!(common_folder(&["a/b/1.json", "a/c/2.json"]), "");
        assert_eq!(common_folder(&[]), "");
    }
}
