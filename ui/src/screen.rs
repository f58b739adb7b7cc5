//! What a screen is, and which screen belongs to a tab.

use crate::state::{Cx, Tab};
use crate::{diff, onboard, publish, quality, replay, sql, table};
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

    /// Whether it wants jobs and log below.
    fn has_bottom(&self) -> bool {
        false
    }
}

/// The screen of a tab.
#[must_use]
pub fn screen_of(tab: &Tab) -> Box<dyn Screen> {
    match tab {
        Tab::Table { table } => Box::new(table::TableScreen::new(table.clone())),
        Tab::Replay { table } => Box::new(replay::ReplayScreen::new(table.clone())),
        Tab::Diff { table, versions } => Box::new(diff::DiffScreen::new(table.clone(), *versions)),
        Tab::Quality { table } => Box::new(quality::QualityScreen::new(table.clone())),
        Tab::Onboard => Box::new(onboard::OnboardScreen::new()),
        Tab::Sql { number } => Box::new(sql::SqlScreen::new(*number)),
        Tab::Publish => Box::new(publish::PublishScreen::new()),
    }
}
