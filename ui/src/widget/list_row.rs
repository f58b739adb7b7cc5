//! A row of a list: icon, text, note, and something at the right; 24 high.

use super::icon_text::text_clipped;
use crate::command::letters_act_in;
use crate::design::{TokensExt, typeface};
use egui::{
    Align2, Color32, CornerRadius, FontId, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role,
    pos2, vec2,
};

/// Share of a row that its text and note have at least, as far as they need it; the words at the right are cut before.
const TEXT_SHARE: f32 = 0.5;

/// A selectable row.
pub struct ListRow<'a> {
    text: &'a str,
    font: FontId,
    color: Option<Color32>,
    note: &'a str,
    right: Vec<(String, Color32)>,
    icon: Option<(char, Color32)>,
    selected: bool,
    height: f32,
    name: Option<String>,
    padding: f32,
}

impl<'a> ListRow<'a> {
    /// A row with text.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            font: typeface::control(),
            color: None,
            note: "",
            right: Vec::new(),
            icon: None,
            selected: false,
            height: 24.0,
            name: None,
            padding: 12.0,
        }
    }

    /// Mono text: names of columns, paths, keys.
    #[must_use]
    pub fn mono(self) -> Self {
        Self { font: typeface::mono(12.0), ..self }
    }

    /// Another colour of the text.
    #[must_use]
    pub fn color(self, color: Color32) -> Self {
        Self { color: Some(color), ..self }
    }

    /// Weak text after it.
    #[must_use]
    pub fn note(self, note: &'a str) -> Self {
        Self { note, ..self }
    }

    /// A number or word at the right end, mono. Called again, the next stands left of it.
    #[must_use]
    pub fn right(mut self, text: impl Into<String>, color: Color32) -> Self {
        self.right.push((text.into(), color));
        self
    }

    /// An icon before the text.
    #[must_use]
    pub fn icon(self, icon: char, color: Color32) -> Self {
        Self { icon: Some((icon, color)), ..self }
    }

    /// Selected.
    #[must_use]
    pub fn selected(self, selected: bool) -> Self {
        Self { selected, ..self }
    }

    /// 28 with icon, 40 with two lines; else 24.
    #[must_use]
    pub fn height(self, height: f32) -> Self {
        Self { height, ..self }
    }

    /// Another accessible name than text and note.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Padding left and right, 12 by default.
    #[must_use]
    pub fn padding(self, padding: f32) -> Self {
        Self { padding, ..self }
    }

    /// Shows it across the available width.
    pub fn show(self, ui: &mut Ui) -> Response {
        let tokens = ui.tokens();
        let size = vec2(ui.available_width(), self.height);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        let name = self.name.clone().unwrap_or_else(|| {
            let mut words = vec![self.text.to_owned()];
            if !self.note.is_empty() {
                words.push(self.note.to_owned());
            }
            words.extend(self.right.iter().rev().map(|(text, _)| text.clone()));
            words.join(" ")
        });
        let selected = self.selected;
        response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, selected, &name));
        if !ui.is_rect_visible(rect) {
            return response;
        }
        paint_row_fill(ui, rect, selected, &response);
        let y = rect.center().y;
        let mut x = rect.left() + self.padding;
        if let Some((icon, color)) = self.icon {
            ui.painter().text(pos2(x + 7.0, y), Align2::CENTER_CENTER, icon, typeface::icons(14.0), color);
            x += 22.0;
        }
        let mut end = rect.right() - self.padding;
        // However long the words at the right are, the text of the row is read first.
        let note = if self.note.is_empty() { 0.0 } else { text_width(ui, self.note, typeface::control()) + 8.0 };
        let own = text_width(ui, self.text, self.font.clone()) + note + 12.0;
        let own = own.min((end - x) * TEXT_SHARE);
        for (text, color) in &self.right {
            let width = text_width(ui, text, typeface::mono(12.0)) + 1.0;
            let width = width.min((end - x - own).max(0.0));
            text_clipped(ui, Align2::LEFT_CENTER, pos2(end - width, y), width, text, typeface::mono(12.0), *color);
            end -= width + 12.0;
        }
        let color = self.color.unwrap_or(if selected { tokens.text_strong } else { tokens.text });
        x += text_clipped(ui, Align2::LEFT_CENTER, pos2(x, y), end - x, self.text, self.font, color) + 8.0;
        if !self.note.is_empty() {
            let color = tokens.text_weak;
            text_clipped(ui, Align2::LEFT_CENTER, pos2(x, y), end - x, self.note, typeface::control(), color);
        }
        response
    }
}

/// Width of a text in one line.
fn text_width(ui: &Ui, text: &str, font: FontId) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), font, Color32::WHITE).size().x
}

/// The fill and focus border of rows in lists and trees.
pub(crate) fn paint_row_fill(ui: &Ui, rect: Rect, selected: bool, response: &Response) {
    if response.has_focus() {
        letters_act_in(ui.ctx(), response.id);
    }
    let tokens = ui.tokens();
    let fill = if selected {
        tokens.selection
    } else if response.is_pointer_button_down_on() {
        tokens.active
    } else if response.hovered() {
        tokens.hover
    } else {
        Color32::TRANSPARENT
    };
    ui.painter().rect_filled(rect, CornerRadius::ZERO, fill);
    if response.has_focus() {
        let stroke = Stroke::new(1.0, tokens.accent);
        ui.painter().rect_stroke(rect, CornerRadius::ZERO, stroke, StrokeKind::Inside);
    }
}
