//! The lake itself: examined when a person asks, because that writes an object.

use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::widget::{Button, ListRow, error_banner, panel_header};
use egui::{Frame, Margin, ScrollArea, Ui};
use sluice_api::{LakeCheckState, Request, ask};

/// Draws the panel; `asked`: whether the lake is examined.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, asked: &mut bool) {
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 0.0;
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        panel_header(ui, "The lake itself", "", |_| {});
        let text =
            "Store, rights, leftover files, cache and readers. Rights are proven on an object that is removed again";
        ui.add(egui::Label::new(typeface::text(text, typeface::control(), tokens.text_weak)).wrap());
        ui.add_space(8.0);
        let got = cx.store.got::<ask::LakeDoctor>(&());
        let why = got.pending.then_some("The lake is being examined");
        if Button::new("Examine the lake itself").icon(icon::RULE).disabled(why).show(ui).clicked() {
            *asked = true;
            cx.send(Request::LakeDoctor);
        }
        ui.add_space(8.0);
    });
    if !*asked {
        return;
    }
    let got = cx.store.got::<ask::LakeDoctor>(&());
    if let Some(error) = got.error
        && error_banner(ui, error, "Nothing was changed")
    {
        cx.send(Request::LakeDoctor);
    }
    let Some(report) = got.value else { return };
    ScrollArea::vertical().id_salt("checks of the lake").auto_shrink(false).show(ui, |ui| {
        for check in &report.checks {
            let (mark, color, word) = match check.state {
                LakeCheckState::Passed => (icon::CHECK, tokens.ok, "passed"),
                LakeCheckState::Unknown => (icon::HELP, tokens.text_weak, "unknown"),
                LakeCheckState::Warned => (icon::WARNING, tokens.warn, "warned"),
                LakeCheckState::Failed => (icon::ERROR, tokens.fail, "failed"),
            };
            let code = check.code.as_str();
            let name = format!("{word}, {code}: {}", check.sentence);
            let row = ListRow::new(code).mono().icon(mark, color).height(28.0).name(name);
            let shown = if check.advice.is_empty() {
                check.sentence.clone()
            } else {
                format!("{}. {}", check.sentence, check.advice)
            };
            row.show(ui).on_hover_text(shown);
        }
    });
}
