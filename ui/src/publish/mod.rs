//! Publish, what the draft would change, and releases.

use crate::design::icon;
use crate::screen::Screen;
use crate::state::Cx;
use crate::widget::EmptyState;
use egui::Ui;

/// Publish, what the draft would change, and releases.
#[derive(Default)]
pub struct PublishScreen {}

impl PublishScreen {
    /// The screen.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Screen for PublishScreen {
    fn ui(&mut self, ui: &mut Ui, _cx: &mut Cx<'_>) {
        EmptyState { icon: icon::PUBLISH, title: "Nothing to show yet", text: "", action: None }.show(ui);
    }
}
