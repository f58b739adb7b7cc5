//! Plans as files: the one on screen is saved, one that was saved comes to the front to be published exactly.

use super::PublishScreen;
use super::plan::short;
use crate::cx::Cx;
use crate::state::Got;
use crate::widget::{Button, FileAsk, FileOutcome, Tone, banner};
use egui::Ui;
use sluice_api::{PublishPlan, PublishScope, Request, ask};

impl PublishScreen {
    /// The two buttons.
    pub(super) fn plan_files(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, plan: &PublishPlan) {
        let store = cx.store;
        ui.spacing_mut().item_spacing.x = 4.0;
        let ask = FileAsk {
            button: Button::new("Save plan…").quiet().tooltip("To review it, and publish exactly that"),
            field: "File for the plan",
            hint: "~/plan.json",
            verb: "Save the plan on screen",
            note: "A new file; `sluice publish --apply` takes it, too",
        };
        let asked = self.saved.asked().map(str::to_owned);
        let saved = asked.and_then(|file| {
            let words = format!("The plan is in {file}");
            outcome(store.got::<ask::SavePlan>(&(file,)), |()| words)
        });
        if let Some(file) = self.saved.show(ui, ask, saved) {
            cx.send(Request::SavePlan { file, plan: Box::new(plan.document.clone()) });
        }
        let ask = FileAsk {
            button: Button::new("Open plan…").quiet().tooltip("A plan that was saved comes to the front"),
            field: "File of a plan",
            hint: "~/plan.json",
            verb: "Open the plan",
            note: "It is refused if it was edited, or if base, draft or engine moved since",
        };
        let asked = self.file.asked().map(str::to_owned);
        let opened = asked.clone().and_then(|file| {
            let found = store.got::<ask::OpenPlan>(&(file,));
            outcome(found, |document| format!("Plan {} is in front", short(&document.plan)))
        });
        if let Some(file) = self.file.show(ui, ask, opened) {
            self.waits_for_plan = true;
            cx.send(Request::OpenPlan { file });
        }
        if self.waits_for_plan
            && let Some(file) = asked
        {
            let got = store.got::<ask::OpenPlan>(&(file,));
            if !got.pending {
                self.waits_for_plan = false;
            }
            if let Some(document) = got.value.filter(|_| !got.pending && got.error.is_none()) {
                let (scope, document) = (document.scope.clone(), Box::new(document.clone()));
                cx.send(Request::PublishPlan { scope, plan: Some(document.clone()) });
                self.confirm.typed.clear();
                self.opened = Some(document);
            }
        }
    }

    /// Says which plan is in front, if it is one of a file.
    pub(super) fn opened_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(document) = &self.opened else { return };
        let title = format!("Plan {} of {} is in front", short(&document.plan), self.file.asked().unwrap_or("a file"));
        let text = "What is published is exactly this plan; where it is stale, nothing is";
        if banner(ui, Tone::Info, &title, text, Some("Back to the draft")) {
            self.close_plan(cx);
        }
    }

    /// Back from the plan of a file to that of the draft.
    pub(super) fn close_plan(&mut self, cx: &mut Cx<'_>) {
        if let Some(document) = self.opened.take() {
            self.confirm.typed.clear();
            // The answer was judged by the plan of the file.
            cx.send(Request::PublishPlan { scope: document.scope.clone(), plan: None });
            if document.scope != PublishScope::Draft {
                cx.send(Request::PublishPlan { scope: PublishScope::Draft, plan: None });
            }
        }
    }
}

fn outcome<'a, T>(got: Got<'a, T>, words: impl FnOnce(&T) -> String) -> Option<FileOutcome<'a>> {
    match (got.pending, got.error, got.value) {
        (true, ..) => Some(FileOutcome::Pending),
        (false, Some(error), _) => Some(FileOutcome::Failed(error)),
        (false, None, Some(value)) => Some(FileOutcome::Done(words(value))),
        (false, None, None) => None,
    }
}
