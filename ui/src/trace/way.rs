//! The way of a file: its stages as boxes, with how many records reached each.

use crate::design::{TokensExt, typeface};
use crate::widget::{Tone, number};
use egui::{Align2, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use sluice_api::{Trace, TraceStage};

const HEIGHT: f32 = 84.0;
const BOX: egui::Vec2 = egui::Vec2::new(132.0, 52.0);
const GAP: f32 = 28.0;

/// Name, what it has, and its tone.
type Step = (&'static str, String, Tone);

fn steps(trace: &Trace) -> Vec<Step> {
    let counts = &trace.counts;
    let reached = |stage: TraceStage| trace.stage >= stage;
    let mut steps: Vec<Step> = vec![("Landed", number::bytes(trace.size), Tone::Neutral)];
    let batch = trace.batch.map_or_else(|| "waits for a batch".to_owned(), |batch| format!("batch {batch}"));
    steps.push(("Claimed", batch, if trace.batch.is_some() { Tone::Neutral } else { Tone::Warn }));
    steps.push(match reached(TraceStage::Bronze) {
        true => ("Bronze", number::plural(counts.records, "record"), Tone::Neutral),
        false => ("Bronze", "not yet".to_owned(), Tone::Warn),
    });
    if counts.quarantined > 0 {
        steps.push(("Quarantine", number::plural(counts.quarantined, "record"), Tone::Warn));
    }
    steps.push(match (reached(TraceStage::Silver), trace.silver_version) {
        (true, Some(version)) if trace.record.is_none() => {
            ("Silver", format!("{} applied, v{version}", number::count(counts.applied)), Tone::Ok)
        }
        (true, Some(version)) if counts.applied > 0 => ("Silver", format!("applied, v{version}"), Tone::Ok),
        (true, _) => ("Silver", "not shown".to_owned(), Tone::Neutral),
        (false, _) => ("Silver", "not yet".to_owned(), Tone::Warn),
    });
    if !trace.gold.is_empty() {
        steps.push(("Gold", number::plural(trace.gold.len() as u64, "model"), Tone::Neutral));
    }
    steps
}

/// Draws it.
pub(super) fn show(ui: &mut Ui, trace: &Trace) {
    let tokens = ui.tokens();
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let mut left = rect.left() + 12.0;
    for (position, (name, what, tone)) in steps(trace).into_iter().enumerate() {
        let at = Rect::from_min_size(pos2(left, rect.center().y - BOX.y / 2.0), BOX);
        if position > 0 {
            let from = pos2(at.left() - GAP + 4.0, at.center().y);
            ui.painter().line_segment([from, pos2(at.left() - 4.0, at.center().y)], Stroke::new(1.0, tokens.text_weak));
        }
        let painter = ui.painter();
        let color = if tone == Tone::Neutral { tokens.line_strong } else { tone.text(tokens) };
        painter.rect(at, 2.0, tokens.raised, Stroke::new(1.0, color), StrokeKind::Inside);
        let title = pos2(at.left() + 8.0, at.top() + 16.0);
        painter.text(title, Align2::LEFT_CENTER, name, typeface::body_strong(), tokens.text_strong);
        let below = pos2(at.left() + 8.0, at.bottom() - 16.0);
        painter.with_clip_rect(at.shrink(2.0)).text(
            below,
            Align2::LEFT_CENTER,
            &what,
            typeface::control(),
            tokens.text,
        );
        let response = ui.interact(at, ui.scope_id().with(("stage", name)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}: {what}")));
        left += BOX.x + GAP;
    }
}
