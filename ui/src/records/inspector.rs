//! One record: what it does, what was decided of it, its text, and what is decided.

use super::record::Record;
use super::state::{RecordsScreen, one};
use crate::cell::masked_record;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::record_edit::{Edit, Edited, personal};
use crate::record_list;
use crate::widget::{Button, EmptyState, ListRow, Tone, rule, section_header};
use egui::{Frame, Label, Margin, ScrollArea, Ui};
use sluice_api::{RecordChange, RecordState};

/// Letters of a record that are shown.
const SHOWN: usize = 8_000;

/// Draws the inspector.
pub(super) fn show(screen: &mut RecordsScreen, ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.spacing_mut().item_spacing.y = 4.0;
    let Some(record) = screen.record(cx) else {
        let text = "Choose one in the list";
        EmptyState { icon: icon::INVENTORY_2, title: "No record chosen", text, action: None }.show(ui);
        return;
    };
    head(screen, ui, cx, &record);
    rule(ui);
    let names = personal(cx, &screen.table);
    let shown = |text: &str| masked_record(text, names.as_deref()).chars().take(SHOWN).collect::<String>();
    let (raw, instead) =
        (shown(&record.raw), Some(&record.instead).filter(|text| !text.is_empty()).map(|text| shown(text)));
    ScrollArea::vertical().id_salt("a record of a batch").auto_shrink(false).show(ui, |ui| {
        Frame::NONE.inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| about(ui, &record, &raw, instead.as_deref()));
    });
}

fn head(screen: &mut RecordsScreen, ui: &mut Ui, cx: &mut Cx<'_>, record: &Record) {
    let state = record.state.map(|state| {
        let tone = match state {
            RecordState::Delivered => Tone::Neutral,
            RecordState::Edited => Tone::Accent,
            RecordState::Dropped | RecordState::Quarantined => Tone::Warn,
        };
        (tone, state.as_str())
    });
    record_list::head(ui, record.row, state, &record.file, |ui| {
        let refused = screen.got(cx).value.and_then(|list| list.why_not.clone());
        let not = record.why_not().map(str::to_owned).or(refused);
        let why = not.clone().or_else(|| screen.why_not(cx));
        let edit = Button::new("Edit…").name("Edit this record").icon(icon::EDIT).disabled(not.as_deref());
        if edit.show(ui).clicked() {
            let edited = Edited { raw: record.counts(), wrong: Vec::new() };
            screen.edit = Some(Edit::of(&edited, personal(cx, &screen.table).as_deref()));
        }
        if record.state != Some(RecordState::Dropped)
            && Button::new("Drop").name("Drop this record").disabled(why.as_deref()).show(ui).clicked()
        {
            screen.change(cx, RecordChange::Drop { filter: one(&record.address) });
        }
        if matches!(record.state, Some(RecordState::Dropped | RecordState::Edited))
            && Button::new("Undo").name("Undo for this record").disabled(why.as_deref()).show(ui).clicked()
        {
            screen.change(cx, RecordChange::Undo { filter: one(&record.address) });
        }
        record_list::trace_button(ui, cx, &record.file, record.row);
    });
}

fn about(ui: &mut Ui, record: &Record, raw: &str, instead: Option<&str>) {
    let tokens = ui.tokens();
    let said = |ui: &mut Ui, text: &str| {
        ui.add(Label::new(typeface::text(text, typeface::control(), tokens.text)).wrap());
    };
    section_header(ui, "What it does", "", |_| {});
    if record.state == Some(RecordState::Quarantined) {
        said(ui, &format!("In quarantine: {}", record.reason));
    } else {
        ListRow::new(&record.operation).mono().note(&format!("key {}", record.key)).show(ui);
        ListRow::new("Position").mono().note(&record.position).show(ui);
    }
    if !record.by.is_empty() {
        section_header(ui, "Decision", "", |_| {});
        said(ui, &format!("{} by {}, {}", record.state.map_or("", RecordState::as_str), record.by, record.at));
        ui.add(Label::new(typeface::text(&record.because, typeface::control(), tokens.text_strong)).wrap());
    }
    if let Some(instead) = instead {
        section_header(ui, "Counts", "personal data is masked", |_| {});
        ui.add(Label::new(typeface::text(instead, typeface::mono(12.0), tokens.text_strong)).wrap());
    }
    section_header(ui, "Record", "as delivered, personal data is masked", |_| {});
    ui.add(Label::new(typeface::text(raw, typeface::mono(12.0), tokens.text)).wrap());
}
