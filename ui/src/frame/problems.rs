//! Problems of the lake: contracts that could not be read, tables that are not well.

use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, ListRow, health_icon, panel_header};
use egui::{Frame, Margin, ScrollArea, Ui};

/// Shows them; true when it wants to close.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>) -> bool {
    let tokens = ui.tokens();
    let Some(lake) = cx.store.lake().value else { return true };
    let mut close = false;
    Frame::NONE.inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
        panel_header(ui, "Problems", &lake.problems.len().to_string(), |ui| {
            close = Button::icon_only(icon::CLOSE, "Close").key("Esc").show(ui).clicked();
        });
        ScrollArea::vertical().max_height(ui.available_height()).show(ui, |ui| {
            for problem in &lake.problems {
                ui.horizontal_top(|ui| {
                    ui.label(typeface::text(icon::ERROR, typeface::icons(14.0), tokens.fail));
                    ui.add(egui::Label::new(typeface::text(problem, typeface::control(), tokens.text)).wrap());
                });
            }
            for each in lake.tables.iter().filter(|each| each.health.deviates()) {
                let (mark, color, _) = health_icon(tokens, each.health);
                let name = each.table.to_string();
                let row = ListRow::new(&name).mono().icon(mark, color).note(each.note.as_deref().unwrap_or_default());
                if row.padding(0.0).show(ui).clicked() {
                    cx.run(Command::open_table(each.table.clone()));
                    close = true;
                }
            }
        });
    });
    close
}
