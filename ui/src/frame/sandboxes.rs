//! Sandboxes of the lake: what they are for, a field for a new one, those that there are, and the way back.

use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, ListRow, TextField, Tone, banner, entered, error_banner, number, panel_header, toggle};
use egui::{Align, Frame, Layout, Margin, ScrollArea, Ui, vec2};
use sluice_api::{InSandbox, LakeView, Request, SandboxState, SandboxView, ask};

/// Width of the button beside the field.
const BUTTON: f32 = 132.0;
/// Height of a row of the list.
const ROW: f32 = 28.0;

/// The dialog.
#[derive(Default)]
pub(super) struct Sandboxes {
    name: String,
    under_lake: bool,
    focused: bool,
    /// The name that a new one was asked for with; it is opened once it is there.
    made: Option<ask::NewSandbox>,
    /// The one whose removal has to be pressed once more.
    removing: Option<String>,
}

impl Sandboxes {
    /// Draws it; true when it wants to close.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> bool {
        let Some(lake) = cx.store.lake().value else { return true };
        cx.want(Request::Sandboxes);
        let mut close = false;
        Frame::NONE.inner_margin(Margin::same(16)).show(ui, |ui| {
            panel_header(ui, "Sandboxes", "", |ui| {
                close = Button::icon_only(icon::CLOSE, "Close").key("Esc").show(ui).clicked();
            });
            let tokens = ui.tokens();
            let text = "A sandbox begins as the lake is now, without a copy of its data. Contracts and batches are tried \
                        there, and the lake stays as it is.";
            ui.add(egui::Label::new(typeface::text(text, typeface::control(), tokens.text_weak)).wrap());
            ui.add_space(12.0);
            match &lake.sandbox {
                Some(open) => close |= way_back(ui, cx, open),
                None => self.new_ui(ui, cx),
            }
            ui.add_space(12.0);
            close |= self.list_ui(ui, cx, lake);
        });
        close | self.open_made(cx)
    }

    fn new_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let mut make = false;
        let asked = self.made.as_ref().filter(|made| made.name == self.name.trim());
        let refused = asked.is_some_and(|made| cx.store.got::<ask::NewSandbox>(&(made.name.clone(),)).error.is_some());
        ui.horizontal(|ui| {
            let field = TextField::new(&mut self.name, "Name of a new sandbox")
                .hint("what-it-tries")
                .mono()
                .height(32.0)
                .width(ui.available_width() - BUTTON - 8.0)
                .invalid(refused)
                .show(ui);
            if !self.focused {
                field.request_focus();
                self.focused = true;
            }
            let entered = entered(ui, &field);
            let why = self.name.trim().is_empty().then_some("Write a name first");
            let button = Button::new("Make and open").height(32.0).width(BUTTON).disabled(why).show(ui);
            make = (entered || button.clicked()) && why.is_none();
        });
        let words = "Under the lake, so that others can open it too";
        ui.horizontal(|ui| {
            toggle(ui, words, &mut self.under_lake);
            ui.label(typeface::text(words, typeface::control(), ui.tokens().text));
        });
        if make {
            let name = self.name.trim().to_owned();
            let new = ask::NewSandbox { name, place: None, under_lake: self.under_lake, keep_seconds: None };
            cx.send(new.clone().into());
            self.made = Some(new);
        }
        if let Some(made) = &self.made {
            let got = cx.store.got::<ask::NewSandbox>(&(made.name.clone(),));
            if let Some(error) = got.error.filter(|_| !got.pending)
                && error_banner(ui, error, "The lake is unchanged")
            {
                cx.send(made.clone().into());
            }
            if got.pending {
                banner(ui, Tone::Neutral, "Making the sandbox", "", None);
            }
        }
    }

    /// Opens the sandbox that was asked for, once it is there.
    fn open_made(&mut self, cx: &mut Cx<'_>) -> bool {
        let Some(made) = &self.made else { return false };
        let got = cx.store.got::<ask::NewSandbox>(&(made.name.clone(),));
        let Some(place) = got.value.filter(|_| !got.pending && got.error.is_none()).map(|made| made.place.clone())
        else {
            return false;
        };
        self.made = None;
        cx.run(Command::OpenLake(Some(place)));
        true
    }

    fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, lake: &LakeView) -> bool {
        let tokens = ui.tokens();
        let store = cx.store;
        let got = store.got::<ask::Sandboxes>(&());
        if let Some(error) = got.error
            && error_banner(ui, error, "The lake is unchanged")
        {
            cx.send(Request::Sandboxes);
        }
        let found = got.value.map_or(&[][..], Vec::as_slice);
        let count = found.len().to_string();
        panel_header(ui, "Of this lake", &count, |_| {});
        if found.is_empty() && got.error.is_none() {
            let text = if got.pending { "…" } else { "None yet" };
            ui.label(typeface::text(text, typeface::control(), tokens.text_weak));
        }
        let open = lake.sandbox.as_ref().map(|open| open.sandbox.name.as_str());
        let mut chosen = None;
        ScrollArea::vertical().max_height(ui.available_height()).id_salt("sandboxes").show(ui, |ui| {
            for sandbox in found {
                if self.row(ui, cx, sandbox, open == Some(&sandbox.name)) {
                    chosen = Some(sandbox.place.clone());
                }
            }
        });
        let Some(place) = chosen else { return false };
        cx.run(Command::OpenLake(Some(place)));
        true
    }

    /// One sandbox; true when it was chosen.
    fn row(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, sandbox: &SandboxView, is_open: bool) -> bool {
        let tokens = ui.tokens();
        let mut chosen = false;
        let size = vec2(ui.available_width(), ROW);
        ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
            let sure = self.removing.as_ref() == Some(&sandbox.name);
            let why = is_open.then_some("It is open; go back to the lake first");
            let (words, name) = if sure {
                ("Remove for good", format!("Remove {} for good", sandbox.name))
            } else {
                ("Remove…", format!("Remove {}", sandbox.name))
            };
            if Button::new(words).quiet().name(&name).disabled(why).show(ui).clicked() {
                if sure {
                    cx.send(Request::RemoveSandbox { name: sandbox.name.clone() });
                    cx.send(Request::Sandboxes);
                    self.removing = None;
                } else {
                    self.removing = Some(sandbox.name.clone());
                }
            }
            let (color, note) = match sandbox.state {
                SandboxState::Open if is_open => (tokens.accent, "open here".to_owned()),
                SandboxState::Open => {
                    (tokens.accent, format!("by {}, kept until {}", sandbox.by, number::short_time(sandbox.expires_ms)))
                }
                other => (tokens.warn, format!("{}: remove it and make it again", other.as_str())),
            };
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let row = ListRow::new(&sandbox.name).mono().icon(icon::LOCK, color).note(&note).selected(is_open);
                let pressed = row.padding(0.0).show(ui).on_hover_text(&sandbox.place).clicked();
                chosen = pressed && !is_open && sandbox.state == SandboxState::Open;
            });
        });
        chosen
    }
}

/// The sandbox that is open, and the way back; true when it was taken.
fn way_back(ui: &mut Ui, cx: &mut Cx<'_>, open: &InSandbox) -> bool {
    let title = format!("You are in sandbox {}", open.sandbox.name);
    let until = number::short_time(open.sandbox.expires_ms);
    let text = format!("What is written stays in {}; its lake keeps what it needs until {until}", open.sandbox.place);
    if banner(ui, Tone::Accent, &title, &text, Some("Back to the lake")) {
        cx.run(Command::OpenLake(Some(open.base.clone())));
        return true;
    }
    false
}
