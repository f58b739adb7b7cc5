//! Onboarding, from change files to contracts.

use crate::design::icon;
use crate::screen::Screen;
use crate::state::Cx;
use crate::widget::EmptyState;
use egui::Ui;

/// Onboarding, from change files to contracts.
#[derive(Default)]
pub struct OnboardScreen {}

impl OnboardScreen {
    /// The screen.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Screen for OnboardScreen {
    fn ui(&mut self, ui: &mut Ui, _cx: &mut Cx<'_>) {
        EmptyState { icon: icon::PLAYLIST_ADD, title: "Nothing to show yet", text: "", action: None }.show(ui);
    }
}
