//! The palette: everything has a name and a key.

use super::palette_items::{Group, Item, Mark, groups};
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{key_cap_width, layer_color, paint_key_cap, paint_row_fill, text_clipped};
use egui::{
    Align2, CornerRadius, Frame, Id, Key, Margin, Modifiers, Rect, ScrollArea, Sense, Stroke, TextEdit, Ui, WidgetInfo,
    accesskit::Role,
    pos2,
    text::{LayoutJob, TextFormat},
    vec2,
};

const ROW: f32 = 28.0;
/// Height of the list of matches.
const LIST_MAX: f32 = 420.0;

/// The open palette.
pub(super) struct Palette {
    typed: String,
    chosen: usize,
    is_new: bool,
}

impl Palette {
    /// An empty one.
    pub(super) fn new() -> Self {
        Self { typed: String::new(), chosen: 0, is_new: true }
    }

    /// Shows it; true when it wants to close.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> bool {
        let before = self.chosen;
        let groups = groups(&self.typed, cx);
        let count: usize = groups.iter().map(|group| group.items.len()).sum();
        self.keys(ui, count);
        let enter = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
        self.field(ui, &groups);
        let height = (ui.available_height() - 40.0).clamp(120.0, LIST_MAX);
        let mut run = None;
        let moved = before != self.chosen;
        ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let mut position = 0;
            for group in &groups {
                heading(ui, group);
                for item in &group.items {
                    let chosen = position == self.chosen;
                    let response = row(ui, item, chosen);
                    if chosen && moved {
                        response.scroll_to_me(None);
                    }
                    if response.clicked() || (enter && chosen) {
                        run = Some(item);
                    }
                    position += 1;
                }
            }
            if count == 0 {
                let text = typeface::text("No match", typeface::body(), ui.tokens().text_weak);
                Frame::NONE.inner_margin(Margin::symmetric(16, 12)).show(ui, |ui| ui.label(text));
            }
            ui.add_space(8.0);
        });
        footer(ui);
        match run {
            Some(item) if item.why.is_none() => {
                cx.run(item.command.clone());
                true
            }
            Some(item) => {
                cx.notify(item.why.unwrap_or_default(), false);
                false
            }
            None => false,
        }
    }

    fn keys(&mut self, ui: &Ui, count: usize) {
        let (down, up, page_down, page_up) = ui.input_mut(|input| {
            (
                input.count_and_consume_key(Modifiers::NONE, Key::ArrowDown),
                input.count_and_consume_key(Modifiers::NONE, Key::ArrowUp),
                input.count_and_consume_key(Modifiers::NONE, Key::PageDown),
                input.count_and_consume_key(Modifiers::NONE, Key::PageUp),
            )
        });
        let last = count.saturating_sub(1);
        self.chosen = (self.chosen + down + page_down * 10).min(last).saturating_sub(up + page_up * 10);
    }

    fn field(&mut self, ui: &mut Ui, groups: &[Group]) {
        let tokens = ui.tokens();
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 48.0), Sense::hover());
        let at = pos2(rect.left() + 26.0, rect.center().y);
        ui.painter().text(at, Align2::CENTER_CENTER, icon::SEARCH, typeface::icons(20.0), tokens.text_weak);
        let cap = key_cap_width(ui, "Esc");
        paint_key_cap(ui, pos2(rect.right() - 16.0 - cap, rect.center().y), "Esc");
        let matches: usize = groups.iter().map(|group| group.matches).sum();
        let words = format!("{matches} matches");
        let end = pos2(rect.right() - 24.0 - cap, rect.center().y);
        let count = ui.painter().text(end, Align2::RIGHT_CENTER, words, typeface::control(), tokens.text_weak);
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
        let id = Id::unique("palette field");
        let inner =
            Rect::from_min_max(pos2(rect.left() + 44.0, rect.top() + 14.0), pos2(count.left() - 12.0, rect.bottom()));
        let font = egui::FontId::proportional(15.0);
        let hint = typeface::text("Tables, columns, commands", font.clone(), tokens.text_faint);
        let edit = TextEdit::singleline(&mut self.typed)
            .id(id)
            .font(font)
            .text_color(tokens.text_strong)
            .hint_text(hint)
            .frame(Frame::NONE)
            .margin(Margin::ZERO)
            .desired_width(inner.width());
        let response = ui.put(inner, edit).accessible_name("Find tables, columns, commands");
        if self.is_new {
            response.request_focus();
            self.is_new = false;
        }
        if response.changed() {
            self.chosen = 0;
        }
    }
}

fn heading(ui: &mut Ui, group: &Group) {
    let tokens = ui.tokens();
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::hover());
    let y = rect.center().y + 2.0;
    let font = typeface::caption();
    ui.painter().text(pos2(rect.left() + 16.0, y), Align2::LEFT_CENTER, group.title, font, tokens.text_weak);
    let matches = group.matches.to_string();
    let font = typeface::mono(11.0);
    ui.painter().text(pos2(rect.right() - 16.0, y), Align2::RIGHT_CENTER, matches, font, tokens.text_weak);
}

fn row(ui: &mut Ui, item: &Item, chosen: bool) -> egui::Response {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let enabled = item.why.is_none();
    response.widget_info(|| {
        WidgetInfo::selected(Role::ListBoxOption, enabled, chosen, format!("{} {}", item.label, item.note).trim())
    });
    paint_row_fill(ui, rect, chosen, &response);
    let y = rect.center().y;
    let color = if !enabled {
        tokens.text_faint
    } else if chosen {
        tokens.text_strong
    } else {
        tokens.text
    };
    match item.mark {
        Mark::Icon(mark) => {
            let at = pos2(rect.left() + 24.0, y);
            ui.painter().text(at, Align2::CENTER_CENTER, mark, typeface::icons(16.0), tokens.text_weak);
        }
        Mark::Layer(layer) => {
            let mark = Rect::from_center_size(pos2(rect.left() + 24.0, y), vec2(8.0, 8.0));
            ui.painter().rect_filled(mark, CornerRadius::same(2), layer_color(tokens, layer));
        }
    }
    let font = if item.mono { typeface::mono(12.0) } else { typeface::body() };
    let mut job = LayoutJob::default();
    for (index, letter) in item.label.chars().enumerate() {
        let color = if enabled && item.positions.contains(&index) { tokens.accent } else { color };
        let mut buffer = [0; 4];
        let format = TextFormat { font_id: font.clone(), color, ..Default::default() };
        job.append(letter.encode_utf8(&mut buffer), 0.0, format);
    }
    let galley = ui.ctx().fonts_mut(|fonts| fonts.layout_job(job));
    let x = rect.left() + 42.0;
    let width = galley.size().x;
    ui.painter().galley(pos2(x, y - galley.size().y / 2.0), galley, color);
    let mut end = rect.right() - 16.0;
    if let Some(key) = item.command.key_text().filter(|_| enabled) {
        end -= key_cap_width(ui, &key);
        paint_key_cap(ui, pos2(end, y), &key);
    }
    let note = item.why.unwrap_or(&item.note);
    let x = x + width + 8.0;
    text_clipped(ui, Align2::LEFT_CENTER, pos2(x, y), end - x - 8.0, note, typeface::control(), tokens.text_weak);
    response
}

fn footer(ui: &mut Ui) {
    let tokens = ui.tokens();
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 36.0), Sense::hover());
    ui.painter().rect_filled(rect, CornerRadius { nw: 0, ne: 0, sw: 8, se: 8 }, tokens.raised);
    let y = rect.center().y;
    let mut x = rect.left() + 16.0;
    for (keys, word) in
        [(&["↑", "↓"][..], "move"), (&["Enter"][..], "run"), (&[">"][..], "commands"), (&["@"][..], "columns")]
    {
        for key in keys {
            x += paint_key_cap(ui, pos2(x, y), key) + 4.0;
        }
        let font = typeface::control();
        let painted = ui.painter().text(pos2(x + 2.0, y), Align2::LEFT_CENTER, word, font, tokens.text_weak);
        x = painted.right() + 20.0;
    }
}
