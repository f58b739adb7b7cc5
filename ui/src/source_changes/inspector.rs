//! One change: evidence, then what can be decided.

use super::words;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, number, panel_header, rule};
use egui::{Frame, Margin, ScrollArea, Ui};
use sluice_api::{SourceChangeView, SourceChoice};

/// Draws it; what was decided. `alike` are the open changes that are like it, it among them.
pub(super) fn show(
    ui: &mut Ui,
    view: &SourceChangeView,
    alike: &[&SourceChangeView],
    pending: bool,
) -> Option<Vec<SourceChoice>> {
    let mut chosen = None;
    ui.spacing_mut().item_spacing.y = 4.0;
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        panel_header(ui, words::change(view.change), &view.address(), |_| {});
    });
    rule(ui);
    ScrollArea::vertical().id_salt("source change").auto_shrink(false).show(ui, |ui| {
        Frame::NONE.inner_margin(Margin::same(12)).show(ui, |ui| {
            facts(ui, view);
            if let Some(proposal) = &view.proposal {
                ui.add_space(8.0);
                strong(ui, &words::proposed(proposal));
                for reason in &proposal.evidence {
                    weak(ui, reason);
                }
                ui.add_space(8.0);
                let why = pending.then_some("A decision is being written");
                let label = words::decide(proposal.decision);
                if Button::new(label).primary().disabled(why).show(ui).clicked() {
                    chosen = Some(vec![words::choice(view, None)]);
                }
                if alike.len() > 1 {
                    let label = format!("Same for {} tables", number::count(alike.len() as u64));
                    let tip = "Every open change of this column with this proposal";
                    if Button::new(&label).icon(icon::CHECK).tooltip(tip).disabled(why).show(ui).clicked() {
                        chosen = Some(alike.iter().map(|other| words::choice(other, None)).collect());
                    }
                }
                for decision in words::others(view) {
                    if Button::new(words::decide(decision)).disabled(why).show(ui).clicked() {
                        chosen = Some(vec![words::choice(view, Some(decision))]);
                    }
                }
            }
        });
    });
    chosen
}

fn facts(ui: &mut Ui, view: &SourceChangeView) {
    let place = match view.record {
        Some(record) => format!("record {} of {}", number::count(record.get()), view.file),
        None => view.file.clone(),
    };
    let records = number::plural(view.records, "record");
    weak(ui, &format!("{records} of batch {}, seen {}", view.batch, number::short_time(view.seen_ms)));
    weak(ui, &format!("First in {place}"));
    if !view.examples.is_empty() {
        let masked = if view.masked { ", masked" } else { "" };
        weak(ui, &format!("Values{masked}"));
        for example in &view.examples {
            mono(ui, example);
        }
    }
    match view.readers.as_slice() {
        [] => weak(ui, "Nobody reads it"),
        readers => {
            weak(ui, "Read by");
            readers.iter().for_each(|reader| mono(ui, reader));
        }
    }
    if !view.is_open() {
        strong(ui, &words::state(view));
    }
}

fn weak(ui: &mut Ui, text: &str) {
    let color = ui.tokens().text_weak;
    ui.label(typeface::text(text, typeface::control(), color));
}

fn strong(ui: &mut Ui, text: &str) {
    let color = ui.tokens().text_strong;
    ui.label(typeface::text(text, typeface::body_strong(), color));
}

fn mono(ui: &mut Ui, text: &str) {
    let color = ui.tokens().text;
    ui.label(typeface::text(text, typeface::mono(12.0), color));
}
