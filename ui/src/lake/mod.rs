//! The lake: tree of layers and tables, waiting files, and opening one.

mod bucket;
mod open;
mod tree;
mod waiting;

pub use open::OpenLake;
pub(crate) use tree::show as tree_ui;

use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon};
use crate::state::ScreenKind;
use crate::widget::{Button, FILTER, TextField, loading_line, panel_header, rule};
use egui::{Frame, Id, Margin, Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

/// The side panel: tree and waiting files.
#[derive(Default)]
pub struct SidePanel {}

impl SidePanel {
    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let tokens = ui.tokens();
        let rect = ui.max_rect();
        ui.painter().rect_filled(rect, 0.0, tokens.panel);
        ui.spacing_mut().item_spacing.y = 0.0;
        let lake = cx.store.lake();
        let header = Rect::from_min_size(rect.min, vec2(rect.width(), 32.0));
        Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
            panel_header(ui, "Lake", "", |ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                if Button::icon_only(icon::UNFOLD_LESS, "Fold all layers").show(ui).clicked() {
                    cx.workspace.folded = ["bronze", "silver", "gold"].map(str::to_owned).to_vec();
                }
                if Button::icon_of(&Command::Reload).show(ui).clicked() {
                    cx.run(Command::Reload);
                }
                let onboard = Command::Open(ScreenKind::Onboard, None);
                if Button::icon_of(&onboard).show(ui).clicked() {
                    cx.run(onboard);
                }
            });
            let mut filter = cx.workspace.filters.get("tree").cloned().unwrap_or_default();
            let field = TextField::new(&mut filter, "Filter tables").hint("Filter tables").icon(icon::SEARCH).key("/");
            if field.id(Id::unique(FILTER)).show(ui).changed() {
                cx.workspace.filters.insert("tree".to_owned(), filter);
            }
            ui.add_space(8.0);
        });
        loading_line(ui, header, lake.pending);
        let waiting_height = waiting::height(cx, rect.height());
        let bottom = rect.bottom() - 40.0;
        let tree =
            Rect::from_min_max(pos2(rect.left(), ui.cursor().top()), pos2(rect.right(), bottom - waiting_height));
        let mut child = ui.new_child(UiBuilder::new().max_rect(tree).id_salt("tree"));
        child.set_clip_rect(tree.intersect(ui.clip_rect()));
        ScrollArea::vertical().auto_shrink(false).show(&mut child, |ui| tree::show(ui, cx));
        let waiting = Rect::from_min_max(pos2(rect.left(), tree.bottom()), pos2(rect.right(), bottom));
        let mut child = ui.new_child(UiBuilder::new().max_rect(waiting).id_salt("waiting"));
        waiting::show(&mut child, cx);
        let onboard = Rect::from_min_max(pos2(rect.left(), bottom), rect.max);
        let mut child = ui.new_child(UiBuilder::new().max_rect(onboard).id_salt("onboard"));
        rule(&mut child);
        Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 8, bottom: 0 }).show(&mut child, |ui| {
            let onboard = Command::Open(ScreenKind::Onboard, None);
            if Button::of(&onboard).show(ui).clicked() {
                cx.run(onboard);
            }
        });
    }
}
