//! Headers of panels and of sections inside them.

use crate::design::{TokensExt, typeface};
use egui::{Align, Layout, Ui, UiBuilder, vec2};

/// A panel header, 32 high: title, a count beside it, and controls at the right (added right to left).
pub fn panel_header<R>(ui: &mut Ui, title: &str, note: &str, controls: impl FnOnce(&mut Ui) -> R) -> R {
    header(ui, 32.0, title, note, controls)
}

/// A section header, 28 high, without padding at its sides.
pub fn section_header<R>(ui: &mut Ui, title: &str, note: &str, controls: impl FnOnce(&mut Ui) -> R) -> R {
    header(ui, 28.0, title, note, controls)
}

fn header<R>(ui: &mut Ui, height: f32, title: &str, note: &str, controls: impl FnOnce(&mut Ui) -> R) -> R {
    let tokens = ui.tokens();
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), height));
    let mut left = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)));
    left.label(typeface::text(title, typeface::header(), tokens.text_strong));
    if !note.is_empty() {
        left.label(typeface::text(note, typeface::control(), tokens.text_weak));
    }
    let mut right = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::right_to_left(Align::Center)));
    controls(&mut right)
}
