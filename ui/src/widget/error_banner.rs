//! Banners: verdict first, evidence next, action last.

use super::{Button, Tone};
use crate::design::{TokensExt, icon, typeface};
use egui::{Align, Frame, Layout, Margin, Ui, vec2};
use sluice_api::{ApiError, ErrorCode};

/// An error: what happened, what stays safe (empty if `error.next` says it), what to do.
/// Returns true when `Try again` was pressed.
pub fn error_banner(ui: &mut Ui, error: &ApiError, safe: &str) -> bool {
    let tone = if error.code == ErrorCode::Cancelled { Tone::Warn } else { Tone::Fail };
    let mut text = safe.to_owned();
    if !error.next.is_empty() {
        if !text.is_empty() {
            text.push_str(". ");
        }
        text.push_str(&error.next);
    }
    banner(ui, tone, &error.message, &text, Some("Try again"))
}

/// A banner across the width; returns true when its action was pressed.
pub fn banner(ui: &mut Ui, tone: Tone, title: &str, text: &str, action: Option<&str>) -> bool {
    let tokens = ui.tokens();
    let icon = match tone {
        Tone::Fail => icon::ERROR,
        Tone::Warn => icon::WARNING,
        Tone::Ok => icon::CHECK_CIRCLE,
        Tone::Neutral | Tone::Info | Tone::Accent => icon::INFO,
    };
    let frame = Frame::NONE.fill(tone.background(tokens)).inner_margin(Margin::symmetric(12, 8));
    frame
        .show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            let mut pressed = false;
            ui.horizontal_top(|ui| {
                ui.label(typeface::text(icon, typeface::icons(20.0), tone.text(tokens)));
                let room = if action.is_some() { 104.0 } else { 0.0 };
                ui.vertical(|ui| {
                    ui.set_max_width((ui.available_width() - room).max(80.0));
                    ui.add(egui::Label::new(typeface::text(title, typeface::body_strong(), tokens.text_strong)).wrap());
                    if !text.is_empty() {
                        ui.add(egui::Label::new(typeface::text(text, typeface::control(), tokens.text)).wrap());
                    }
                });
                if let Some(label) = action {
                    let room = vec2(ui.available_width(), 24.0);
                    ui.allocate_ui_with_layout(room, Layout::right_to_left(Align::Center), |ui| {
                        pressed = Button::new(label).show(ui).clicked();
                    });
                }
            });
            pressed
        })
        .inner
}
