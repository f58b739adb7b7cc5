//! What puts the rows right, once somebody has seen them.

use super::state::ReconcileScreen;
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::state::Tab;
use crate::widget::{Button, TextField, Tone, banner, error_banner, rule};
use egui::{Align, Layout, Ui, UiBuilder, vec2};
use sluice_api::{ReconcileWith, Reconciliation, RepairBy};

/// Height of the line.
const LINE: f32 = 40.0;

/// Draws it; nothing where nothing differs.
pub(super) fn show(screen: &mut ReconcileScreen, ui: &mut Ui, cx: &mut Cx<'_>, view: &Reconciliation) {
    let got = screen.repaired(cx);
    let pending = got.as_ref().is_some_and(|got| got.pending);
    if let Some(repaired) = got.as_ref().and_then(|got| got.value) {
        match &repaired.request {
            Some(request) => {
                if banner(ui, Tone::Info, &request.about, &request.text, Some("Copy")) {
                    ui.ctx().copy_text(request.text.clone());
                }
            }
            None => {
                let title = match repaired.correction {
                    Some(number) => {
                        format!("Correction {number}: {} rows written, {} deleted", repaired.upserts, repaired.deletes)
                    }
                    None => "Nothing was written".to_owned(),
                };
                let action = repaired.correction.map(|_| "Open replay");
                if banner(ui, Tone::Ok, &title, &repaired.next, action) {
                    cx.run(Command::OpenTab(Tab::Replay { table: screen.table.clone() }));
                }
            }
        }
        rule(ui);
        return;
    }
    if let Some(error) = got.and_then(|got| got.error).filter(|_| !pending)
        && error_banner(ui, error, "Nothing was written")
    {
        screen.repair = None;
    }
    if view.counts.all() == 0 {
        return;
    }
    let tokens = ui.tokens();
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), LINE));
    let layout = Layout::left_to_right(Align::Center);
    let inner = rect.shrink2(vec2(12.0, 0.0));
    let mut line = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("repair"));
    line.spacing_mut().item_spacing.x = 8.0;
    line.label(typeface::text("Repair", typeface::body_strong(), tokens.text_strong));
    let width = (line.available_width() - 392.0).clamp(160.0, 480.0);
    let hint = "Why, for example the connector lost a file";
    TextField::new(&mut screen.because, "Reason of the repair").hint(hint).width(width).show(&mut line);
    let has_rows = matches!(screen.asked, Some((ReconcileWith::Database { .. } | ReconcileWith::File { .. }, ..)));
    let why = match () {
        () if pending => Some("It is being written"),
        () if !has_rows => Some("A database or a file has the rows to repair with"),
        () if screen.because.trim().is_empty() => Some("Say why first"),
        () => None,
    };
    let button = Button::new("Write corrective events").icon(icon::HISTORY).disabled(why);
    let about = "Into bronze, behind what silver has; the next replay applies them. An older event that arrives later changes nothing";
    if button.tooltip(about).show(&mut line).clicked() {
        screen.ask_repair(cx, RepairBy::Events);
    }
    let why = if pending { Some("It is being written") } else { None };
    let button = Button::new("Connector's request").icon(icon::CODE).disabled(why);
    if button.tooltip("What to send to the connector, so that it sends these rows again").show(&mut line).clicked() {
        screen.ask_repair(cx, RepairBy::Request);
    }
    rule(ui);
}
