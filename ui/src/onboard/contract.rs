//! The text of the contract with its problems, and saving it.

use super::edit::Edit;
use super::yaml::colors;
use crate::code::{CodeEditor, place_of};
use crate::command::Command;
use crate::design::{TokensExt, icon, typeface};
use crate::state::Cx;
use crate::widget::{Button, error_banner, icon_label, key_cap, number, panel_header};
use egui::{Frame, Id, Margin, Rect, Stroke, Ui, UiBuilder, pos2, vec2};
use sluice_api::Request;

const FOOTER: f32 = 80.0;

/// Id of the editor.
pub(super) fn editor_id() -> Id {
    Id::unique("contract text")
}

/// Draws header, editor and footer; returns the new text if it was edited.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, edit: &mut Edit, chosen: &mut Option<String>) -> Option<String> {
    let tokens = ui.tokens();
    let rect = ui.max_rect();
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut back = false;
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        panel_header(ui, "Contract", edit.file(), |ui| {
            let why = (edit.yaml == edit.proposed).then_some("The text is as it was proposed");
            back = Button::icon_only(icon::UNDO, "Back to the proposal").disabled(why).show(ui).clicked();
        });
    });
    let top = ui.cursor().top();
    let editor = Rect::from_min_max(pos2(rect.left(), top), pos2(rect.right(), rect.bottom() - FOOTER));
    let marked = chosen.as_deref().and_then(|name| edit.column(name)).map(|column| column.lines.clone());
    let notes = edit.notes();
    let mut text = edit.yaml.clone();
    let mut child = ui.new_child(UiBuilder::new().max_rect(editor).id_salt("contract"));
    child.set_clip_rect(editor.intersect(ui.clip_rect()));
    let output =
        CodeEditor::new(&mut text, "Contract text", editor_id(), &colors).notes(&notes).marked(marked).show(&mut child);
    if let Some(cursor) = output.cursor {
        let (line, _) = place_of(&text, cursor);
        let column = edit.columns.iter().find(|column| column.lines.contains(&line));
        *chosen = column.map(|column| column.name.clone()).or(chosen.take());
    }
    let footer = Rect::from_min_max(pos2(rect.left(), editor.bottom()), rect.max);
    ui.painter().hline(footer.x_range(), footer.top(), Stroke::new(1.0, tokens.line));
    let builder = UiBuilder::new().max_rect(footer.shrink2(vec2(12.0, 8.0))).id_salt("footer");
    let mut child = ui.new_child(builder);
    save_ui(&mut child, cx, edit);
    if back {
        return Some(edit.proposed.clone());
    }
    (text != edit.yaml).then_some(text)
}

/// What stands in the way, or that it is saved, and the button.
pub(super) fn save_ui(ui: &mut Ui, cx: &mut Cx<'_>, edit: &mut Edit) {
    let tokens = ui.tokens();
    let store = cx.store;
    let why = edit.unsavable();
    let saved = edit.saved.as_ref() == Some(&edit.yaml);
    let pending = edit.saving.as_ref().is_some_and(|yaml| store.saved(yaml).pending);
    ui.spacing_mut().item_spacing.y = 6.0;
    ui.horizontal(|ui| {
        let count = edit.problems.len() as u64;
        let (mark, color, words) = if count > 0 {
            let words = format!("{} to fix before it can be saved", number::plural(count, "problem"));
            (icon::ERROR, tokens.fail, words)
        } else if saved {
            (icon::CHECK, tokens.ok, "Saved in the draft of the lake".to_owned())
        } else {
            (icon::EDIT, tokens.text_weak, "Not saved yet".to_owned())
        };
        icon_label(ui, mark, 14.0, color, &words, typeface::control());
        if count > 0
            && let Some(key) = Command::NextProblem.key_text()
        {
            key_cap(ui, &key);
        }
    });
    let busy = pending.then(|| "It is being saved".to_owned());
    let why = busy.or(why);
    ui.horizontal(|ui| {
        let button = Button::new("Save contract").primary().icon(icon::SAVE).key_of(&Command::Save).height(32.0);
        if button.disabled(why.as_deref()).show(ui).clicked() {
            save(cx, edit);
        }
        if saved && let Some(contract) = &edit.contract {
            let replay = Button::new("Replay…").icon(icon::PLAY_CIRCLE).height(32.0);
            if replay.tooltip(format!("See the batches of {}", contract.name)).show(ui).clicked() {
                cx.run(Command::ReplayTable(contract.name.clone()));
            }
        }
    });
}

/// Saves the text into the lake, or says why not.
pub(super) fn save(cx: &mut Cx<'_>, edit: &mut Edit) {
    match edit.unsavable() {
        Some(why) => cx.notify(format!("Not saved. {why}"), true),
        None => {
            edit.saving = Some(edit.yaml.clone());
            cx.send(Request::SaveContract { yaml: edit.yaml.clone() });
        }
    }
}

/// Takes over the outcome of the last save; draws its error.
pub(super) fn outcome(ui: &mut Ui, cx: &mut Cx<'_>, edit: &mut Edit) {
    let Some(yaml) = edit.saving.clone() else { return };
    let got = cx.store.saved(&yaml);
    if got.pending {
        return;
    }
    if let Some(error) = got.error {
        if error_banner(ui, error, "The contract was not saved, the text stays here") {
            save(cx, edit);
        }
    } else if got.value.is_some() {
        edit.saved = Some(yaml);
        edit.saving = None;
    }
}
