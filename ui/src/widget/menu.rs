//! Menus of commands: icon, words, key; a command that cannot run says why.

use super::list_row::paint_row_fill;
use super::{key_cap_width, paint_key_cap, text_clipped};
use crate::command::Command;
use crate::design::{TokensExt, typeface};
use egui::{Align2, Response, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

const WIDTH: f32 = 248.0;
const ROW: f32 = 28.0;

/// A line of a menu.
pub struct MenuItem<'a> {
    icon: char,
    text: &'a str,
    key: Option<String>,
    why: Option<&'a str>,
}

impl<'a> MenuItem<'a> {
    /// A line for `command`, disabled with the reason if `why` is some.
    #[must_use]
    pub fn of(command: &Command, why: Option<&'a str>) -> MenuItem<'a> {
        MenuItem { icon: command.action().icon, text: command.word(), key: command.key_text(), why }
    }

    /// A line for something that is no command of the window.
    #[must_use]
    pub fn new(icon: char, text: &'a str, key: &str) -> Self {
        Self { icon, text, key: Some(key.to_owned()), why: None }
    }

    /// Shows it; true when it was chosen.
    pub fn show(self, ui: &mut Ui) -> bool {
        let tokens = ui.tokens();
        let enabled = self.why.is_none();
        let sense = if enabled { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(vec2(WIDTH, ROW), sense);
        response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, enabled, self.text));
        paint_row_fill(ui, rect, false, &response);
        let color = if enabled { tokens.text } else { tokens.text_faint };
        let y = rect.center().y;
        let at = pos2(rect.left() + 18.0, y);
        ui.painter().text(at, Align2::CENTER_CENTER, self.icon, typeface::icons(16.0), color);
        let mut end = rect.right() - 10.0;
        if let Some(key) = &self.key {
            end -= key_cap_width(ui, key);
            paint_key_cap(ui, pos2(end, y), key);
        }
        let from = rect.left() + 36.0;
        text_clipped(ui, Align2::LEFT_CENTER, pos2(from, y), end - from - 8.0, self.text, typeface::control(), color);
        let chosen = response.clicked();
        if let Some(why) = self.why {
            response.on_hover_text(why);
        }
        chosen
    }
}

/// Opens a menu where `response` is clicked with the secondary button; returns the position of the line chosen.
pub fn menu(response: &Response, items: impl FnOnce() -> Vec<MenuItem<'static>>) -> Option<usize> {
    let mut chosen = None;
    response.context_menu(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (position, item) in items().into_iter().enumerate() {
            if item.show(ui) {
                chosen = Some(position);
                ui.close();
            }
        }
    });
    chosen
}
