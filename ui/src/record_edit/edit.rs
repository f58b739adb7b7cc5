//! A record that is corrected: its values by their paths, or its whole text.

use super::correction::{Correction, Edit, Field};
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, TextField, Tone, banner, number, rule};
use egui::{Align, Frame, Layout, Margin, ScrollArea, TextEdit, Ui, vec2};
use serde_json::Value;

/// Height of a value.
const LINE: f32 = 32.0;
/// Widths of the path and of the value that came.
const PATH: f32 = 190.0;
const BEFORE: f32 = 150.0;
/// Width of the field.
const FIELD: f32 = 280.0;

/// What the person did with a correction in this frame.
pub(crate) enum Done {
    /// They go on.
    Nothing,
    /// It is given up.
    Close,
    /// It is to be kept.
    Keep(Correction),
}

/// Draws the correction of a record that has the text `raw`; `why`: why it cannot be kept.
pub(crate) fn show(ui: &mut Ui, edit: &mut Edit, raw: &str, why: Option<&str>) -> Done {
    ui.spacing_mut().item_spacing.y = 0.0;
    rule(ui);
    let change = edit.change(raw);
    let (mut close, mut keep) = (false, false);
    Frame::NONE.inner_margin(Margin::symmetric(12, 6)).show(ui, |ui| {
        ui.horizontal(|ui| {
            let tokens = ui.tokens();
            ui.label(typeface::text("Correct the record", typeface::header(), tokens.text_strong));
            let changed = edit.fields.iter().filter(|field| field.is_changed()).count() as u64;
            let words = if edit.text.is_some() { "as text".to_owned() } else { number::plural(changed, "value") };
            ui.label(typeface::text(words, typeface::control(), tokens.text_weak));
            let not = change.as_ref().err().copied().or(why);
            keep = Button::new("Keep").name("Keep the correction").primary().disabled(not).show(ui).clicked();
            close = Button::new("Close").name("Close the correction").key("Esc").show(ui).clicked();
            if edit.text.is_none() {
                let button = Button::new("As text, unmasked").quiet().icon(icon::CODE);
                let about = "Shows the record as it was delivered, personal data too";
                if button.show(ui).on_hover_text(about).clicked() {
                    edit.text = Some(raw.to_owned());
                }
            }
        });
    });
    rule(ui);
    match &mut edit.text {
        Some(text) => {
            banner(ui, Tone::Warn, "Nothing is masked here", "The record is shown as it was delivered", None);
            ScrollArea::vertical().id_salt("text of a record").auto_shrink(false).show(ui, |ui| {
                let field = TextEdit::multiline(text).font(typeface::mono(12.0)).desired_width(f32::INFINITY);
                ui.add(field.hint_text("The record as it should have been delivered"));
            });
        }
        None if edit.fields.is_empty() => {
            let text = "The record is no JSON object; correct it as text";
            banner(ui, Tone::Warn, "No single values", text, None);
        }
        None => fields_ui(ui, &mut edit.fields),
    }
    match change {
        _ if close => Done::Close,
        Ok(change) if keep => Done::Keep(change),
        _ => Done::Nothing,
    }
}

fn fields_ui(ui: &mut Ui, fields: &mut [Field]) {
    let area = ScrollArea::vertical().id_salt("values of a record").auto_shrink(false);
    area.show_rows(ui, LINE, fields.len(), |ui, range| {
        for field in fields.get_mut(range).unwrap_or_default() {
            let tokens = ui.tokens();
            let (_, rect) = ui.allocate_space(vec2(ui.available_width(), LINE));
            let layout = Layout::left_to_right(Align::Center);
            let inner = egui::UiBuilder::new().max_rect(rect.shrink2(vec2(12.0, 2.0))).layout(layout);
            let mut line = ui.new_child(inner.id_salt(&field.path));
            let color = if field.is_wrong { tokens.warn } else { tokens.text_strong };
            for (text, color, width) in [(&field.path, color, PATH), (&field.before, tokens.text_weak, BEFORE)] {
                line.allocate_ui_with_layout(vec2(width, LINE), layout, |ui| {
                    ui.set_width(width);
                    ui.add(egui::Label::new(typeface::text(text, typeface::mono(12.0), color)).truncate());
                });
            }
            let name = format!("New value of {}", field.path);
            let is_json = !field.is_changed() || serde_json::from_str::<Value>(field.after.trim()).is_ok();
            let hint = if field.is_masked { "personal, as it was" } else { "null" };
            let text = TextField::new(&mut field.after, &name).hint(hint).mono().invalid(!is_json);
            text.width(FIELD).show(&mut line);
        }
    });
}
