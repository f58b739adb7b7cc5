//! Headline numbers.

use super::Tone;
use crate::design::{TokensExt, typeface};
use egui::{Response, Ui};

/// A headline number with what it counts below it; the response covers both.
pub fn stat(ui: &mut Ui, icon: Option<char>, tone: Tone, value: &str, label: &str) -> Response {
    let tokens = ui.tokens();
    let color = if tone == Tone::Neutral { tokens.text_strong } else { tone.text(tokens) };
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            if let Some(icon) = icon {
                ui.label(typeface::text(icon, typeface::icons(16.0), color));
            }
            ui.label(typeface::text(value, typeface::mono_strong(15.0), color));
        });
        ui.label(typeface::text(label, typeface::control(), tokens.text_weak));
    })
    .response
}
