//! The contract of a table as text: read, change, check, save into the draft. Of gold, the model that makes it.

use super::model::ModelPane;
use super::problems;
use crate::code::{CodeEditor, CodeNote, yaml_colors};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::icon;
use crate::widget::{Button, EmptyState, Tone, badge, number, panel_header};
use egui::{Frame, Id, Margin, Rect, Ui, UiBuilder, pos2};
use sluice_api::{Layer, Request, TableView};

/// Contract, or model. What is edited and not saved is in the workspace, so that closing the tab loses nothing.
#[derive(Default)]
pub(super) struct ContractPane {
    model: ModelPane,
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
            self.model.ui(ui, cx, view, contract);
        } else {
            contract_ui(ui, cx, view, contract);
        }
    }
}

fn contract_ui(ui: &mut Ui, cx: &mut Cx<'_>, view: &TableView, contract: &str) {
    // Bronze and silver have the same one.
    let name = format!("contract {}", view.table.name);
    let mut text = cx.workspace.edited(&name, contract);
    let edited = text != contract;
    // One that was saved elsewhere with a mistake shows it before anybody edits.
    cx.want(Request::CheckContract { yaml: text.clone() });
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
                contract.clone_into(&mut text);
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
    let room = ui.available_rect_before_wrap();
    let split = pos2(room.right(), (room.bottom() - problems::HEIGHT).max(room.top()));
    let mut editor = ui.new_child(UiBuilder::new().max_rect(Rect::from_min_max(room.min, split)).id_salt("editor"));
    // The id is fixed: a problem that comes or goes while one types leaves the focus where it is.
    let id = Id::unique(("contract of", view.table.to_string()));
    CodeEditor::new(&mut text, "Contract text", id, &yaml_colors).notes(&notes).notes_apart().show(&mut editor);
    let below = Rect::from_min_max(pos2(room.left(), split.y), room.max);
    let mut below = ui.new_child(UiBuilder::new().max_rect(below).id_salt("problems"));
    problems::show(&mut below, &notes, &text, id);
    if pressed {
        cx.send(Request::SaveContract { yaml: text.clone() });
    }
    cx.workspace.keep_edited(&name, text, contract);
}
