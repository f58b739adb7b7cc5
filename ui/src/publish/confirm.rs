//! What holds before publishing, who publishes and why, and the name to type.

use super::plan::{base, count, decided, short};
use crate::command::Command;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, TextField, icon_label, number, panel_header, text_clipped};
use egui::{Align2, Frame, Margin, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use sluice_api::{Grade, LakeTestReport, PublishPlan};

/// Texts of the fields.
#[derive(Default)]
pub(crate) struct Confirm {
    /// Release name as typed.
    pub typed: String,
    /// Message of the release.
    pub message: String,
    /// Author as typed; empty for the one whom the host names.
    pub author: String,
    /// Build the release beside production first.
    pub canary: bool,
    /// Why a test that does not pass does not count, as typed.
    pub despite_tests: String,
}

impl Confirm {
    /// The author, if one is typed.
    pub(crate) fn named_author(&self) -> Option<String> {
        Some(self.author.trim().to_owned()).filter(|author| !author.is_empty())
    }

    /// Why it is published though a test does not pass.
    pub(crate) fn without_tests(&self) -> Option<String> {
        Some(self.despite_tests.trim().to_owned()).filter(|because| !because.is_empty())
    }

    /// Draws the field for why tests do not count, where one does not pass.
    pub(super) fn despite_tests_ui(&mut self, ui: &mut Ui, plan: &PublishPlan) {
        if plan.tests.as_ref().is_some_and(LakeTestReport::has_failures) {
            let field = TextField::new(&mut self.despite_tests, "Why the tests do not count");
            field.hint("Why to publish without the tests").height(32.0).show(ui);
        }
    }

    /// Draws message, author, name and button; true when it was pressed. `name` is to be typed, `label` is that of the
    /// button, `why` is the reason that it is disabled, and `foot` stands below.
    pub(crate) fn show(&mut self, ui: &mut Ui, author: Option<&str>, asked: &Asked<'_>, why: Option<&str>) -> bool {
        let tokens = ui.tokens();
        ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
        ui.label(typeface::text("Message and author", typeface::control(), tokens.text_weak));
        TextField::new(&mut self.message, "Message of the release").hint("What changes and why").height(32.0).show(ui);
        let hint = author.unwrap_or("Your name");
        TextField::new(&mut self.author, "Author").hint(hint).height(32.0).show(ui);
        let mut pressed = false;
        ui.horizontal(|ui| {
            let wrong = !self.typed.is_empty() && !asked.name.starts_with(self.typed.trim());
            let field =
                TextField::new(&mut self.typed, "Release name").hint(asked.name).mono().width(96.0).height(32.0);
            field.invalid(wrong).show(ui);
            let width = ui.available_width();
            let button = Button::new(asked.label).primary().icon(asked.icon).key_of(&Command::RunText).height(32.0);
            pressed = button.width(width).disabled(why).show(ui).clicked();
        });
        ui.label(typeface::text(asked.foot, typeface::caption(), tokens.text_faint));
        pressed
    }
}

/// What a person is asked to confirm.
pub(crate) struct Asked<'a> {
    /// The name to type.
    pub name: &'a str,
    /// Label of the button.
    pub label: &'a str,
    /// Its icon.
    pub icon: char,
    /// What stands below it.
    pub foot: &'a str,
}

/// What holds before publishing, and the fingerprints that the runner has to reach.
pub(super) fn before(ui: &mut Ui, plan: &PublishPlan) {
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 0.0;
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        panel_header(ui, "Before you publish", "", |_| {});
        line(ui, true, &format!("Compared with {}", base(plan)));
        line(ui, true, &format!("{} in the release", number::plural(plan.contracts, "contract")));
        let taken = plan.document.taken.len() as u64;
        if taken > 0 {
            line(ui, true, &format!("{} of the draft, the others stay as they are", number::plural(taken, "table")));
        }
        let breaking = count(plan, Grade::Breaking);
        if breaking > 0 {
            line(
                ui,
                false,
                &format!("{}, tell those who read the tables", number::plural(breaking, "breaking change")),
            );
        }
        for decided in decided(plan) {
            line(ui, true, &decided);
        }
        match plan.blockers.len() as u64 {
            0 => line(ui, true, "Every contract is valid, no check stands in the way"),
            found => line(ui, false, &format!("{} in the way", number::plural(found, "problem"))),
        }
        match &plan.tests {
            Some(tests) if !tests.tests.is_empty() => line(ui, !tests.has_failures(), &tests.summary()),
            Some(_) => line(ui, true, "There are no tests; Tests shows how to write one"),
            None => {}
        }
        agreement(ui, plan);
        ui.add_space(8.0);
        panel_header(ui, "Plan", "", |ui| {
            let copy = Button::icon_only(icon::CONTENT_COPY, "Copy the plan's hash");
            if copy.show(ui).clicked() {
                ui.ctx().copy_text(plan.document.plan.clone());
            }
        });
        let hash = short(&plan.document.plan);
        fact(ui, &format!("Plan {hash}, {}", plan.document.engine), hash, &plan.document.engine);
        ui.add_space(8.0);
        let note = number::count(plan.fingerprints.len() as u64);
        panel_header(ui, "Fingerprints to reach", &note, |_| {});
    });
    ScrollArea::vertical().id_salt("fingerprints").auto_shrink(false).show(ui, |ui| {
        Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
            if plan.fingerprints.is_empty() {
                let text = "No silver table was built yet, so there is nothing to compare";
                icon_label(ui, icon::INFO, 14.0, tokens.text_weak, text, typeface::control());
            }
            for (table, version, hash) in &plan.fingerprints {
                let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::hover());
                let name = table.to_string();
                response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name} v{version} {hash}")));
                let top = pos2(rect.left(), rect.top() + 11.0);
                let room = rect.width() - 64.0;
                text_clipped(ui, Align2::LEFT_CENTER, top, room, &name, typeface::control(), tokens.text);
                let right = pos2(rect.right(), top.y);
                let font = typeface::mono(12.0);
                ui.painter().text(right, Align2::RIGHT_CENTER, format!("v{version}"), font, tokens.text_weak);
                let at = pos2(rect.left(), rect.top() + 28.0);
                let words = grouped(hash);
                let font = typeface::mono(12.0);
                text_clipped(ui, Align2::LEFT_CENTER, at, rect.width(), &words, font, tokens.text_strong);
                response.on_hover_text(hash);
            }
            ui.add_space(4.0);
            let text = "The runner compares with the same inputs, and publishes nothing that differs. Releases shows \
                        which were reached.";
            ui.label(typeface::text(text, typeface::caption(), tokens.text_faint));
        });
    });
}

/// Who has to agree, and who asked for a pause.
fn agreement(ui: &mut Ui, plan: &PublishPlan) {
    if plan.approvals_needed > 0 {
        let given = plan.proposal.as_ref().map_or(0, |proposal| proposal.approvals.len());
        let text = format!("{given} of {}", number::plural(u64::from(plan.approvals_needed), "approval"));
        let text = match &plan.proposal {
            Some(proposal) => format!("{text}, proposed by {}, whose own does not count", proposal.author),
            None => format!("{text}, not proposed yet"),
        };
        line(ui, !plan.waits_for_approval(), &text);
    }
    if let Some(lock) = &plan.lock {
        line(ui, false, &format!("Locked by {}: {}", lock.by, lock.because));
    }
}

fn line(ui: &mut Ui, ok: bool, words: &str) {
    let tokens = ui.tokens();
    let (mark, color) = if ok { (icon::CHECK, tokens.ok) } else { (icon::WARNING, tokens.warn) };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    let y = rect.center().y;
    ui.painter().text(pos2(rect.left() + 7.0, y), Align2::CENTER_CENTER, mark, typeface::icons(14.0), color);
    let at = pos2(rect.left() + 24.0, y);
    text_clipped(ui, Align2::LEFT_CENTER, at, rect.width() - 24.0, words, typeface::control(), tokens.text);
    response.on_hover_text(words);
}

/// A value in mono, and what stands right of it.
fn fact(ui: &mut Ui, name: &str, value: &str, right: &str) {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
    let font = typeface::mono(12.0);
    ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, value, font.clone(), tokens.text_strong);
    ui.painter().text(rect.right_center(), Align2::RIGHT_CENTER, right, font, tokens.text_weak);
}

/// The first 16 hex digits in groups of four.
fn grouped(hash: &str) -> String {
    let digits: Vec<char> = hash.chars().take(16).collect();
    digits.chunks(4).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
