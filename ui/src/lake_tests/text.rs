//! The text of a test: read, changed, saved into the draft.

use crate::code::{CodeEditor, CodeNote, yaml_colors};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, Tone, badge, error_banner, panel_header};
use egui::{Frame, Id, Label, Margin, Ui};
use sluice_api::{LakeTestResult, LakeTestView, Request, ask};

/// Draws it; true if the tests are to run again.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, view: &LakeTestView, result: Option<&LakeTestResult>) -> bool {
    ui.spacing_mut().item_spacing.y = 0.0;
    let name = format!("test {}", view.path);
    let mut text = cx.workspace.edited(&name, &view.text);
    let edited = text != view.text;
    let save = cx.take(&Command::Save);
    let mut pressed = false;
    let file = view.path.rsplit('/').next().unwrap_or(&view.path);
    Frame::NONE.inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
        panel_header(ui, "Test", "", |ui| {
            let why = (!edited).then_some("Nothing was changed");
            let button = Button::icon_only(icon::SAVE, "Save in the draft").key_of(&Command::Save).disabled(why);
            pressed = button.show(ui).clicked() || (save && edited);
            if edited && Button::icon_only(icon::UNDO, "Discard what was changed").show(ui).clicked() {
                view.text.clone_into(&mut text);
            }
            if edited {
                badge(ui, Tone::Accent, Some(icon::EDIT), "Edited");
            }
        });
        let name = typeface::text(file, typeface::mono(12.0), ui.tokens().text_weak);
        ui.add(Label::new(name).truncate()).on_hover_text(&view.path);
        ui.add_space(4.0);
    });
    let saved = cx.store.got::<ask::SaveLakeTest>(&(view.path.clone(),));
    let request = Request::SaveLakeTest { path: view.path.clone(), text: text.clone() };
    if let Some(error) = saved.error.filter(|_| !saved.pending)
        && error_banner(ui, error, "The draft has the former text")
    {
        cx.send(request.clone());
    }
    let notes: Vec<CodeNote> = match result {
        // What was changed has other lines.
        Some(result) if !edited => notes(result),
        _ => Vec::new(),
    };
    let id = Id::unique(("text of the test", view.path.as_str()));
    CodeEditor::new(&mut text, "Text of the test", id, &yaml_colors).notes(&notes).show(ui);
    if pressed {
        cx.send(request);
    }
    cx.workspace.keep_edited(&name, text, &view.text);
    pressed
}

fn notes(result: &LakeTestResult) -> Vec<CodeNote> {
    let problems = result.problems.iter().map(|problem| CodeNote {
        line: problem.line,
        column: problem.column,
        text: format!("{}. {}", problem.message, problem.fix),
    });
    let failures = result.failures.iter().map(|failure| CodeNote {
        line: failure.line,
        column: 1,
        text: format!("{}: {}", failure.what, failure.message),
    });
    problems.chain(failures).collect()
}
