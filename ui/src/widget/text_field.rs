//! Text fields.

use super::key_cap::{key_cap_width, paint_key_cap};
use crate::design::{TokensExt, typeface};
use egui::{
    Align2, CornerRadius, FontId, Frame, Id, Key, Margin, Rect, Response, Sense, Stroke, StrokeKind, TextEdit, Ui,
    UiBuilder, pos2, vec2,
};

/// Id of the filter of the panel in front, which [`crate::command::Command::FocusFilter`] focuses.
pub const FILTER: &str = "tree filter";

/// A single-line text field with its accessible name.
pub struct TextField<'a> {
    text: &'a mut String,
    name: &'a str,
    hint: &'a str,
    icon: Option<char>,
    key: Option<&'a str>,
    prefix: Option<&'a str>,
    font: FontId,
    width: Option<f32>,
    height: f32,
    id: Option<Id>,
    invalid: bool,
}

impl<'a> TextField<'a> {
    /// A field for `text` called `name` by assistive technology.
    #[must_use]
    pub fn new(text: &'a mut String, name: &'a str) -> Self {
        Self {
            text,
            name,
            hint: "",
            icon: None,
            key: None,
            prefix: None,
            font: typeface::control(),
            width: None,
            height: 24.0,
            id: None,
            invalid: false,
        }
    }

    /// Faint text while empty.
    #[must_use]
    pub fn hint(self, hint: &'a str) -> Self {
        Self { hint, ..self }
    }

    /// An icon inside, left.
    #[must_use]
    pub fn icon(self, icon: char) -> Self {
        Self { icon: Some(icon), ..self }
    }

    /// A key cap inside, right, while empty.
    #[must_use]
    pub fn key(self, key: &'a str) -> Self {
        Self { key: Some(key), ..self }
    }

    /// A coloured word before the text, for example `WHERE`.
    #[must_use]
    pub fn prefix(self, prefix: &'a str) -> Self {
        Self { prefix: Some(prefix), ..self }
    }

    /// Mono text.
    #[must_use]
    pub fn mono(self) -> Self {
        Self { font: typeface::mono(12.0), ..self }
    }

    /// A fixed width; else all that is available.
    #[must_use]
    pub fn width(self, width: f32) -> Self {
        Self { width: Some(width), ..self }
    }

    /// 32 in forms; else 24.
    #[must_use]
    pub fn height(self, height: f32) -> Self {
        Self { height, ..self }
    }

    /// A fixed id, so that a command can focus it.
    #[must_use]
    pub fn id(self, id: Id) -> Self {
        Self { id: Some(id), ..self }
    }

    /// Its content is wrong.
    #[must_use]
    pub fn invalid(self, invalid: bool) -> Self {
        Self { invalid, ..self }
    }

    /// Shows it; the response is that of the text.
    pub fn show(self, ui: &mut Ui) -> Response {
        let tokens = ui.tokens();
        let width = self.width.unwrap_or_else(|| ui.available_width());
        let (rect, _) = ui.allocate_exact_size(vec2(width, self.height), Sense::hover());
        ui.painter().rect_filled(rect, CornerRadius::same(4), tokens.canvas);
        let mut inner = rect.shrink2(vec2(8.0, 0.0));
        if let Some(icon) = self.icon {
            let at = pos2(inner.left() + 7.0, rect.center().y);
            ui.painter().text(at, Align2::CENTER_CENTER, icon, typeface::icons(14.0), tokens.text_weak);
            inner.min.x += 22.0;
        }
        if let Some(prefix) = self.prefix {
            let at = pos2(inner.left(), rect.center().y);
            let painted = ui.painter().text(at, Align2::LEFT_CENTER, prefix, typeface::mono(12.0), tokens.info);
            inner.min.x = painted.right() + 8.0;
        }
        let cap = self.key.filter(|_| self.text.is_empty());
        if let Some(key) = cap {
            let width = key_cap_width(ui, key);
            paint_key_cap(ui, pos2(rect.right() - width - 4.0, rect.center().y), key);
            inner.max.x -= width;
        }
        let mut child = ui.new_child(UiBuilder::new().max_rect(inner));
        let hint = typeface::text(self.hint, self.font.clone(), tokens.text_faint);
        let row_height = ui.ctx().fonts_mut(|fonts| fonts.row_height(&self.font));
        #[expect(clippy::cast_possible_truncation, reason = "a field is a few points high")]
        let pad = ((self.height - row_height) / 2.0).floor().max(0.0) as i8;
        let mut edit = TextEdit::singleline(self.text)
            .font(self.font)
            .text_color(tokens.text_strong)
            .hint_text(hint)
            .frame(Frame::NONE)
            .background_color(egui::Color32::TRANSPARENT)
            .margin(Margin { left: 0, right: 0, top: pad, bottom: pad })
            .align(Align2::LEFT_CENTER)
            .desired_width(inner.width());
        if let Some(id) = self.id {
            edit = edit.id(id);
        }
        let response = child.put(Rect::from_min_size(inner.min, inner.size()), edit).accessible_name(self.name);
        let stroke = if self.invalid {
            Stroke::new(if response.has_focus() { 2.0 } else { 1.0 }, tokens.fail)
        } else if response.has_focus() {
            Stroke::new(2.0, tokens.accent)
        } else {
            Stroke::new(1.0, tokens.line_strong)
        };
        ui.painter().rect_stroke(rect, CornerRadius::same(4), stroke, StrokeKind::Inside);
        response
    }
}

/// Whether Enter was pressed in a field. It keeps the focus: what was entered may be refused, and what is typed next is
/// still its text and no shortcut.
#[must_use]
pub fn entered(ui: &Ui, field: &Response) -> bool {
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if entered {
        field.request_focus();
    }
    entered
}
