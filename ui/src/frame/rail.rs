//! The rail: places at the top, theme and keyboard map at the bottom.

use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::Place;
use egui::{
    Align2, Color32, Id, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};

const ITEM: f32 = 52.0;

/// Draws it.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let tokens = ui.tokens();
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, 0.0, tokens.panel);
    ui.painter().vline(rect.right() - 0.5, rect.y_range(), Stroke::new(1.0, tokens.line));
    let mut y = rect.top() + 4.0;
    for place in Place::ALL {
        let command = Command::Show(place);
        let why = cx.why_not(&command);
        let label = place.row().label;
        let chosen = cx.workspace.place == place && (place == Place::Lake || cx.store.lake().value.is_some());
        let id = if chosen { Id::unique("region rail") } else { ui.scope_id().with(label) };
        let response = item(ui, id, y, command.action().icon, label, chosen, why.is_none());
        let tooltip = match why {
            Some(why) => why.to_owned(),
            None => tooltip(&command),
        };
        if response.on_hover_text(tooltip).clicked() && why.is_none() {
            cx.run(command);
        }
        y += ITEM;
    }
    let theme = if tokens.dark { icon::LIGHT_MODE } else { icon::DARK_MODE };
    let word = if tokens.dark { "Light" } else { "Dark" };
    let y = rect.bottom() - ITEM - 4.0;
    let response = item(ui, ui.scope_id().with("keys"), y, icon::KEYBOARD, "Keys", false, true);
    if response.on_hover_text(tooltip(&Command::KeyMap)).clicked() {
        cx.run(Command::KeyMap);
    }
    let response = item(ui, ui.scope_id().with("theme"), y - ITEM, theme, word, false, true);
    if response.on_hover_text(tooltip(&Command::SwitchTheme)).clicked() {
        cx.run(Command::SwitchTheme);
    }
}

/// Words and key.
fn tooltip(command: &Command) -> String {
    match command.key_text() {
        Some(key) => format!("{}  {key}", command.label()),
        None => command.label(),
    }
}

fn item(ui: &Ui, id: Id, y: f32, icon: char, label: &str, chosen: bool, enabled: bool) -> Response {
    let tokens = ui.tokens();
    let rail = ui.max_rect();
    let rect = Rect::from_min_size(pos2(rail.left(), y), vec2(rail.width() - 1.0, ITEM));
    let response = ui.interact(rect, id, if enabled { Sense::click() } else { Sense::hover() });
    response.widget_info(|| WidgetInfo::selected(Role::Tab, enabled, chosen, label));
    let fill = if chosen || response.hovered() && enabled { tokens.hover } else { Color32::TRANSPARENT };
    ui.painter().rect_filled(rect, 0.0, fill);
    if chosen {
        ui.painter().rect_filled(Rect::from_min_size(rect.min, vec2(2.0, ITEM)), 0.0, tokens.accent);
    }
    if response.has_focus() {
        let stroke = Stroke::new(1.0, tokens.accent);
        ui.painter().rect_stroke(rect.shrink(1.0), 4.0, stroke, StrokeKind::Inside);
    }
    let (icon_color, text_color) = if !enabled {
        (tokens.text_faint.gamma_multiply(0.6), tokens.text_faint)
    } else if chosen {
        (tokens.accent, tokens.text_strong)
    } else {
        (tokens.text_weak, tokens.text_weak)
    };
    let center = rect.center();
    ui.painter().text(center - vec2(0.0, 9.0), Align2::CENTER_CENTER, icon, typeface::icons(20.0), icon_color);
    ui.painter().text(center + vec2(0.0, 12.0), Align2::CENTER_CENTER, label, typeface::caption(), text_color);
    response
}
