//! The event under the cursor: what became of it, where it came from, and the record as delivered.

use super::words;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, badge, rule, section_header};
use egui::{Frame, Margin, RichText, ScrollArea, Sense, Ui, vec2};
use sluice_api::ExplainedEvent;

/// Width of the names of facts.
const LABEL: f32 = 88.0;

/// Draws it.
pub(crate) fn show(ui: &mut Ui, event: &ExplainedEvent) {
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 0.0;
    Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 10, bottom: 8 }).show(ui, |ui| {
        ui.horizontal(|ui| {
            words::operation(event).mark(ui);
            ui.label(typeface::text(format!("Event {}", event.number), typeface::title(), tokens.text_strong));
        });
        ui.add_space(4.0);
        badge(ui, words::tone(&event.outcome), None, &words::outcome(&event.outcome));
        ui.add_space(6.0);
        let sentence: RichText = typeface::text(words::sentence(event), typeface::body(), tokens.text);
        ui.add(egui::Label::new(sentence).wrap());
        ui.add_space(8.0);
        fact(ui, "Operation", &event.operation);
        fact(ui, "Position", if event.position.is_empty() { "–" } else { &event.position });
        fact(ui, "Batch", &event.batch.to_string());
        fact(ui, "Record", &event.record.to_string());
        fact(ui, "File", &event.file);
        if !event.absent.is_empty() {
            fact(ui, "Leaves out", &event.absent.join(", "));
        }
    });
    rule(ui);
    let pretty = pretty(&event.record_text);
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        section_header(ui, "Record", "personal data is masked", |ui| {
            if Button::new("Copy").icon(icon::CONTENT_COPY).tooltip("The record as it is shown").show(ui).clicked() {
                ui.ctx().copy_text(pretty.clone());
            }
        });
    });
    ScrollArea::both().id_salt("record of the event").auto_shrink(false).show(ui, |ui| {
        Frame::NONE.inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
            let text: RichText = typeface::text(&pretty, typeface::mono(12.0), tokens.text);
            ui.add(egui::Label::new(text).extend());
        });
    });
}

/// With a line for each member, where it is JSON.
fn pretty(record: &str) -> String {
    let value: Result<serde_json::Value, _> = serde_json::from_str(record);
    value.ok().and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| record.to_owned())
}

fn fact(ui: &mut Ui, label: &str, value: &str) {
    let tokens = ui.tokens();
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(LABEL, 20.0), Sense::hover());
        let font = typeface::control();
        ui.painter().text(rect.left_center(), egui::Align2::LEFT_CENTER, label, font, tokens.text_weak);
        let text: RichText = typeface::text(value, typeface::mono(12.0), tokens.text_strong);
        ui.add(egui::Label::new(text).truncate()).on_hover_text(value);
    });
}
