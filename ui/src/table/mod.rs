//! A table: overview, rows at any version, schema, history, files, contract.

use crate::design::icon;
use crate::screen::Screen;
use crate::state::Cx;
use crate::widget::EmptyState;
use egui::Ui;
use sluice_api::{Request, TableRef};

/// The screen of a table.
pub struct TableScreen {
    table: TableRef,
}

impl TableScreen {
    /// The screen.
    #[must_use]
    pub fn new(table: TableRef) -> Self {
        Self { table }
    }
}

impl Screen for TableScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        cx.want(Request::Table { table: self.table.clone(), version: None });
        EmptyState { icon: icon::TABLE, title: "Nothing to show yet", text: "", action: None }.show(ui);
    }
}
