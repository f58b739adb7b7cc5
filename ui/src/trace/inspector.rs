//! One record: what became of it, its columns on their way, and the record as delivered.

use super::words::words;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, number, rule, section_header};
use egui::{Frame, Grid, Margin, RichText, ScrollArea, Ui};
use sluice_api::{EventOutcome, TracedRecord};

/// Draws it; whether this record is to be traced by itself, which `alone` offers.
pub(super) fn show(ui: &mut Ui, record: &TracedRecord, alone: bool) -> bool {
    let tokens = ui.tokens();
    let mut pressed = false;
    ui.spacing_mut().item_spacing.y = 4.0;
    Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 10, bottom: 8 }).show(ui, |ui| {
        let title = format!("Record {}", number::count(record.record.get()));
        ui.label(typeface::text(title, typeface::title(), tokens.text_strong));
        ui.label(typeface::text(words(record), typeface::body(), tokens.text));
        if let Some(EventOutcome::Quarantined { column, detail, further, .. }) = &record.outcome {
            let column = column.as_ref().map_or_else(String::new, |column| format!("{column}: "));
            let further = further.iter().map(ToString::to_string);
            for line in std::iter::once(format!("{column}{detail}")).chain(further) {
                let text: RichText = typeface::text(line, typeface::body(), tokens.text);
                ui.add(egui::Label::new(text).wrap());
            }
        }
        for (name, value) in &record.key {
            ui.label(typeface::text(format!("{name} = {value}"), typeface::mono(12.0), tokens.text_strong));
        }
        if let Some(by) = &record.by {
            let text = format!("Because of record {} of {}", number::count(by.record.get()), by.file);
            ui.add(egui::Label::new(typeface::text(text, typeface::control(), tokens.text_weak)).wrap());
        }
        if alone && Button::new("Trace this record").icon(icon::SEARCH).show(ui).clicked() {
            pressed = true;
        }
    });
    rule(ui);
    ScrollArea::both().id_salt("record on its way").auto_shrink(false).show(ui, |ui| {
        Frame::NONE.inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
            if !record.cells.is_empty() {
                section_header(ui, "Values on the way", "read, now in silver", |_| {});
                Grid::new("values on the way").num_columns(3).show(ui, |ui| {
                    for cell in &record.cells {
                        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "∅".to_owned());
                        let read = if cell.absent { "–".to_owned() } else { shown(&cell.read) };
                        let color = if cell.of_record { tokens.ok } else { tokens.text };
                        ui.label(typeface::text(&cell.column, typeface::mono(12.0), tokens.text_strong));
                        ui.label(typeface::text(read, typeface::mono(12.0), tokens.text));
                        ui.label(typeface::text(shown(&cell.now), typeface::mono(12.0), color));
                        ui.end_row();
                    }
                });
            }
            if !record.record_text.is_empty() {
                section_header(ui, "Record", "personal data is masked", |_| {});
                ui.label(typeface::text(&record.record_text, typeface::mono(12.0), tokens.text));
            }
        });
    });
    pressed
}
