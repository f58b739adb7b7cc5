//! Buttons: plain, primary, quiet, icon only.

use super::key_cap::{key_cap_width, paint_key_cap, paint_key_cap_in};
use crate::command::Command;
use crate::design::{Tokens, TokensExt, typeface};
use egui::{
    Align2, Color32, CornerRadius, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    Primary,
    Quiet,
}

/// A button. `…` at the end of the label says that a dialog follows.
pub struct Button<'a> {
    label: &'a str,
    name: &'a str,
    icon: Option<char>,
    icon_color: Option<Color32>,
    icon_size: f32,
    key: Option<String>,
    tooltip: Option<String>,
    kind: Kind,
    height: f32,
    selected: bool,
    disabled: Option<&'a str>,
    width: Option<f32>,
}

impl<'a> Button<'a> {
    /// A button with a label.
    #[must_use]
    pub fn new(label: &'a str) -> Self {
        Self {
            label,
            name: label,
            icon: None,
            icon_color: None,
            icon_size: 16.0,
            key: None,
            tooltip: None,
            kind: Kind::Plain,
            height: 24.0,
            selected: false,
            disabled: None,
            width: None,
        }
    }

    /// A button of a command: its word, icon, tooltip and key.
    #[must_use]
    pub fn of(command: &Command) -> Self {
        let action = command.action();
        let tooltip = (!action.tooltip.is_empty()).then(|| action.tooltip.to_owned());
        Self { icon: Some(action.icon), key: command.key_text(), tooltip, ..Self::new(command.word()) }
    }

    /// A button of a command that is its icon alone; its words and key are the tooltip.
    #[must_use]
    pub fn icon_of(command: &Command) -> Self {
        Self { key: command.key_text(), ..Self::icon_only(command.action().icon, command.action().text) }
    }

    /// A button of one icon. `name` is its accessible name and its tooltip.
    #[must_use]
    pub fn icon_only(icon: char, name: &'a str) -> Self {
        Self { label: "", name, icon: Some(icon), kind: Kind::Quiet, tooltip: Some(name.to_owned()), ..Self::new("") }
    }

    /// The one primary button of a screen.
    #[must_use]
    pub fn primary(self) -> Self {
        Self { kind: Kind::Primary, ..self }
    }

    /// No fill until hovered.
    #[must_use]
    pub fn quiet(self) -> Self {
        Self { kind: Kind::Quiet, ..self }
    }

    /// An icon before the label.
    #[must_use]
    pub fn icon(self, icon: char) -> Self {
        Self { icon: Some(icon), ..self }
    }

    /// Another colour for the icon.
    #[must_use]
    pub fn icon_color(self, color: Color32) -> Self {
        Self { icon_color: Some(color), ..self }
    }

    /// Another size for the icon: 14 in rows, 16, 20 in rail and banners.
    #[must_use]
    pub fn icon_size(self, size: f32) -> Self {
        Self { icon_size: size, ..self }
    }

    /// A key cap after the label; on an icon it goes into the tooltip.
    #[must_use]
    pub fn key(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// The key of a command, if it has one.
    #[must_use]
    pub fn key_of(self, command: &Command) -> Self {
        Self { key: command.key_text(), ..self }
    }

    /// A tooltip.
    #[must_use]
    pub fn tooltip(self, text: impl Into<String>) -> Self {
        Self { tooltip: Some(text.into()), ..self }
    }

    /// Another accessible name than the label.
    #[must_use]
    pub fn name(self, name: &'a str) -> Self {
        Self { name, ..self }
    }

    /// 32 in forms and confirm, 20 inside a cell; else 24.
    #[must_use]
    pub fn height(self, height: f32) -> Self {
        Self { height, ..self }
    }

    /// A fixed width.
    #[must_use]
    pub fn width(self, width: f32) -> Self {
        Self { width: Some(width), ..self }
    }

    /// Pressed in.
    #[must_use]
    pub fn selected(self, selected: bool) -> Self {
        Self { selected, ..self }
    }

    /// Disabled with the reason as tooltip when `why` is some.
    #[must_use]
    pub fn disabled(self, why: Option<&'a str>) -> Self {
        Self { disabled: why, ..self }
    }

    /// Shows it.
    pub fn show(self, ui: &mut Ui) -> Response {
        let tokens = ui.tokens();
        let enabled = self.disabled.is_none() && ui.is_enabled();
        let galley =
            ui.painter().layout_no_wrap(self.label.to_owned(), typeface::control_medium(), Color32::PLACEHOLDER);
        let has_label = !self.label.is_empty();
        let icon_width = self.icon.map_or(0.0, |_| self.icon_size);
        let icon_gap = if has_label && self.icon.is_some() { 6.0 } else { 0.0 };
        let padding = if has_label { 8.0 } else { (self.height - icon_width).max(0.0) / 2.0 };
        let cap = self.key.as_ref().filter(|_| has_label);
        let cap_width = cap.map_or(0.0, |key| key_cap_width(ui, key) + 8.0);
        let natural = padding * 2.0 + icon_width + icon_gap + galley.size().x + cap_width;
        let size = vec2(self.width.unwrap_or(natural), self.height);
        let sense = if enabled { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(size, sense);
        let (name, selected) = (self.name, self.selected);
        response.widget_info(|| {
            if selected {
                WidgetInfo::selected(Role::Button, enabled, true, name)
            } else {
                WidgetInfo::labeled(Role::Button, enabled, name)
            }
        });
        if ui.is_rect_visible(rect) {
            let (fill, text) = self.colors(tokens, enabled, &response);
            let painter = ui.painter();
            painter.rect_filled(rect, CornerRadius::same(4), fill);
            if response.has_focus() {
                let stroke = Stroke::new(1.0, tokens.accent);
                painter.rect_stroke(rect, CornerRadius::same(4), stroke, StrokeKind::Inside);
            }
            let mut x = match self.width {
                Some(width) => rect.left() + (width - natural).max(0.0) / 2.0 + padding,
                None => rect.left() + padding,
            };
            if let Some(icon) = self.icon {
                let color = if enabled { self.icon_color.unwrap_or(text) } else { text };
                let center = pos2(x + icon_width / 2.0, rect.center().y);
                painter.text(center, Align2::CENTER_CENTER, icon, typeface::icons(self.icon_size), color);
                x += icon_width + icon_gap;
            }
            let width = galley.size().x;
            painter.galley(pos2(x, rect.center().y - galley.size().y / 2.0), galley, text);
            if let Some(key) = cap {
                let at = pos2(x + width + 8.0, rect.center().y);
                if enabled && self.kind == Kind::Primary {
                    let on_fill = tokens.on_accent.gamma_multiply(0.85);
                    paint_key_cap_in(ui, at, key, on_fill, on_fill);
                } else {
                    paint_key_cap(ui, at, key);
                }
            }
        }
        let tooltip = match (self.disabled, self.tooltip, self.key.filter(|_| !has_label)) {
            (Some(why), _, _) => Some(why.to_owned()),
            (None, Some(text), Some(key)) => Some(format!("{text}  {key}")),
            (None, Some(text), None) => Some(text),
            (None, None, _) => None,
        };
        match tooltip {
            Some(text) => response.on_hover_text(text),
            None => response,
        }
    }

    fn colors(&self, tokens: &Tokens, enabled: bool, response: &Response) -> (Color32, Color32) {
        let pressed = response.is_pointer_button_down_on();
        let hovered = response.hovered();
        if !enabled {
            return (Color32::TRANSPARENT, tokens.text_faint);
        }
        match self.kind {
            Kind::Primary => {
                let fill = if pressed {
                    tokens.accent_fill.gamma_multiply(0.8)
                } else if hovered {
                    tokens.accent_fill.gamma_multiply(0.9)
                } else {
                    tokens.accent_fill
                };
                (fill, tokens.on_accent)
            }
            Kind::Plain => {
                let fill = if pressed || self.selected {
                    tokens.active
                } else if hovered {
                    tokens.hover
                } else {
                    tokens.raised
                };
                (fill, tokens.text_strong)
            }
            Kind::Quiet => {
                let fill = if pressed || self.selected {
                    tokens.active
                } else if hovered {
                    tokens.hover
                } else {
                    Color32::TRANSPARENT
                };
                (fill, if hovered || pressed { tokens.text_strong } else { tokens.text })
            }
        }
    }
}
