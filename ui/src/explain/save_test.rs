//! The events of the row as a test of the lake.

use super::state::ExplainScreen;
use crate::command::Command;
use crate::cx::Cx;
use crate::design::icon;
use crate::state::{Got, Tab};
use crate::widget::{Button, Tone, banner, error_banner};
use egui::Ui;
use sluice_api::{Request, SavedTest, ask};

impl ExplainScreen {
    fn saved_test<'a>(&self, cx: &Cx<'a>) -> Got<'a, SavedTest> {
        cx.store.got::<ask::ExplainTest>(&(self.table.clone(), self.key.columns.clone()))
    }

    fn save_test(&mut self, cx: &mut Cx<'_>) {
        self.saves_test = true;
        let (table, key) = (self.table.clone(), self.key.columns.clone());
        cx.send(Request::ExplainTest { table, key, version: None, name: None, save: true });
    }

    /// The button.
    pub(super) fn save_test_button(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let why = self.saved_test(cx).pending.then_some("The test is being written");
        let hint = "These events as a test that expects what silver has; personal values are replaced";
        let button = Button::new("Save as test").icon(icon::RULE).tooltip(hint).disabled(why);
        if button.show(ui).clicked() {
            self.save_test(cx);
        }
    }

    /// What came of it.
    pub(super) fn save_test_outcome(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let got = self.saved_test(cx);
        if !self.saves_test || got.pending {
            return;
        }
        if let Some(error) = got.error {
            if error_banner(ui, error, "No test was written") {
                self.save_test(cx);
            }
        } else if let Some(saved) = got.value {
            let text = "Edit the rows that it expects to what they should be";
            if banner(ui, Tone::Ok, &format!("The test is {}", saved.path), text, Some("Open tests")) {
                self.saves_test = false;
                cx.run(Command::OpenTab(Tab::LakeTests {}));
            }
        }
    }
}
