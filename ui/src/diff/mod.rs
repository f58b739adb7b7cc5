//! Diff: what changed between two versions.

use crate::design::icon;
use crate::screen::Screen;
use crate::state::Cx;
use crate::widget::EmptyState;
use egui::Ui;
use sluice_api::{Request, TableRef};

/// Diff: what changed between two versions.
pub struct DiffScreen {
    table: TableRef,
    versions: Option<(u64, u64)>,
}

impl DiffScreen {
    /// The screen.
    #[must_use]
    pub fn new(table: TableRef, versions: Option<(u64, u64)>) -> Self {
        Self { table, versions }
    }
}

impl Screen for DiffScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if let Some((from, to)) = self.versions {
            cx.want(Request::Diff { table: self.table.clone(), from, to });
        }
        EmptyState { icon: icon::DIFFERENCE, title: "Nothing to show yet", text: "", action: None }.show(ui);
    }
}
