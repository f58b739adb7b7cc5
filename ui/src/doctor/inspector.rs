//! The finding under the cursor: what it means, what to do, by batch, and its first places.

use super::words;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, badge, number, rule, section_header};
use egui::{Frame, Margin, RichText, ScrollArea, Sense, Ui, pos2, vec2};
use sluice_api::{DoctorReport, FEED_CHECKS, Finding, FindingExample};

/// Height of the bars of batches.
const BARS: f32 = 40.0;

/// Draws it.
pub(super) fn show(ui: &mut Ui, report: &DoctorReport, finding: &Finding) {
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 0.0;
    Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 10, bottom: 8 }).show(ui, |ui| {
        ui.label(typeface::text(finding.code.as_str(), typeface::mono_strong(15.0), tokens.text_strong));
        ui.add_space(4.0);
        badge(ui, words::tone(finding.severity), None, finding.severity.as_str());
        ui.add_space(4.0);
        let of = format!("Check {} of {FEED_CHECKS}, {}", finding.code.check(), words::counts(report, finding));
        ui.label(typeface::text(of, typeface::control(), tokens.text_weak));
        ui.add_space(6.0);
        wrapped(ui, &finding.sentence);
    });
    rule(ui);
    Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 0, bottom: 8 }).show(ui, |ui| {
        section_header(ui, "What to do", "", |_| {});
        wrapped(ui, &finding.advice);
        ui.add_space(4.0);
        ui.label(typeface::text(&finding.help, typeface::mono(12.0), tokens.text_weak));
    });
    rule(ui);
    if finding.by_batch.len() > 1 {
        bars(ui, report, finding);
    }
    ScrollArea::vertical().id_salt("places of the finding").auto_shrink(false).show(ui, |ui| {
        Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 0, bottom: 8 }).show(ui, |ui| {
            let shown = format!("{} of {}", finding.examples.len(), number::count(finding.count));
            section_header(ui, "First places", &shown, |_| {});
            for (number, example) in finding.examples.iter().enumerate() {
                ui.push_id(number, |ui| place(ui, example));
            }
        });
    });
}

fn wrapped(ui: &mut Ui, text: &str) {
    let text: RichText = typeface::text(text, typeface::body(), ui.tokens().text);
    ui.add(egui::Label::new(text).wrap());
}

fn place(ui: &mut Ui, example: &FindingExample) {
    let tokens = ui.tokens();
    let record = example.record.map_or_else(String::new, |record| format!(":{record}"));
    let batch = example.batch.map_or_else(String::new, |batch| format!("batch {batch}, "));
    let file = example.file.rsplit('/').next().unwrap_or(&example.file);
    let at: RichText = typeface::text(format!("{batch}{file}{record}"), typeface::mono(12.0), tokens.text_strong);
    ui.add(egui::Label::new(at).truncate()).on_hover_text(&example.file);
    wrapped(ui, &example.detail);
    if !example.record_text.is_empty() {
        let text: RichText = typeface::text(&example.record_text, typeface::mono(12.0), tokens.text_weak);
        ui.add(egui::Label::new(text).truncate()).on_hover_text(&example.record_text);
        if Button::new("Copy").icon(icon::CONTENT_COPY).tooltip("The record as it is shown").show(ui).clicked() {
            ui.ctx().copy_text(example.record_text.clone());
        }
    }
    ui.add_space(8.0);
}

/// One bar per batch, from the first to the last that was read.
#[expect(clippy::cast_precision_loss, reason = "shares of a bar")]
fn bars(ui: &mut Ui, report: &DoctorReport, finding: &Finding) {
    let tokens = ui.tokens();
    let (first, last) = report.batches.unwrap_or((1, report.files.max(1)));
    let most = finding.by_batch.values().copied().max().unwrap_or(1).max(1);
    Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 0, bottom: 8 }).show(ui, |ui| {
        let by = if report.batches.is_some() { "By batch" } else { "By file" };
        section_header(ui, by, &format!("{first} to {last}"), |_| {});
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), BARS), Sense::hover());
        let step = rect.width() / (last.saturating_sub(first) + 1) as f32;
        let color = words::tone(finding.severity).text(tokens);
        for (batch, count) in &finding.by_batch {
            let left = rect.left() + batch.saturating_sub(first) as f32 * step;
            let height = (*count as f32 / most as f32 * BARS).max(2.0);
            let top = pos2(left, rect.bottom() - height);
            let bar = egui::Rect::from_min_max(top, pos2((left + step - 1.0).max(left + 1.0), rect.bottom()));
            ui.painter().rect_filled(bar, 0.0, color);
        }
    });
    rule(ui);
}
