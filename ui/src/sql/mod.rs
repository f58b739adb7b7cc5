//! SQL: a query, its result and a chart.

use crate::design::icon;
use crate::screen::Screen;
use crate::state::Cx;
use crate::widget::EmptyState;
use egui::Ui;


/// SQL: a query, its result and a chart.
pub struct SqlScreen {
    number: u32,
}

impl SqlScreen {
    /// The screen.
    #[must_use]
    pub fn new(number: u32) -> Self {
        Self { number }
    }
}

impl Screen for SqlScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let _ = cx.workspace.sql.get(&self.number);
        EmptyState { icon: icon::TERMINAL, title: "Nothing to show yet", text: "", action: None }.show(ui);
    }
}
