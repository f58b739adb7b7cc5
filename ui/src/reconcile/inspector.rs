//! One row that differs: both sides of it, and the way to explain it.

use super::state::ReconcileScreen;
use super::words;
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::{KeyValues, Tab};
use crate::widget::{BeforeAfter, Button, Operation, before_after_header, panel_header};
use egui::{Frame, Margin, RichText, ScrollArea, Ui};
use sluice_api::DifferingKey;

/// Draws it.
pub(super) fn show(screen: &ReconcileScreen, ui: &mut Ui, cx: &mut Cx<'_>, key: &DifferingKey) {
    let tokens = ui.tokens();
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        panel_header(ui, &words::key(key), key.arrival.as_str(), |_| {});
    });
    Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 8, bottom: 8 }).show(ui, |ui| {
        let text: RichText =
            typeface::text(format!("{}: {}", key.difference, words::note(key)), typeface::body(), tokens.text);
        ui.add(egui::Label::new(text).wrap());
        ui.add_space(6.0);
        let why = key.explain.is_none().then_some("The key is personal data");
        let button = Button::new("Explain").icon(icon::KEY).key("E").disabled(why);
        if button.tooltip("Every event of the row, and which won").show(ui).clicked() {
            explain(screen, cx, key);
        }
    });
    before_after_header(ui, "source", "silver");
    let (operation, is_both) = match key.difference.as_str() {
        "missing" => (Operation::Deleted, false),
        "surplus" => (Operation::Inserted, false),
        _ => (Operation::Updated, true),
    };
    ScrollArea::vertical().id_salt("values of the difference").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for cell in &key.cells {
            let text =
                |text: &Option<String>| text.clone().unwrap_or_else(|| if is_both { "null" } else { "–" }.to_owned());
            let (old, new) = (text(&cell.source), text(&cell.silver));
            BeforeAfter { name: cell.column.clone(), old, new, changed: true, ignored: false }.show(ui, operation);
        }
    });
}

/// Opens the explanation of a row.
fn explain(screen: &ReconcileScreen, cx: &mut Cx<'_>, key: &DifferingKey) {
    if key.explain.is_some() {
        let key = KeyValues { columns: key.key.clone(), is_personal: false };
        cx.run(Command::OpenTab(Tab::Explain { table: screen.reference(), key }));
    }
}
