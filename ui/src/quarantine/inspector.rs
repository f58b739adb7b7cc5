//! One record: everything that is wrong with it, what became of it, its text, and what is done with it.

use super::record::{Record, minute};
use super::state::QuarantineScreen;
use crate::cell::masked_record;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::record_edit::{Edit, Edited, personal};
use crate::record_list;
use crate::widget::{Button, EmptyState, ListRow, Tone, rule, section_header};
use egui::{Frame, Label, Margin, ScrollArea, Ui};
use sluice_api::{QuarantineChange, QuarantineFilter, QuarantineStatus};

/// Letters of a record that are shown.
const SHOWN: usize = 8_000;

/// Draws the inspector.
pub(super) fn show(screen: &mut QuarantineScreen, ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.spacing_mut().item_spacing.y = 4.0;
    let Some(record) = screen.record(cx) else {
        let text = "Choose one in the list";
        EmptyState { icon: icon::INVENTORY_2, title: "No record chosen", text, action: None }.show(ui);
        return;
    };
    head(screen, ui, cx, &record);
    rule(ui);
    let raw = masked_record(&record.raw, personal(cx, &screen.table).as_deref());
    ScrollArea::vertical().id_salt("a record in quarantine").auto_shrink(false).show(ui, |ui| {
        Frame::NONE.inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| about(ui, &record, &raw));
    });
}

fn head(screen: &mut QuarantineScreen, ui: &mut Ui, cx: &mut Cx<'_>, record: &Record) {
    let state = record.status.map(|status| {
        let tone = match status {
            QuarantineStatus::Open | QuarantineStatus::Readable => Tone::Warn,
            QuarantineStatus::Edited => Tone::Ok,
            QuarantineStatus::Waiting | QuarantineStatus::Ignored => Tone::Neutral,
        };
        (tone, status.as_str())
    });
    record_list::head(ui, record.row, state, &record.file, |ui| {
        let why = screen.why_not();
        let one = || QuarantineFilter { record: Some(record.address.clone()), ..QuarantineFilter::default() };
        if record.status == Some(QuarantineStatus::Ignored) {
            if Button::new("Reopen").name("Reopen this record").disabled(why).show(ui).clicked() {
                screen.change(cx, QuarantineChange::Reopen { filter: one() });
            }
        } else {
            let done = (!record.is_undecided()).then_some("It is corrected already; correct it once more with Edit");
            if Button::new("Edit…").name("Edit this record").icon(icon::EDIT).show(ui).clicked() {
                let wrong = record.reasons.iter().filter_map(|reason| reason.column.as_deref()).collect();
                let edited = Edited { raw: &record.raw, wrong };
                screen.edit = Some(Edit::of(&edited, personal(cx, &screen.table).as_deref()));
            }
            if Button::new("Ignore").name("Ignore this record").disabled(done.or(why)).show(ui).clicked() {
                screen.change(cx, QuarantineChange::Ignore { filter: one() });
            }
        }
        record_list::trace_button(ui, cx, &record.file, record.row);
    });
}

fn about(ui: &mut Ui, record: &Record, raw: &str) {
    let tokens = ui.tokens();
    section_header(ui, "Why it is not in silver", "by the contract of today", |_| {});
    for reason in &record.reasons {
        let place = reason.column.clone().unwrap_or_else(|| "the record".to_owned());
        let row = ListRow::new(&reason.reason).mono().note(&place).icon(icon::WARNING, tokens.warn);
        row.name(format!("{reason}")).show(ui);
        ui.add(Label::new(typeface::text(&reason.detail, typeface::control(), tokens.text)).wrap());
    }
    section_header(ui, "What became of it", "", |_| {});
    let batch = record.batch.map_or_else(String::new, |batch| format!("In quarantine since batch {batch}"));
    let tries = match record.attempts.as_str() {
        "0" | "" => "Nothing was tried yet".to_owned(),
        "1" => format!("Tried once, by {} {}", record.by, minute(&record.at)),
        tries => format!("Tried {tries} times, last by {} {}", record.by, minute(&record.at)),
    };
    for text in [batch, tries] {
        ui.add(Label::new(typeface::text(text, typeface::control(), tokens.text)).wrap());
    }
    if !record.because.is_empty() {
        let text = format!("{}: {}", record.by, record.because);
        ui.add(Label::new(typeface::text(text, typeface::control(), tokens.text_strong)).wrap());
    }
    section_header(ui, "Record", "as delivered, personal data is masked", |_| {});
    let text: String = raw.chars().take(SHOWN).collect();
    ui.add(Label::new(typeface::text(text, typeface::mono(12.0), tokens.text)).wrap());
}
