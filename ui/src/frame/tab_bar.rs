//! Tabs of the centre.

use crate::command::Command;
use crate::design::{TokensExt, icon, typeface};
use crate::state::Cx;
use crate::widget::text_clipped;
use egui::{
    Align2, Color32, Id, PointerButton, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, accesskit::Role, pos2, vec2,
};

const WIDTH_MAX: f32 = 240.0;

/// Draws them.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let tokens = ui.tokens();
    let bar = ui.max_rect();
    ui.painter().rect_filled(bar, 0.0, tokens.panel);
    ui.painter().hline(bar.x_range(), bar.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    let titles: Vec<(String, char)> = cx.workspace.tabs.iter().map(|tab| (tab.title(), tab.icon())).collect();
    let count = titles.len().max(1);
    #[expect(clippy::cast_precision_loss, reason = "a few tabs")]
    let share = ((bar.width() - 40.0) / count as f32).min(WIDTH_MAX);
    let mut x = bar.left();
    for (position, (title, mark)) in titles.iter().enumerate() {
        let active = position == cx.workspace.active;
        let font = if active { typeface::control_medium() } else { typeface::control() };
        let galley = ui.painter().layout_no_wrap(title.clone(), font.clone(), Color32::PLACEHOLDER);
        let width = (galley.size().x + 72.0).min(share).max(48.0);
        let rect = Rect::from_min_size(pos2(x, bar.top()), vec2(width, bar.height()));
        x += width;
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
        ui.painter().text(center, Align2::CENTER_CENTER, *mark, typeface::icons(14.0), tokens.text_weak);
        text_clipped(ui, Align2::LEFT_CENTER, pos2(rect.left() + 34.0, y), width - 62.0, title, font, color);
        let close_rect = Rect::from_center_size(pos2(rect.right() - 17.0, y), vec2(20.0, 20.0));
        let close = ui.interact(close_rect, id.with("close"), Sense::click());
        close.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Close {title}")));
        if active || response.hovered() || close.hovered() || close.has_focus() {
            let fill = if close.hovered() { tokens.active } else { Color32::TRANSPARENT };
            ui.painter().rect_filled(close_rect, 4.0, fill);
            let font = typeface::icons(14.0);
            ui.painter().text(close_rect.center(), Align2::CENTER_CENTER, icon::CLOSE, font, tokens.text_weak);
        }
        if close.on_hover_text("Close tab  Ctrl W").clicked() || response.clicked_by(PointerButton::Middle) {
            cx.run(Command::CloseTabAt(position));
        } else if response.clicked() {
            cx.workspace.front(position);
        }
    }
    let add = Rect::from_min_size(pos2(x, bar.top()), vec2(32.0, bar.height()));
    let response = ui.interact(add, ui.scope_id().with("new"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "New query"));
    let color = if response.hovered() { tokens.text_strong } else { tokens.text_weak };
    ui.painter().text(add.center(), Align2::CENTER_CENTER, icon::ADD, typeface::icons(16.0), color);
    if response.on_hover_text("New query").clicked() {
        cx.run(Command::NewQuery);
    }
}
