//! What holds before publishing, the note, and the name to type.

use super::plan::{base, count, release};
use crate::command::Command;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, TextField, icon_label, number, panel_header, text_clipped};
use egui::{Align2, Frame, Margin, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use sluice_api::{Grade, PublishPlan};

/// Texts of the two fields.
#[derive(Default)]
pub(super) struct Confirm {
    /// Release name as typed.
    pub typed: String,
    /// Note for the release.
    pub note: String,
}

impl Confirm {
    /// Draws note, name and button; true when it was pressed. `why` is the reason that it is disabled.
    pub(super) fn show(&mut self, ui: &mut Ui, plan: &PublishPlan, why: Option<&str>) -> bool {
        let tokens = ui.tokens();
        let next = release(plan.next);
        ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
        ui.label(typeface::text("Note for the release", typeface::control(), tokens.text_weak));
        TextField::new(&mut self.note, "Note for the release").hint("What changes and why").height(32.0).show(ui);
        let mut pressed = false;
        ui.horizontal(|ui| {
            let wrong = !self.typed.is_empty() && !next.starts_with(self.typed.trim());
            let field = TextField::new(&mut self.typed, "Release name").hint(&next).mono().width(96.0).height(32.0);
            field.invalid(wrong).show(ui);
            let label = format!("Publish {next}");
            let width = ui.available_width();
            let button = Button::new(&label).primary().icon(icon::PUBLISH).key_of(&Command::RunText).height(32.0);
            pressed = button.width(width).disabled(why).show(ui).clicked();
        });
        let kept = match plan.base {
            Some(base) => format!("Type the release name to confirm. {} is kept.", release(base)),
            None => "Type the release name to confirm.".to_owned(),
        };
        ui.label(typeface::text(kept, typeface::caption(), tokens.text_faint));
        pressed
    }
}

/// What holds before publishing, and the fingerprints that the runner has to reach.
pub(super) fn before(ui: &mut Ui, plan: &PublishPlan) {
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 0.0;
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        panel_header(ui, "Before you publish", "", |_| {});
        let line = |ui: &mut Ui, ok: bool, words: &str| {
            let (mark, color) = if ok { (icon::CHECK, tokens.ok) } else { (icon::WARNING, tokens.warn) };
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
            let y = rect.center().y;
            ui.painter().text(pos2(rect.left() + 7.0, y), Align2::CENTER_CENTER, mark, typeface::icons(14.0), color);
            let at = pos2(rect.left() + 24.0, y);
            text_clipped(ui, Align2::LEFT_CENTER, at, rect.width() - 24.0, words, typeface::control(), tokens.text);
        };
        line(ui, true, &format!("Compared with {}", base(plan)));
        line(ui, true, &format!("{} in the draft", number::plural(plan.contracts, "contract")));
        let breaking = count(plan, Grade::Breaking);
        if breaking > 0 {
            line(
                ui,
                false,
                &format!("{}, tell those who read the tables", number::plural(breaking, "breaking change")),
            );
        }
        match plan.blockers.len() as u64 {
            0 => line(ui, true, "Every contract is valid, no check stands in the way"),
            found => line(ui, false, &format!("{} in the way", number::plural(found, "problem"))),
        }
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
                text_clipped(
                    ui,
                    Align2::LEFT_CENTER,
                    top,
                    rect.width() - 64.0,
                    &name,
                    typeface::control(),
                    tokens.text,
                );
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
            let text = "A runner that ends elsewhere is seen at once.";
            ui.label(typeface::text(text, typeface::caption(), tokens.text_faint));
        });
    });
}

/// The first 16 hex digits in groups of four.
fn grouped(hash: &str) -> String {
    let digits: Vec<char> = hash.chars().take(16).collect();
    digits.chunks(4).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
