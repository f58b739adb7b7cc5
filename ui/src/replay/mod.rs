//! Replay: batches of a table and what they did.

use crate::design::icon;
use crate::screen::Screen;
use crate::state::Cx;
use crate::widget::EmptyState;
use egui::Ui;
use sluice_api::{Request, TableName};

/// Replay: batches of a table and what they did.
pub struct ReplayScreen {
    table: TableName,
}

impl ReplayScreen {
    /// The screen.
    #[must_use]
    pub fn new(table: TableName) -> Self {
        Self { table }
    }
}

impl Screen for ReplayScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        cx.want(Request::Replay { table: self.table.clone() });
        EmptyState { icon: icon::PLAY_CIRCLE, title: "Nothing to show yet", text: "", action: None }.show(ui);
    }
}
