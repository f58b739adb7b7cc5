//! Tabs of the centre. They keep a width that can be read; those that do not fit are scrolled.

use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::text_clipped;
use egui::{
    Align2, Color32, Id, PointerButton, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role,
    pos2, vec2,
};

const WIDTH_MAX: f32 = 240.0;
const WIDTH_MIN: f32 = 120.0;
/// Room for the button that adds a tab.
const ADD: f32 = 32.0;

/// Draws them.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let tokens = ui.tokens();
    let bar = ui.max_rect();
    ui.painter().rect_filled(bar, 0.0, tokens.panel);
    ui.painter().hline(bar.x_range(), bar.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    let titles: Vec<(String, char)> = cx.workspace.tabs.iter().map(|tab| (tab.title(), tab.icon())).collect();
    let room = Rect::from_min_max(bar.min, pos2(bar.right() - ADD, bar.bottom()));
    let widths = widths(ui, &titles, cx.workspace.active, room.width());
    let mut x = room.left() - scroll(ui, room, &widths, cx.workspace.active);
    let whole = ui.clip_rect();
    ui.set_clip_rect(room.intersect(whole));
    for (position, ((title, mark), width)) in titles.iter().zip(&widths).enumerate() {
        let rect = Rect::from_min_size(pos2(x, bar.top()), vec2(*width, bar.height()));
        x += width;
        if rect.intersects(room) {
            tab_ui(ui, cx, rect, position, title, *mark);
        }
    }
    ui.set_clip_rect(whole);
    add_ui(ui, cx, Rect::from_min_size(pos2(x.min(room.right()), bar.top()), vec2(ADD, bar.height())));
}

/// As wide as the title needs, narrower if not all fit, never too narrow to be read.
fn widths(ui: &Ui, titles: &[(String, char)], active: usize, room: f32) -> Vec<f32> {
    let natural = titles.iter().enumerate().map(|(position, (title, _))| {
        let galley = ui.painter().layout_no_wrap(title.clone(), font(position == active), Color32::PLACEHOLDER);
        (galley.size().x + 72.0).min(WIDTH_MAX)
    });
    let natural: Vec<f32> = natural.collect();
    if natural.iter().sum::<f32>() <= room {
        return natural;
    }
    #[expect(clippy::cast_precision_loss, reason = "a few tabs")]
    let share = (room / titles.len().max(1) as f32).max(WIDTH_MIN);
    natural.into_iter().map(|width| width.min(share)).collect()
}

fn font(active: bool) -> egui::FontId {
    if active { typeface::control_medium() } else { typeface::control() }
}

/// How far the tabs are scrolled: by the wheel, and so that a tab that comes to the front is in view.
fn scroll(ui: &Ui, room: Rect, widths: &[f32], active: usize) -> f32 {
    let id = ui.scope_id().with("scroll");
    let (mut offset, before): (f32, usize) = ui.data(|data| data.get_temp(id)).unwrap_or((0.0, usize::MAX));
    if ui.rect_contains_pointer(room) {
        let delta = ui.input(|input| input.smooth_scroll_delta());
        offset -= delta.x + delta.y;
    }
    if before != active {
        let start: f32 = widths.iter().take(active).sum();
        let end = start + widths.get(active).copied().unwrap_or_default();
        offset = offset.min(start).max(end - room.width());
    }
    let most = (widths.iter().sum::<f32>() - room.width()).max(0.0);
    offset = offset.clamp(0.0, most);
    ui.data_mut(|data| data.insert_temp(id, (offset, active)));
    offset
}

fn tab_ui(ui: &Ui, cx: &mut Cx<'_>, rect: Rect, position: usize, title: &str, mark: char) {
    let tokens = ui.tokens();
    let active = position == cx.workspace.active;
    let id = if active { Id::unique("region tabs") } else { ui.scope_id().with(("tab", position)) };
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, active, title));
    if active {
        ui.painter().rect_filled(rect, 0.0, tokens.canvas);
        ui.painter().hline(rect.x_range(), rect.top() + 1.0, Stroke::new(2.0, tokens.accent));
    } else if response.hovered() {
        ui.painter().rect_filled(rect.shrink2(vec2(0.0, 0.5)), 0.0, tokens.hover);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect.shrink(2.0), 3.0, Stroke::new(1.0, tokens.accent), StrokeKind::Inside);
    }
    ui.painter().vline(rect.right() - 0.5, rect.y_range(), Stroke::new(1.0, tokens.line));
    let color = if active { tokens.text_strong } else { tokens.text_weak };
    let y = rect.center().y;
    let center = pos2(rect.left() + 20.0, y);
    ui.painter().text(center, Align2::CENTER_CENTER, mark, typeface::icons(14.0), tokens.text_weak);
    let at = pos2(rect.left() + 34.0, y);
    text_clipped(ui, Align2::LEFT_CENTER, at, rect.width() - 62.0, title, font(active), color);
    let close = close_ui(ui, rect, &response, active, title);
    let tooltip = format!("{title}\n{}", cx.workspace.tabs.get(position).map_or("", |tab| tab.kind().name()));
    if close || response.clicked_by(PointerButton::Middle) {
        cx.run(Command::CloseTabAt(position));
    } else if response.on_hover_text(tooltip).clicked() {
        cx.workspace.front(position);
    }
}

/// True when it was pressed.
fn close_ui(ui: &Ui, tab: Rect, response: &Response, active: bool, title: &str) -> bool {
    let tokens = ui.tokens();
    let rect = Rect::from_center_size(pos2(tab.right() - 17.0, tab.center().y), vec2(20.0, 20.0));
    let close = ui.interact(rect, response.id.with("close"), Sense::click());
    close.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Close {title}")));
    if active || response.hovered() || close.hovered() || close.has_focus() {
        let fill = if close.hovered() { tokens.active } else { Color32::TRANSPARENT };
        ui.painter().rect_filled(rect, 4.0, fill);
        let font = typeface::icons(14.0);
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, icon::CLOSE, font, tokens.text_weak);
    }
    let key = Command::CloseTab.key_text().unwrap_or_default();
    close.on_hover_text(format!("{}  {key}", Command::CloseTab.word())).clicked()
}

fn add_ui(ui: &Ui, cx: &mut Cx<'_>, rect: Rect) {
    let tokens = ui.tokens();
    let response = ui.interact(rect, ui.scope_id().with("new"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, Command::NewQuery.word()));
    let color = if response.hovered() { tokens.text_strong } else { tokens.text_weak };
    let mark = Command::NewQuery.action().icon;
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, mark, typeface::icons(16.0), color);
    if response.on_hover_text(Command::NewQuery.word()).clicked() {
        cx.run(Command::NewQuery);
    }
}
