//! A button that asks for the path of a file, and says what came of it.

use super::{Button, TextField, entered as entered_in, number};
use crate::design::{TokensExt, typeface};
use crate::state::Got;
use egui::{Align, Frame, Label, Layout, Margin, Popup, PopupCloseBehavior, Ui};
use sluice_api::{ApiError, ExportedFile};

const WIDTH: f32 = 360.0;

/// The path as it is typed, and the one that was asked for last.
#[derive(Clone, Debug, Default)]
pub struct FilePrompt {
    file: String,
    asked: Option<String>,
    /// The field had the focus once since the popup opened.
    focused: bool,
}

/// What is asked for.
pub struct FileAsk<'a> {
    /// The button that opens the popup.
    pub button: Button<'a>,
    /// Accessible name of the field.
    pub field: &'a str,
    /// An example of a path.
    pub hint: &'a str,
    /// Label of the button that does it.
    pub verb: &'a str,
    /// What stands below the field.
    pub note: &'a str,
}

/// What came of it.
pub enum FileOutcome<'a> {
    /// It is under way.
    Pending,
    /// It did not work.
    Failed(&'a ApiError),
    /// It worked, in words.
    Done(String),
}

impl FilePrompt {
    /// The path that was asked for last.
    #[must_use]
    pub fn asked(&self) -> Option<&str> {
        self.asked.as_deref()
    }

    /// Draws the button and, while it is open, the popup; the path, once it was entered.
    pub fn show(&mut self, ui: &mut Ui, ask: FileAsk<'_>, outcome: Option<FileOutcome<'_>>) -> Option<String> {
        let opener = ask.button.show(ui);
        let mut entered = None;
        let shown = Popup::menu(&opener).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
            Frame::NONE.inner_margin(Margin::same(8)).show(ui, |ui| {
                let tokens = ui.tokens();
                ui.set_width(WIDTH);
                ui.spacing_mut().item_spacing.y = 8.0;
                let field = TextField::new(&mut self.file, ask.field).hint(ask.hint).mono().height(32.0).show(ui);
                if !std::mem::replace(&mut self.focused, true) {
                    field.request_focus();
                }
                let by_key = entered_in(ui, &field);
                let why = self.file.trim().is_empty().then_some("Write the path of a file first");
                let by_button = Button::new(ask.verb).primary().height(32.0).disabled(why).show(ui).clicked();
                if (by_key || by_button) && why.is_none() {
                    entered = Some(self.file.trim().to_owned());
                }
                let words = |ui: &mut Ui, text: &str, color| {
                    // The popup justifies what is in it.
                    ui.with_layout(Layout::top_down(Align::LEFT), |ui| {
                        ui.add(Label::new(typeface::text(text, typeface::control(), color)).wrap());
                    });
                };
                match outcome {
                    None => words(ui, ask.note, tokens.text_weak),
                    Some(FileOutcome::Pending) => words(ui, "…", tokens.text_weak),
                    Some(FileOutcome::Done(text)) => words(ui, &text, tokens.ok),
                    Some(FileOutcome::Failed(error)) => {
                        words(ui, &error.message, tokens.fail);
                        words(ui, &error.next, tokens.text);
                    }
                }
            });
        });
        if shown.is_none() {
            self.focused = false;
        }
        if entered.is_some() {
            self.asked.clone_from(&entered);
        }
        entered
    }
}

/// What came of an export.
#[must_use]
pub fn exported(got: Got<'_, ExportedFile>) -> Option<FileOutcome<'_>> {
    match (got.pending, got.error, got.value) {
        (true, ..) => Some(FileOutcome::Pending),
        (false, Some(error), _) => Some(FileOutcome::Failed(error)),
        (false, None, Some(done)) => {
            Some(FileOutcome::Done(format!("{} in {}", number::plural(done.rows, "row"), done.file)))
        }
        (false, None, None) => None,
    }
}
