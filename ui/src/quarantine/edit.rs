//! A record that is corrected: its values by their paths, or its whole text.

use super::record::Record;
use super::state::QuarantineScreen;
use crate::cell::masked_record;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, TextField, Tone, banner, number, rule};
use egui::{Align, Frame, Layout, Margin, ScrollArea, TextEdit, Ui, vec2};
use serde_json::Value;
use sluice_api::QuarantineChange;

/// Height of a value.
const LINE: f32 = 32.0;
/// Widths of the path and of the value that came.
const PATH: f32 = 190.0;
const BEFORE: f32 = 150.0;
/// Width of the field.
const FIELD: f32 = 280.0;

/// A correction that is being written.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    /// The record.
    address: String,
    fields: Vec<Field>,
    /// The whole record as delivered, once it was asked for.
    text: Option<String>,
}

#[derive(Clone, Debug)]
struct Field {
    /// Names of members with dots between them.
    path: String,
    /// The value as it came, as JSON; masked where it is personal.
    before: String,
    is_masked: bool,
    /// What is typed.
    after: String,
    /// A reason is about it.
    is_wrong: bool,
}

impl Edit {
    /// The values of a record, those that are wrong first. `personal`: names of personal columns.
    pub(super) fn of(record: &Record, personal: Option<&[&str]>) -> Self {
        let shown = masked_record(&record.raw, personal);
        let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let mut fields = Vec::new();
        leaves("", &parsed(&shown), &parsed(&record.raw), &mut fields);
        for field in &mut fields {
            let name = field.path.rsplit('.').next().unwrap_or_default();
            field.is_wrong = record.reasons.iter().any(|reason| reason.column.as_deref() == Some(name));
        }
        fields.sort_by_key(|field| !field.is_wrong);
        Self { address: record.address.clone(), fields, text: None }
    }

    /// What changes, or why it is no correction yet.
    fn change(&self, raw: &str) -> Result<QuarantineChange, &'static str> {
        let record = self.address.clone();
        if let Some(text) = &self.text {
            return if text == raw {
                Err("Nothing is changed")
            } else {
                Ok(QuarantineChange::Edit { record, text: text.clone() })
            };
        }
        let changed = self.fields.iter().filter(|field| field.is_changed());
        let values: Vec<(String, String)> =
            changed.map(|field| (field.path.clone(), field.after.trim().to_owned())).collect();
        if values.iter().any(|(_, value)| serde_json::from_str::<Value>(value).is_err()) {
            return Err("Write values as JSON: numbers plain, texts in double quotes, null for nothing");
        }
        if values.is_empty() { Err("Nothing is changed") } else { Ok(QuarantineChange::Set { record, values }) }
    }
}

impl Field {
    fn is_changed(&self) -> bool {
        let after = self.after.trim();
        if self.is_masked { !after.is_empty() } else { after != self.before }
    }
}

/// Every value that is no object, by its path. `shown` is the record as it may be shown, `raw` as it is.
fn leaves(path: &str, shown: &Value, raw: &Value, fields: &mut Vec<Field>) {
    if let (Value::Object(shown), Value::Object(raw)) = (shown, raw) {
        // A name with a dot is no path; such a record is corrected as a whole.
        for (name, value) in shown.iter().filter(|(name, _)| !name.contains('.')) {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            leaves(&path, value, raw.get(name).unwrap_or(&Value::Null), fields);
        }
        return;
    }
    if path.is_empty() {
        return;
    }
    let (before, is_masked) = (shown.to_string(), shown != raw);
    let after = if is_masked { String::new() } else { before.clone() };
    fields.push(Field { path: path.to_owned(), before, is_masked, after, is_wrong: false });
}

/// Draws the correction.
pub(super) fn show(screen: &mut QuarantineScreen, ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(record) = screen.record(cx) else { return };
    let why = screen.why_not();
    let Some(edit) = &mut screen.edit else { return };
    ui.spacing_mut().item_spacing.y = 0.0;
    rule(ui);
    let change = edit.change(&record.raw);
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
                    edit.text = Some(record.raw.clone());
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
    if close {
        screen.edit = None;
    } else if keep && let Ok(change) = change {
        screen.change(cx, change);
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

#[cfg(test)]
mod tests {
    use super::{Edit, Record};
    use sluice_api::{QuarantineChange, QuarantineReason};

    fn record() -> Record {
        let reason = |column: &str| QuarantineReason {
            reason: "TYPE_MISMATCH".to_owned(),
            column: Some(column.to_owned()),
            detail: String::new(),
        };
        Record {
            address: "1:a.json:1".to_owned(),
            status: None,
            reasons: vec![reason("total")],
            batch: None,
            file: String::new(),
            row: None,
            attempts: String::new(),
            by: String::new(),
            because: String::new(),
            at: String::new(),
            raw: r#"{"op":"u","after":{"id":1,"mail":"canary","total":"x","a.b":1}}"#.to_owned(),
        }
    }

    #[test]
    fn what_is_personal_stays_as_it_was_and_out_of_sight() {
        let record = record();
        let mut edit = Edit::of(&record, Some(&["mail"]));
        let paths: Vec<&str> = edit.fields.iter().map(|field| field.path.as_str()).collect();
        assert_eq!(paths, ["after.total", "op", "after.id", "after.mail"], "what is wrong comes first");
        assert!(!format!("{edit:?}").contains("canary"));
        assert!(edit.change(&record.raw).is_err(), "nothing is changed");
        edit.fields[0].after = "five".to_owned();
        assert!(edit.change(&record.raw).unwrap_err().contains("JSON"));
        edit.fields[0].after = " 5 ".to_owned();
        let values = vec![("after.total".to_owned(), "5".to_owned())];
        let expected = QuarantineChange::Set { record: record.address.clone(), values };
        assert_eq!(edit.change(&record.raw), Ok(expected));
        // While nobody knows which columns are personal, nothing is shown.
        assert!(Edit::of(&record, None).fields.is_empty());
    }
}
