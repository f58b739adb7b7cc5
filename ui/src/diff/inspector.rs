//! The selected row: each column before and after, changed ones first.

use super::cells::steps;
use super::model::{Place, Shown, all, differs, operation};
use super::state::DiffScreen;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{BeforeAfter, Button, EmptyState, Operation, before_after_header, rule};
use egui::{Align, Frame, Layout, Margin, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};
use sluice_api::DiffView;

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
    before_after_header(ui, &format!("v{}", view.from), &format!("v{}", view.to));
    let body = Rect::from_min_max(pos2(rect.left(), ui.cursor().top()), pos2(rect.right(), foot.top()));
    let mut child = ui.new_child(UiBuilder::new().max_rect(body).id_salt("cells of the row"));
    child.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().auto_shrink(false).show(&mut child, |ui| {
        for line in &lines {
            line.show(ui, kind);
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

fn verdict(kind: Operation, lines: &[BeforeAfter]) -> String {
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
fn lines(screen: &DiffScreen, cx: &Cx<'_>, view: &DiffView) -> Option<(Operation, String, Vec<BeforeAfter>)> {
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
            Place::Pair { old, new } => lines.push(BeforeAfter {
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
