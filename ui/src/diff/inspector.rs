//! The selected row: each column before and after, changed ones first.

use super::DiffScreen;
use super::cells::steps;
use super::model::{Place, Shown, all, differs, operation};
use crate::design::{TokensExt, icon, typeface};
use crate::state::Cx;
use crate::widget::{Button, EmptyState, Operation, rule, text_clipped};
use egui::{
    Align, Align2, Frame, Layout, Margin, Rect, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, accesskit::Role,
    pos2, vec2,
};
use sluice_api::DiffView;

/// One column of the row.
struct Line {
    name: String,
    old: String,
    new: String,
    changed: bool,
    ignored: bool,
}

/// Draws it.
pub(super) fn show(screen: &DiffScreen, ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(view) = screen.view(cx) else { return };
    let Some((kind, keys, lines)) = lines(screen, cx, view) else {
        let text = "Choose a row to see each column before and after";
        EmptyState { icon: icon::DIFFERENCE, title: "No row chosen", text, action: None }.show(ui);
        return;
    };
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 0.0;
    let rect = ui.max_rect();
    Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 10, bottom: 8 }).show(ui, |ui| {
        ui.horizontal(|ui| {
            kind.mark(ui);
            let title = typeface::text(&keys, typeface::title(), tokens.text_strong);
            ui.scope(|ui| {
                ui.set_max_width((ui.available_width() - 64.0).max(40.0));
                ui.add(egui::Label::new(title).truncate());
            });
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| steps(ui, cx));
        });
        ui.add_space(4.0);
        ui.label(typeface::text(verdict(kind, &lines), typeface::control(), tokens.text_weak));
    });
    let foot = Rect::from_min_max(pos2(rect.left(), rect.bottom() - 40.0), rect.max);
    header(ui, view);
    let body = Rect::from_min_max(pos2(rect.left(), ui.cursor().top()), pos2(rect.right(), foot.top()));
    let mut child = ui.new_child(UiBuilder::new().max_rect(body).id_salt("cells of the row"));
    child.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().auto_shrink(false).show(&mut child, |ui| {
        for line in &lines {
            row(ui, kind, line);
        }
    });
    let mut child = ui.new_child(UiBuilder::new().max_rect(foot).id_salt("row actions"));
    rule(&mut child);
    let layout = Layout::left_to_right(Align::Center);
    let mut child = ui.new_child(UiBuilder::new().max_rect(foot.shrink2(vec2(12.0, 0.0))).layout(layout));
    if Button::new("Copy row").icon(icon::CONTENT_COPY).tooltip("Column, before, after").show(&mut child).clicked() {
        let text: Vec<String> = lines.iter().map(|line| format!("{}\t{}\t{}", line.name, line.old, line.new)).collect();
        ui.ctx().copy_text(text.join("\n"));
    }
}

fn verdict(kind: Operation, lines: &[Line]) -> String {
    match kind {
        Operation::Inserted => "The row is new".to_owned(),
        Operation::Deleted => "The row is gone".to_owned(),
        _ => {
            let changed = lines.iter().filter(|line| line.changed).count();
            let ignored = lines.iter().filter(|line| line.changed && line.ignored).count();
            let mut text = format!("{changed} of {} cells changed", lines.len());
            if ignored > 0 {
                text.push_str(&format!(", {ignored} of them ignored"));
            }
            text
        }
    }
}

/// Kind, key and columns of the row under the cursor, if its page is here.
fn lines(screen: &DiffScreen, cx: &Cx<'_>, view: &DiffView) -> Option<(Operation, String, Vec<Line>)> {
    let result = screen.shown.as_ref()?;
    let (page, inside) = cx.pages.peek(result.id, screen.row?)?;
    let kind = operation(page, inside);
    let ignored = screen.ignored(cx);
    let none = || "–".to_owned();
    let mut keys = Vec::new();
    let mut lines = Vec::new();
    let columns: Vec<Shown> = all(view, &screen.personal(cx));
    for column in columns {
        match column.place {
            Place::Change => {}
            Place::Key(at) => keys.push(format!("{} {}", column.name, column.cell(page.cell(inside, at)).text)),
            Place::Pair { old, new } => lines.push(Line {
                old: if kind == Operation::Inserted { none() } else { column.cell(page.cell(inside, old)).text },
                new: if kind == Operation::Deleted { none() } else { column.cell(page.cell(inside, new)).text },
                changed: kind == Operation::Updated && differs(page, inside, column.place),
                ignored: ignored.contains(&column.name),
                name: column.name,
            }),
        }
    }
    lines.sort_by_key(|line| !line.changed);
    Some((kind, keys.join(", "), lines))
}

fn columns_of(rect: Rect) -> (Rect, Rect, Rect) {
    let first = rect.left() + 12.0 + (rect.width() - 24.0) * 0.36;
    let second = first + (rect.width() - 24.0) * 0.32;
    (
        Rect::from_min_max(pos2(rect.left() + 12.0, rect.top()), pos2(first, rect.bottom())),
        Rect::from_min_max(pos2(first, rect.top()), pos2(second, rect.bottom())),
        Rect::from_min_max(pos2(second, rect.top()), pos2(rect.right() - 12.0, rect.bottom())),
    )
}

fn header(ui: &mut Ui, view: &DiffView) {
    let tokens = ui.tokens();
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 24.0));
    let (name, old, new) = columns_of(rect);
    let texts = [
        (name.left(), "Column".to_owned()),
        (old.left() + 6.0, format!("v{}", view.from)),
        (new.left() + 6.0, format!("v{}", view.to)),
    ];
    for (x, text) in texts {
        let font = typeface::control();
        ui.painter().text(pos2(x, rect.center().y), Align2::LEFT_CENTER, text, font, tokens.text_weak);
    }
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
}

fn row(ui: &mut Ui, kind: Operation, line: &Line) {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    let spoken = match (kind, line.changed) {
        (Operation::Inserted, _) => format!("{} is {}", line.name, line.new),
        (Operation::Deleted, _) => format!("{} was {}", line.name, line.old),
        (_, true) => format!("{} was {}, is {}", line.name, line.old, line.new),
        (_, false) => format!("{} is {}, unchanged", line.name, line.new),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &spoken));
    let (name, old, new) = columns_of(rect);
    let strong = line.changed || kind != Operation::Updated;
    if kind == Operation::Deleted || line.changed {
        ui.painter().rect_filled(old.shrink2(vec2(0.0, 0.5)), 0.0, tokens.fail_bg);
    }
    if kind == Operation::Inserted || line.changed {
        ui.painter().rect_filled(new.shrink2(vec2(0.0, 0.5)), 0.0, tokens.ok_bg);
    }
    let y = rect.center().y;
    let color = if strong && !line.ignored { tokens.text_strong } else { tokens.text_weak };
    let write = |place: Rect, inset: f32, text: &str| {
        let at = pos2(place.left() + inset, y);
        text_clipped(ui, Align2::LEFT_CENTER, at, place.width() - inset - 4.0, text, typeface::mono(12.0), color);
    };
    write(name, 0.0, &line.name);
    let (before, after) = if line.changed {
        (format!("− {}", line.old), format!("+ {}", line.new))
    } else {
        (line.old.clone(), line.new.clone())
    };
    write(old, 6.0, &before);
    write(new, 6.0, &after);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    response.on_hover_text(format!("{}\n− {}\n+ {}", line.name, line.old, line.new));
}
