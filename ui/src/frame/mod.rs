//! The frame around the screens: top bar, rail, side panel, tabs, inspector, bottom panel, status bar.

mod bottom;
mod fuzzy;
mod key_map;
mod layout;
mod notices;
mod overlay;
mod palette;
mod palette_items;
mod problems;
mod rail;
mod sandboxes;
mod status_bar;
mod tab_bar;
mod top_bar;

use crate::cx::Cx;
use crate::design::{TokensExt, icon};
use crate::lake::{OpenLake, SidePanel};
use crate::registry::screen_of;
use crate::screen::Screen;
use crate::state::{Panels, ScreenKind, Tab};
use crate::widget::{Button, EmptyState, FILTER, splitter};
use egui::{Area, Context, Id, Order, Rect, Sense, Stroke, StrokeKind, Ui, UiBuilder, pos2};
use layout::Layout;
use overlay::Overlay;
use sluice_api::Request;
use std::collections::BTreeMap;

/// Parts of the frame that outlive a frame.
#[derive(Default)]
pub struct FrameState {
    side: SidePanel,
    open_lake: OpenLake,
    overlay: Overlay,
    region: usize,
    is_narrow: bool,
    peek: bool,
    /// The inspector lies over the centre now.
    inspector_is_over: bool,
}

impl FrameState {
    /// Draws everything.
    pub fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, screens: &mut BTreeMap<Tab, Box<dyn Screen>>) {
        let tokens = ui.tokens();
        let whole = ui.max_rect();
        ui.painter().rect_filled(whole, 0.0, tokens.canvas);
        let lake = cx.store.lake();
        if lake.value.is_some() {
            // The bars and the tree say what is known of it at all times.
            cx.want(Request::Lake);
        }
        let tab = cx.workspace.active_tab().cloned().filter(|_| lake.value.is_some());
        let mut screen = tab.as_ref().map(|tab| screens.remove(tab).unwrap_or_else(|| screen_of(tab)));
        cx.workspace.panels.inspector_lies_over(layout::inspector_overlays(whole));
        let layout = Layout::new(whole, cx, screen.as_deref(), lake.value.is_some(), self.peek);
        self.is_narrow = layout.is_narrow;
        region(ui, "top bar", layout.top, |ui| top_bar::show(ui, cx));
        region(ui, "rail", layout.rail, |ui| rail::show(ui, cx));
        region(ui, "status bar", layout.status, |ui| status_bar::show(ui, cx));
        if lake.value.is_none() {
            region(ui, "centre", layout.centre, |ui| self.open_lake.ui(ui, cx));
        } else {
            region(ui, "tabs", layout.tabs, |ui| tab_bar::show(ui, cx));
            region(ui, "centre", layout.centre, |ui| match &mut screen {
                Some(screen) => screen.ui(ui, cx),
                None => no_tab(ui, cx),
            });
            if let Some(bottom) = layout.bottom {
                region(ui, "bottom panel", bottom, |ui| bottom::show(ui, cx));
                let range = 96.0..=(whole.height() * 0.6).max(96.0);
                if layout.bottom_is_open {
                    splitter(ui, "bottom", bottom, crate::widget::Edge::Top, &mut cx.workspace.panels.bottom, range);
                }
            }
            if let Some(side) = layout.side {
                docked_or_over(ui, "side panel", side, !layout.is_narrow, |ui| match &mut screen {
                    Some(screen) if screen.has_side(cx) => {
                        ui.painter().rect_filled(side, 0.0, tokens.panel);
                        screen.side_ui(ui, cx);
                    }
                    _ => self.side.ui(ui, cx),
                });
                let size = &mut cx.workspace.panels.side;
                splitter(ui, "side", side, crate::widget::Edge::Right, size, 200.0..=256.0);
            }
            self.inspector_is_over = layout.inspector.is_some() && !layout.inspector_docks;
            if let (Some(inspector), Some(screen)) = (layout.inspector, &mut screen) {
                docked_or_over(ui, "inspector", inspector, layout.inspector_docks, |ui| {
                    ui.painter().rect_filled(inspector, 0.0, tokens.panel);
                    screen.inspector_ui(ui, cx);
                });
                let size = &mut cx.workspace.panels.inspector;
                splitter(ui, "inspector", inspector, crate::widget::Edge::Left, size, 320.0..=400.0);
                if !layout.inspector_docks {
                    close_inspector(ui, cx, inspector);
                }
            }
        }
        if let (Some(tab), Some(screen)) = (tab, screen) {
            screens.insert(tab, screen);
        }
        self.overlay.show(ui, cx);
        notices::show(ui, cx, layout.status.top());
    }

    /// An overlay with a text field is open, so that shortcuts of the window do not act.
    #[must_use]
    pub fn takes_keys(&self) -> bool {
        self.overlay.is_open()
    }

    /// Opens the palette.
    pub fn open_palette(&mut self) {
        self.overlay = Overlay::palette();
    }

    /// Opens the keyboard map.
    pub fn open_key_map(&mut self) {
        self.overlay = Overlay::KeyMap;
    }

    /// Opens the list of problems.
    pub fn open_problems(&mut self) {
        self.overlay = Overlay::Problems;
    }

    /// Opens the dialog with the sandboxes.
    pub fn open_sandboxes(&mut self) {
        self.overlay = Overlay::sandboxes();
    }

    /// Opens the dialog for another lake, or focuses its field when no lake is open.
    pub fn open_lake_dialog(&mut self, ctx: &Context) {
        self.overlay = Overlay::lake();
        ctx.memory_mut(|memory| memory.request_focus(OpenLake::field()));
    }

    /// A lake was opened.
    pub fn lake_opened(&mut self) {
        if matches!(self.overlay, Overlay::OpenLake(_)) {
            self.overlay = Overlay::None;
        }
    }

    /// Closes the topmost thing; false if there is none.
    pub fn close_topmost(&mut self, ctx: &Context, panels: &mut Panels) -> bool {
        if self.overlay.is_open() {
            self.overlay = Overlay::None;
            return true;
        }
        if self.is_narrow && self.peek {
            self.peek = false;
            return true;
        }
        if self.inspector_is_over {
            panels.show_inspector(false);
            return true;
        }
        if let Some(focused) = ctx.memory(|memory| memory.focused()) {
            ctx.memory_mut(|memory| memory.surrender_focus(focused));
            return true;
        }
        false
    }

    /// Shows or hides the side panel over the centre; false in a wide window, where it docks.
    pub fn toggle_peek(&mut self) -> bool {
        self.peek = self.is_narrow && !self.peek;
        self.is_narrow
    }

    /// Hides a side panel that lies over the centre.
    pub fn end_peek(&mut self) {
        self.peek = false;
    }

    /// Focuses the tree's filter.
    pub fn focus_filter(&self, ctx: &Context) {
        ctx.memory_mut(|memory| memory.request_focus(Id::unique(FILTER)));
    }

    /// Moves the focus to the next region.
    pub fn next_region(&mut self, ctx: &Context) {
        let anchors = [Id::unique("region rail"), Id::unique(FILTER), Id::unique("region tabs")];
        if let Some(anchor) = anchors.get(self.region % anchors.len()) {
            ctx.memory_mut(|memory| memory.request_focus(*anchor));
        }
        self.region += 1;
    }
}

/// The button that closes an inspector over the centre, at its left edge.
fn close_inspector(ui: &Ui, cx: &mut Cx<'_>, inspector: Rect) {
    let at = pos2(inspector.left() - 28.0, inspector.top() + 8.0);
    Area::new(Id::unique("close inspector")).order(Order::Middle).fixed_pos(at).show(ui.ctx(), |ui| {
        let button = Button::new("").icon(icon::CLOSE).name("Close the inspector").tooltip("Close the inspector  Esc");
        if button.show(ui).clicked() {
            cx.workspace.panels.show_inspector(false);
        }
    });
}

/// A panel beside the centre, or over it where the window is too narrow.
fn docked_or_over(ui: &mut Ui, name: &str, rect: Rect, docks: bool, add: impl FnOnce(&mut Ui)) {
    if docks {
        region(ui, name, rect, add);
        return;
    }
    Area::new(Id::unique(("over", name))).order(Order::Middle).fixed_pos(rect.min).constrain(false).show(
        ui.ctx(),
        |ui| {
            ui.set_min_size(rect.size());
            ui.allocate_rect(rect, Sense::click_and_drag());
            region(ui, name, rect, add);
            ui.painter().rect_stroke(rect, 0.0, Stroke::new(1.0, ui.tokens().line), StrokeKind::Inside);
        },
    );
}

/// A part of the window with its own clip and accessible name.
fn region<R>(ui: &mut Ui, name: &str, rect: Rect, add: impl FnOnce(&mut Ui) -> R) -> R {
    let builder =
        UiBuilder::new().max_rect(rect).id_salt(("region", name)).accessibility_role(egui::accesskit::Role::Region);
    let mut child = ui.new_child(builder);
    child.set_clip_rect(rect.intersect(ui.clip_rect()));
    child.ctx().accesskit_node_builder(child.unique_id(), |node| node.set_label(name));
    add(&mut child)
}

fn no_tab(ui: &mut Ui, cx: &mut Cx<'_>) {
    let empty = cx.store.lake().value.is_some_and(|lake| lake.tables.is_empty());
    let (title, text, action) = if empty {
        ("No tables yet", "Onboard a folder of change files to get the first one", Some("Onboard tables…"))
    } else {
        ("Choose a table", "It opens here with its rows, versions and files", None)
    };
    let pressed = EmptyState { icon: icon::TABLE, title, text, action }.show(ui);
    if pressed.is_some_and(|response| response.clicked()) {
        cx.run(crate::command::Command::Open(ScreenKind::Onboard, None));
    }
}
