//! What a screen is. Which one belongs to a tab is in [`crate::registry`], what the window knows of it without drawing
//! it in [`crate::state::ScreenKind`].

use crate::cx::Cx;
use egui::Ui;

/// A screen in a tab. Screens never do IPC: they ask and act through [`Cx`].
pub trait Screen {
    /// Draws the centre.
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>);

    /// Whether it has something to show in the inspector now.
    fn has_inspector(&self, _cx: &Cx<'_>) -> bool {
        false
    }

    /// Draws the inspector.
    fn inspector_ui(&mut self, _ui: &mut Ui, _cx: &mut Cx<'_>) {}

    /// Whether it brings a side panel of its own in place of the lake's tree.
    fn has_side(&self, _cx: &Cx<'_>) -> bool {
        false
    }

    /// Draws its own side panel; the fill is painted already.
    fn side_ui(&mut self, _ui: &mut Ui, _cx: &mut Cx<'_>) {}

    /// `Esc` was pressed and nothing lies over the screen; true if there was something to close or to stop.
    fn escape(&mut self, _cx: &mut Cx<'_>) -> bool {
        false
    }

    /// Its tab is closed, or its lake: stops what runs for it alone, and frees what the host keeps for it.
    fn closed(&mut self, _cx: &mut Cx<'_>) {}

    /// Whether it wants jobs and log below.
    fn has_bottom(&self) -> bool {
        false
    }
}
