//! In a sandbox: what it is, and where the state of each table comes from.

use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::{ScreenKind, Tab};
use crate::widget::{Button, ListRow, layer_mark, number, panel_header, rule, text_clipped};
use egui::{
    Align, Align2, Frame, Layout, Margin, Rect, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2,
    vec2,
};
use sluice_api::{InSandbox, LakeView, Layer, TableName, TableSummary};

/// Height of the row with the buttons.
const FOOT: f32 = 40.0;
/// Width of the names of facts.
const LABEL: f32 = 76.0;

/// Draws it; `table` is the one in front.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, lake: &LakeView, open: &InSandbox, table: &TableName) {
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 0.0;
    let rect = ui.max_rect();
    let foot = Rect::from_min_max(pos2(rect.left(), rect.bottom() - FOOT), rect.max);
    let top = Rect::from_min_max(rect.min, foot.right_top());
    let mut above = ui.new_child(UiBuilder::new().max_rect(top).id_salt("sandbox side"));
    above.set_clip_rect(top.intersect(ui.clip_rect()));
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(&mut above, |ui| {
        panel_header(ui, "Sandbox", &open.sandbox.name, |_| {});
        fact(ui, "Place", &open.sandbox.place);
        fact(ui, "Base", &open.base);
        fact(ui, "Opened", &format!("{} by {}", number::short_time(open.sandbox.created_ms), open.sandbox.by));
        fact(ui, "Kept until", &number::short_time(open.sandbox.expires_ms));
        ui.add_space(8.0);
    });
    rule(&mut above);
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(&mut above, |ui| {
        panel_header(ui, "State comes from", "version", |_| {});
    });
    let mut chosen = None;
    ScrollArea::vertical().id_salt("state comes from").auto_shrink(false).show(&mut above, |ui| {
        for layer in [Layer::Bronze, Layer::Silver, Layer::Gold] {
            let of_layer = || lake.tables.iter().filter(|each| each.table.layer == layer);
            if of_layer().next().is_none() {
                continue;
            }
            ui.horizontal(|ui| {
                ui.add_space(12.0);
                layer_mark(ui, layer);
                ui.label(typeface::text(layer.as_str(), typeface::header(), tokens.text_strong));
            });
            for each in of_layer() {
                let (mark, color, version, words) = origin(tokens, each);
                let is_front = layer == Layer::Silver && each.table.name == *table;
                let name = format!("{}, {version} {words}", each.table);
                let row = ListRow::new(&each.table.name.table).mono().icon(mark, color).right(version, color);
                if row.selected(is_front).name(name).show(ui).on_hover_text(words).clicked() && layer == Layer::Silver {
                    chosen = Some(each.table.name.clone());
                }
            }
            ui.add_space(6.0);
        }
    });
    if let Some(table) = chosen {
        cx.run(Command::OpenTab(Tab::Replay { table }));
    }
    ui.painter().hline(foot.x_range(), foot.top(), egui::Stroke::new(1.0, tokens.line));
    let layout = Layout::left_to_right(Align::Center);
    let builder = UiBuilder::new().max_rect(foot.shrink2(vec2(12.0, 0.0))).layout(layout).id_salt("sandbox foot");
    let mut below = ui.new_child(builder);
    below.spacing_mut().item_spacing.x = 8.0;
    let diff = Command::Open(ScreenKind::LakeDiff, None);
    if Button::new("Diff with the lake").icon(icon::COMPARE_ARROWS).key_of(&diff).show(&mut below).clicked() {
        cx.run(diff);
    }
}

/// Where the state of a table comes from: mark, colour, version, words.
fn origin(tokens: &crate::design::Tokens, table: &TableSummary) -> (char, egui::Color32, String, &'static str) {
    match (table.version, table.base_version) {
        (Some(now), Some(base)) if now > base => {
            (icon::LOCK, tokens.accent, format!("s{}", now - base), "written here only")
        }
        (Some(now), Some(_)) => (icon::CLOUD, tokens.text_weak, format!("v{now}"), "read from the lake"),
        (Some(now), None) => (icon::LOCK, tokens.accent, format!("s{now}"), "new here"),
        (None, _) => (icon::SCHEDULE, tokens.text_faint, "–".to_owned(), "not built yet"),
    }
}

fn fact(ui: &mut Ui, name: &str, value: &str) {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}, {value}")));
    let y = rect.center().y;
    let font = typeface::control();
    ui.painter().text(pos2(rect.left(), y), Align2::LEFT_CENTER, name, font, tokens.text_weak);
    let at = pos2(rect.left() + LABEL, y);
    let room = rect.right() - at.x;
    text_clipped(ui, Align2::LEFT_CENTER, at, room, value, typeface::mono(12.0), tokens.text_strong);
    response.on_hover_text(value);
}
