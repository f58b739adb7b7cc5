//! The contract of a table as text: read, change, check, save into the draft. Of gold, the model that makes it.

use crate::code::{CodeEditor, CodeNote, yaml_colors};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::icon;
use crate::widget::{Button, EmptyState, Tone, badge, number, panel_header};
use egui::{Frame, Id, Margin, Ui};
use sluice_api::{Layer, Request, TableView};

/// The text as edited.
#[derive(Default)]
pub(super) struct ContractPane {
    text: Option<String>,
    saved: Option<String>,
}

impl ContractPane {
    /// Draws it.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, view: &TableView) {
        let Some(contract) = &view.contract else {
            let text = "Onboard its folder to propose one";
            EmptyState { icon: icon::DESCRIPTION, title: "No contract", text, action: None }.show(ui);
            return;
        };
        if view.table.layer == Layer::Gold {
            model_ui(ui, view, contract);
            return;
        }
        if self.saved.as_ref() != Some(contract) {
            if self.text.is_none() || self.text == self.saved {
                self.text = Some(contract.clone());
            }
            self.saved = Some(contract.clone());
        }
        let Some(mut text) = self.text.clone() else { return };
        let edited = text != *contract;
        if edited {
            cx.want(Request::CheckContract { yaml: text.clone() });
        }
        let store = cx.store;
        let problems = store.check(&text).value.map(|check| check.problems.as_slice()).unwrap_or_default();
        let why = if !edited {
            Some("Nothing was changed")
        } else if problems.is_empty() {
            None
        } else {
            Some("Fix the problems first")
        };
        let save = cx.take(&Command::Save);
        let mut pressed = false;
        Frame::NONE.inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
            panel_header(ui, "Contract", &format!("{}.yaml", view.table.name), |ui| {
                let button = Button::of(&Command::Save).disabled(why).show(ui);
                pressed = button.clicked() || (save && why.is_none());
                if edited && Button::new("Discard").quiet().show(ui).clicked() {
                    text.clone_from(contract);
                }
                if !problems.is_empty() {
                    let count = number::plural(problems.len() as u64, "problem");
                    badge(ui, Tone::Fail, Some(icon::ERROR), &count);
                }
                if edited {
                    badge(ui, Tone::Accent, Some(icon::EDIT), "Edited");
                }
            });
        });
        let notes: Vec<CodeNote> = problems
            .iter()
            .map(|problem| CodeNote {
                line: problem.line,
                column: problem.column,
                text: format!("{}. {}", problem.message.trim_end_matches('.'), problem.fix),
            })
            .collect();
        // The id is fixed: a problem that comes or goes while one types leaves the focus where it is.
        let id = Id::unique(("contract of", view.table.to_string()));
        CodeEditor::new(&mut text, "Contract text", id, &yaml_colors).notes(&notes).show(ui);
        if pressed {
            cx.send(Request::SaveContract { yaml: text.clone() });
        }
        self.text = Some(text);
    }
}

/// The SQL of a model; it is edited in its file.
fn model_ui(ui: &mut Ui, view: &TableView, sql: &str) {
    Frame::NONE.inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
        let file = format!("models/{}/{}.sql", view.table.name.dataset, view.table.name.table);
        panel_header(ui, "Model", &file, |ui| {
            badge(ui, Tone::Neutral, Some(icon::LOCK), "Read only here, edit the file");
        });
    });
    let mut text = sql.to_owned();
    let id = Id::unique(("model of", view.table.to_string()));
    CodeEditor::new(&mut text, "Model text", id, &|_| Vec::new()).show(ui);
}
