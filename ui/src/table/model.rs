//! The SQL of a gold model: read, change, save into the draft.

use crate::code::{CodeEditor, CodeNote, place_in, sql};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::icon;
use crate::state::Tab;
use crate::widget::{Button, Tone, badge, error_banner, panel_header};
use egui::{Frame, Id, Margin, Ui};
use sluice_api::{Request, TableView};

/// The model of one table.
#[derive(Default)]
pub(super) struct ModelPane {
    /// The text that was last sent to be saved.
    sent: Option<String>,
}

impl ModelPane {
    /// Draws it.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, view: &TableView, model: &str) {
        let kept = format!("model {}", view.table.name);
        let mut text = cx.workspace.edited(&kept, model);
        let name = &view.table.name;
        let edited = text != model;
        let store = cx.store;
        let sent = self.sent.as_ref().map(|sent| store.saved_model(name, sent));
        let refused = sent.filter(|_| edited).and_then(|sent| sent.error);
        let why = (!edited).then_some("Nothing was changed");
        let mut save = cx.take(&Command::Save) && why.is_none();
        Frame::NONE.inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
            let file = format!("models/{}/{}.sql", name.dataset, name.table);
            panel_header(ui, "Model", &file, |ui| {
                save |= Button::of(&Command::Save).disabled(why).show(ui).clicked();
                let run = Button::new("Run as a query").quiet().tooltip("In a new tab, the table stays as it is");
                if run.show(ui).clicked() {
                    let number = cx.workspace.new_query(text.clone());
                    cx.open(Tab::Sql { number });
                }
                if edited && Button::new("Discard").quiet().show(ui).clicked() {
                    model.clone_into(&mut text);
                }
                if edited {
                    badge(ui, Tone::Accent, Some(icon::EDIT), "Edited");
                }
            });
        });
        if let Some(error) = refused {
            save |= error_banner(ui, error, "The model in the draft stays as it was");
        }
        let note = refused.filter(|_| self.sent.as_ref() == Some(&text)).and_then(|error| {
            let (line, column) = place_in(&error.message)?;
            Some(CodeNote { line, column, text: error.message.clone() })
        });
        let notes: Vec<CodeNote> = note.into_iter().collect();
        let id = Id::unique(("model of", view.table.to_string()));
        CodeEditor::new(&mut text, "Model text", id, &sql::colors).notes(&notes).show(ui);
        if save {
            self.sent = Some(text.clone());
            cx.send(Request::SaveModel { name: name.clone(), sql: text.clone() });
        }
        cx.workspace.keep_edited(&kept, text, model);
    }
}
