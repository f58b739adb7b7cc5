//! The problems of the text above, in a place of fixed height: what one types stays where it is.

use crate::code::{CodeNote, go_to, position_of};
use crate::design::{TokensExt, icon};
use crate::widget::{ListRow, rule};
use egui::{Id, ScrollArea, Ui};

/// Height of the place.
pub(super) const HEIGHT: f32 = 80.0;

/// Draws them; a click goes to the place in the editor `id`.
pub(super) fn show(ui: &mut Ui, notes: &[CodeNote], text: &str, id: Id) {
    let tokens = ui.tokens();
    ui.painter().rect_filled(ui.max_rect(), 0.0, tokens.panel);
    ui.spacing_mut().item_spacing.y = 0.0;
    rule(ui);
    ScrollArea::vertical().id_salt("problems").auto_shrink(false).show(ui, |ui| {
        if notes.is_empty() {
            ListRow::new("No problems").icon(icon::CHECK, tokens.text_weak).color(tokens.text_weak).show(ui);
        }
        for note in notes {
            let words = format!("{}:{} {}", note.line, note.column, note.text);
            let row = ListRow::new(&words).icon(icon::ERROR, tokens.fail).name(words.clone());
            if row.show(ui).on_hover_text(&words).clicked() {
                go_to(ui.ctx(), id, position_of(text, note.line, note.column));
            }
        }
    });
}
