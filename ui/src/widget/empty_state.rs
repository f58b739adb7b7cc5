//! What a screen shows when there is nothing yet.

use super::Button;
use crate::design::{TokensExt, typeface};
use egui::{Align2, Response, Sense, Ui, vec2};

/// An icon, a title, a sentence and perhaps one action, in the middle.
pub struct EmptyState<'a> {
    /// Icon, 20.
    pub icon: char,
    /// What is the matter, sentence case.
    pub title: &'a str,
    /// What to do about it.
    pub text: &'a str,
    /// Label of the button, if any.
    pub action: Option<&'a str>,
}

impl EmptyState<'_> {
    /// Shows it in the middle of what is available; returns the button's response.
    pub fn show(self, ui: &mut Ui) -> Option<Response> {
        let tokens = ui.tokens();
        let height = if self.action.is_some() { 128.0 } else { 88.0 };
        let space = (ui.available_height() - height).max(0.0) * 0.4;
        ui.add_space(space);
        ui.vertical_centered(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(32.0, 32.0), Sense::hover());
            let font = typeface::icons(20.0);
            ui.painter().text(rect.center(), Align2::CENTER_CENTER, self.icon, font, tokens.text_weak);
            ui.label(typeface::text(self.title, typeface::body_strong(), tokens.text_strong));
            ui.label(typeface::text(self.text, typeface::control(), tokens.text_weak));
            self.action.map(|label| {
                ui.add_space(12.0);
                Button::new(label).show(ui)
            })
        })
        .inner
    }
}
