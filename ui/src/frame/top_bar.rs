//! Top bar: lake, draft or published state, palette field, jobs, problems, plan and publish.

use crate::command::{Command, problems};
use crate::cx::Cx;
use crate::design::{TokensExt, icon, paint_logo, typeface};
use crate::state::{Place, ScreenKind};
use crate::widget::{Button, Tone, badge, key_cap_width, number, text_clipped};
use egui::{
    Align, Align2, CornerRadius, Layout, Rect, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, accesskit::Role,
    pos2, vec2,
};
use sluice_api::{InSandbox, LakeView};

const PALETTE_WIDTH: f32 = 320.0;

/// Draws it.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let tokens = ui.tokens();
    let rect = ui.max_rect();
    // Where one is has to be seen at all times: the whole bar of a sandbox has another colour.
    let in_sandbox = cx.store.lake().value.is_some_and(|lake| lake.sandbox.is_some());
    let (fill, line) = if in_sandbox {
        (tokens.selection, Stroke::new(2.0, tokens.accent))
    } else {
        (tokens.panel, Stroke::new(1.0, tokens.line))
    };
    ui.painter().rect_filled(rect, 0.0, fill);
    ui.painter().hline(rect.x_range(), rect.bottom() - line.width / 2.0, line);
    paint_logo(ui.painter(), pos2(rect.left() + 28.0, rect.center().y), 16.0, tokens);
    let palette_left = (rect.center().x + 150.0 - PALETTE_WIDTH / 2.0).min(rect.right() - PALETTE_WIDTH - 300.0);
    let palette_left = palette_left.max(rect.left() + 280.0);
    let left_room = Rect::from_min_max(pos2(rect.left() + 56.0, rect.top()), pos2(palette_left - 12.0, rect.bottom()));
    let palette = Rect::from_min_size(pos2(palette_left, rect.top() + 8.0), vec2(PALETTE_WIDTH, 24.0));
    let mut left = ui.new_child(UiBuilder::new().max_rect(left_room).layout(Layout::left_to_right(Align::Center)));
    left.set_clip_rect(left_room.intersect(ui.clip_rect()));
    lake_ui(&mut left, cx);
    palette_field(ui, palette, cx);
    let right_room =
        Rect::from_min_max(pos2(palette.right() + 12.0, rect.top()), pos2(rect.right() - 12.0, rect.bottom()));
    let mut right = ui.new_child(UiBuilder::new().max_rect(right_room).layout(Layout::right_to_left(Align::Center)));
    actions_ui(&mut right, cx);
}

fn lake_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let tokens = ui.tokens();
    let Some(lake) = cx.store.lake().value else { return };
    let open = ui
        .scope(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            let name = ui.add(
                egui::Label::new(typeface::text(&lake.name, typeface::body_strong(), tokens.text_strong))
                    .sense(Sense::click()),
            );
            let arrow = Button::icon_only(icon::EXPAND_MORE, "Open another lake…").key_of(&Command::OpenLakeDialog);
            name.clicked() || arrow.show(ui).clicked()
        })
        .inner;
    if open {
        cx.run(Command::OpenLakeDialog);
    }
    let (tone, mark, words, after) = match (lake.release, lake.draft_changes) {
        (None, _) => (Tone::Neutral, icon::EDIT, "Draft, never published".to_owned(), String::new()),
        (Some(release), 0) => (Tone::Ok, icon::CHECK, format!("Published r{release}"), String::new()),
        (Some(release), changes) => {
            let words = format!("Draft, {}", number::plural(changes, "change"));
            (Tone::Accent, icon::EDIT, words, format!("on published r{release}"))
        }
    };
    if let Some(open) = &lake.sandbox {
        sandbox_ui(ui, cx, open, lake);
        return;
    }
    let room = (ui.available_width() - 200.0).max(40.0);
    let shown = short_url(&lake.url, room);
    ui.label(typeface::text(shown, typeface::mono(12.0), tokens.text_weak)).on_hover_text(&lake.url);
    badge(ui, tone, Some(mark), &words);
    if !after.is_empty() {
        ui.label(typeface::text(after, typeface::control(), tokens.text_weak));
    }
}

/// The sandbox that is open, as a filled badge, and what that means.
fn sandbox_ui(ui: &mut Ui, cx: &mut Cx<'_>, open: &InSandbox, lake: &LakeView) {
    let tokens = ui.tokens();
    let words = format!("Sandbox {}", open.sandbox.name);
    let badge = Button::new(&words).icon(icon::LOCK).primary().tooltip("sandboxes of this lake");
    if badge.show(ui).clicked() {
        cx.run(Command::Sandboxes);
    }
    let base = lake.release.map_or_else(|| "never published".to_owned(), |release| format!("on r{release}"));
    let text = format!("draft {base}, nothing reaches the lake");
    ui.label(typeface::text(text, typeface::control(), tokens.text_weak)).on_hover_text(&open.base);
}

/// Keeps the end of a long URL.
fn short_url(url: &str, room: f32) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "characters in a bar")]
    let fit = (room / 7.3).max(8.0) as usize;
    let length = url.chars().count();
    if length <= fit {
        return url.to_owned();
    }
    let end: String = url.chars().skip(length - fit + 1).collect();
    format!("…{end}")
}

fn palette_field(ui: &Ui, rect: Rect, cx: &mut Cx<'_>) {
    let tokens = ui.tokens();
    let response = ui.interact(rect, ui.scope_id().with("palette"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Find tables, columns, keys, commands"));
    let stroke = if response.hovered() || response.has_focus() {
        Stroke::new(1.0, tokens.accent)
    } else {
        Stroke::new(1.0, tokens.line_strong)
    };
    ui.painter().rect_filled(rect, CornerRadius::same(4), tokens.canvas);
    ui.painter().rect_stroke(rect, CornerRadius::same(4), stroke, StrokeKind::Inside);
    let y = rect.center().y;
    let at = pos2(rect.left() + 16.0, y);
    ui.painter().text(at, Align2::CENTER_CENTER, icon::SEARCH, typeface::icons(16.0), tokens.text_weak);
    let text = "Tables, columns, commands";
    text_clipped(
        ui,
        Align2::LEFT_CENTER,
        pos2(rect.left() + 31.0, y),
        220.0,
        text,
        typeface::control(),
        tokens.text_faint,
    );
    let width = key_cap_width(ui, "Ctrl K");
    crate::widget::paint_key_cap(ui, pos2(rect.right() - width - 4.0, y), "Ctrl K");
    if response.clicked() {
        cx.run(Command::Palette);
    }
}

/// Right to left.
fn actions_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let tokens = ui.tokens();
    let store = cx.store;
    if store.lake().value.is_none() {
        return;
    }
    let command = Command::Open(ScreenKind::Publish, None);
    if Button::new(command.word()).tooltip(command.action().tooltip).show(ui).clicked() {
        cx.run(command);
    }
    let problems = u64::try_from(problems(store)).unwrap_or_default();
    if problems > 0 {
        let label = number::plural(problems, "problem");
        if Button::new(&label).quiet().icon(icon::WARNING).icon_color(tokens.warn).show(ui).clicked() {
            cx.run(Command::ShowProblems);
        }
    }
    let jobs = u64::try_from(store.running_jobs()).unwrap_or_default();
    if jobs > 0 {
        let label = number::plural(jobs, "job");
        if Button::new(&label).quiet().icon(icon::SYNC).icon_color(tokens.accent).show(ui).clicked() {
            cx.run(Command::Show(Place::Replay));
        }
    }
}
