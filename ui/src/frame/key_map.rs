//! The keyboard map, made from the tables of commands, screens and places.

use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::{Place, ScreenKind};
use crate::widget::{Button, key_cap_width, paint_key_cap, panel_header, text_clipped};
use egui::{Align2, Frame, Margin, Rect, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

/// Keys of grids and lists, which are no commands.
const IN_GRIDS: [(&str, &str); 9] = [
    ("← ↑ ↓ →", "Move the cell cursor"),
    ("Shift ↓", "Choose a range, with any arrow"),
    ("Home", "First column"),
    ("End", "Last column"),
    ("Ctrl Home", "First row"),
    ("Ctrl End", "Last row"),
    ("Enter", "Open"),
    ("Ctrl C", "Copy the cells"),
    ("Ctrl Shift C", "Copy the cells with their column names"),
];
const ROW: f32 = 24.0;
/// Room for the key caps of a row.
const KEYS: f32 = 112.0;

/// A heading with its keys and what they do.
struct Group {
    title: String,
    rows: Vec<(String, String)>,
}

/// Shows it; true when it wants to close.
pub(super) fn show(ui: &mut Ui, _cx: &mut Cx<'_>) -> bool {
    let mut close = false;
    Frame::NONE.inner_margin(Margin::symmetric(16, 8)).show(ui, |ui| {
        panel_header(ui, "Keyboard map", "plain letters act only outside text fields", |ui| {
            close = Button::icon_only(icon::CLOSE, "Close").key("Esc").show(ui).clicked();
        });
        let groups = groups();
        let half = groups.iter().map(|group| group.rows.len() + 2).sum::<usize>().div_ceil(2);
        ScrollArea::vertical().max_height(ui.available_height()).auto_shrink(false).show(ui, |ui| {
            ui.columns(2, |columns| {
                let mut above = 0;
                for group in &groups {
                    let column = usize::from(above >= half);
                    above += group.rows.len() + 2;
                    if let Some(ui) = columns.get_mut(column) {
                        group_ui(ui, group);
                    }
                }
            });
        });
    });
    close
}

fn groups() -> Vec<Group> {
    let key = |command: &Command| command.key_text().map(|key| (key, command.action().text.replace(" {}", "")));
    let screens: &[ScreenKind] = ScreenKind::ALL;
    let opens = screens.iter().map(|kind| Command::Open(*kind, None));
    let mut groups = vec![
        Group {
            title: "Places".to_owned(),
            rows: Place::ALL.into_iter().map(Command::Show).filter_map(|c| key(&c)).collect(),
        },
        Group { title: "Table or row in focus".to_owned(), rows: opens.filter_map(|command| key(&command)).collect() },
    ];
    groups.push(Group {
        title: "Cells of a grid".to_owned(),
        rows: IN_GRIDS.into_iter().map(|(key, does)| (key.to_owned(), does.to_owned())).collect(),
    });
    for command in Command::LISTED {
        let Some(row) = key(command) else { continue };
        let title = title(command.screens());
        match groups.iter_mut().find(|group| group.title == title) {
            Some(group) => group.rows.push(row),
            None => groups.push(Group { title, rows: vec![row] }),
        }
    }
    groups
}

/// Names of the screens on which a key counts.
fn title(screens: &[ScreenKind]) -> String {
    if screens.is_empty() {
        return "Everywhere".to_owned();
    }
    screens.iter().map(|screen| screen.name()).collect::<Vec<_>>().join(", ")
}

fn group_ui(ui: &mut Ui, group: &Group) {
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.add_space(8.0);
    ui.label(typeface::text(&group.title, typeface::header(), tokens.text_strong));
    ui.add_space(4.0);
    for (key, does) in &group.rows {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{key} {does}")));
        let y = rect.center().y;
        paint_key_cap(ui, pos2(rect.left(), y), key);
        let from = rect.left() + key_cap_width(ui, key).max(KEYS) + 8.0;
        let room = Rect::from_min_max(pos2(from, rect.top()), rect.max).width();
        text_clipped(ui, Align2::LEFT_CENTER, pos2(from, y), room, does, typeface::control(), tokens.text);
    }
    ui.add_space(8.0);
}
