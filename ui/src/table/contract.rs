//! The contract of a table as text: read, change, check, save into the draft.

use crate::command::Command;
use crate::design::{TokensExt, icon, typeface};
use crate::state::Cx;
use crate::widget::{Button, EmptyState, Tone, badge, panel_header};
use egui::{Frame, Margin, ScrollArea, TextEdit, Ui};
use sluice_api::{Request, TableView};

/// The text as edited.
#[derive(Default)]
pub(super) struct ContractPane {
    text: Option<String>,
    saved: Option<String>,
}

impl ContractPane {
    /// Draws it.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, view: &TableView) {
        let tokens = ui.tokens();
        let Some(contract) = &view.contract else {
            let text = "Onboard its folder to propose one";
            EmptyState { icon: icon::DESCRIPTION, title: "No contract", text, action: None }.show(ui);
            return;
        };
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
        let save = cx.take(&Command::Save);
        let mut pressed = false;
        Frame::NONE.inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
            panel_header(ui, "Contract", &format!("{}.yaml", view.table.name), |ui| {
                let why = if !edited {
                    Some("Nothing was changed")
                } else if !problems.is_empty() {
                    Some("Fix the problems first")
                } else {
                    None
                };
                pressed = Button::new("Save in draft").key("Ctrl S").disabled(why).show(ui).clicked()
                    || (save && why.is_none());
                if edited && Button::new("Discard").quiet().show(ui).clicked() {
                    text.clone_from(contract);
                }
                if edited {
                    badge(ui, Tone::Accent, Some(icon::EDIT), "Edited");
                }
            });
        });
        for problem in problems {
            Frame::NONE.inner_margin(Margin::symmetric(12, 2)).show(ui, |ui| {
                ui.horizontal_wrapped(|ui| {
                    ui.label(typeface::text(icon::ERROR, typeface::icons(14.0), tokens.fail));
                    let place = format!("line {} column {}", problem.line, problem.column);
                    ui.label(typeface::text(place, typeface::mono(12.0), tokens.text_weak));
                    ui.label(typeface::text(&problem.message, typeface::control(), tokens.text));
                    ui.label(typeface::text(&problem.fix, typeface::control(), tokens.text_weak));
                });
            });
        }
        ScrollArea::both().auto_shrink(false).show(ui, |ui| {
            let edit = TextEdit::multiline(&mut text)
                .code_editor()
                .font(typeface::mono(13.0))
                .text_color(tokens.text)
                .frame(Frame::NONE)
                .margin(Margin::symmetric(12, 8))
                .desired_width(f32::INFINITY)
                .desired_rows(24);
            ui.add(edit).accessible_name("Contract text");
        });
        if pressed {
            cx.send(Request::SaveContract { yaml: text.clone() });
        }
        self.text = Some(text);
    }
}
