//! Quality: checks and quarantine of a table.

use crate::design::icon;
use crate::screen::Screen;
use crate::state::Cx;
use crate::widget::EmptyState;
use egui::Ui;
use sluice_api::{Request, TableName};

/// Quality: checks and quarantine of a table.
pub struct QualityScreen {
    table: TableName,
}

impl QualityScreen {
    /// The screen.
    #[must_use]
    pub fn new(table: TableName) -> Self {
        Self { table }
    }
}

impl Screen for QualityScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        cx.want(Request::Quality { table: self.table.clone() });
        EmptyState { icon: icon::VERIFIED, title: "Nothing to show yet", text: "", action: None }.show(ui);
    }
}
