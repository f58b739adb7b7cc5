//! Releases, plans that wait, and the rules of the lake.

use super::state::{Asked, Chosen};
use crate::design::{TokensExt, icon, typeface};
use crate::publish::plan::{release, short};
use crate::widget::{Button, ListRow, TextField, number, panel_header, rule, text_clipped};
use egui::{Align2, Frame, Margin, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use sluice_api::{ReleaseList, ReleaseView};

/// Draws it; what was clicked. `because` is the reason for a lock as it is typed.
pub(super) fn show(ui: &mut Ui, list: &ReleaseList, shown: Option<&Chosen>, because: &mut String) -> Option<Asked> {
    let tokens = ui.tokens();
    let mut chosen = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    header(ui, "Releases", &number::count(list.releases.len() as u64));
    ScrollArea::vertical().id_salt("releases side").auto_shrink(false).show(ui, |ui| {
        for each in &list.releases {
            let this = Chosen::Release(each.release);
            let is_shown = shown == Some(&this) || shown == Some(&Chosen::Rollback(each.release));
            if row(ui, each, is_shown) {
                chosen = Some(Asked::Show(this));
            }
        }
        if list.releases.is_empty() {
            ListRow::new("Nothing published yet").color(tokens.text_weak).show(ui);
        }
        ui.add_space(8.0);
        rule(ui);
        header(ui, "Waits for approval", &number::count(list.proposals.len() as u64));
        for proposal in &list.proposals {
            let this = Chosen::Proposal(proposal.document.plan.clone());
            let name = short(&proposal.document.plan);
            let given = format!("{} of {}", proposal.approvals.len(), proposal.approvals_needed);
            let stale = proposal.overtaken_by.map(|by| format!(", stale, {} is current", release(by)));
            let spoken = format!("Plan {name} by {}, {given} approved{}", proposal.author, stale.unwrap_or_default());
            let color = if proposal.overtaken_by.is_some() { tokens.warn } else { tokens.text_weak };
            let line = ListRow::new(name).mono().note(&proposal.author).selected(shown == Some(&this));
            if line.right(given, color).name(spoken).show(ui).on_hover_text(&proposal.message).clicked() {
                chosen = Some(Asked::Show(this));
            }
        }
        if list.proposals.is_empty() {
            ListRow::new("No plan was proposed").color(tokens.text_weak).show(ui);
        }
        ui.add_space(8.0);
        rule(ui);
        header(ui, "Rules of this lake", "");
        let approvals = match list.approvals_needed {
            0 => "none".to_owned(),
            needed => format!("{needed} beside the author"),
        };
        rule_row(ui, "Approvals", &approvals);
        let lock = list.lock.as_ref().map_or_else(|| "none open".to_owned(), |lock| format!("by {}", lock.by));
        rule_row(ui, "Incident lock", &lock);
        Frame::NONE.inner_margin(Margin::symmetric(12, 4)).show(ui, |ui| {
            if list.lock.is_some() {
                if Button::new("Unlock publishing").icon(icon::LOCK).show(ui).clicked() {
                    chosen = Some(Asked::Unlock);
                }
                return;
            }
            TextField::new(because, "Reason for the lock").hint("Why, for example incident 4711").show(ui);
            ui.add_space(4.0);
            let why = because.trim().is_empty().then_some("Say why first");
            let button = Button::new("Lock publishing").icon(icon::LOCK).disabled(why);
            if button.tooltip("Nothing but a rollback is published until it is unlocked").show(ui).clicked() {
                chosen = Some(Asked::Lock(because.trim().to_owned()));
            }
        });
    });
    chosen
}

fn header(ui: &mut Ui, title: &str, note: &str) {
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        panel_header(ui, title, note, |_| {});
    });
}

fn rule_row(ui: &mut Ui, name: &str, value: &str) {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}, {value}")));
    let font = typeface::control();
    let y = rect.center().y;
    ui.painter().text(pos2(rect.left() + 12.0, y), Align2::LEFT_CENTER, name, font.clone(), tokens.text_weak);
    let at = pos2(rect.left() + 104.0, y);
    text_clipped(ui, Align2::LEFT_CENTER, at, rect.right() - 12.0 - at.x, value, font, tokens.text_strong);
}

/// A release in two lines; true if it was clicked.
fn row(ui: &mut Ui, each: &ReleaseView, shown: bool) -> bool {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::click());
    let name = release(each.release);
    let when = number::short_time(each.published_ms);
    let state = if each.current { ", current" } else { "" };
    let message = match each.message_text() {
        "" => "–",
        message => message,
    };
    let spoken = format!("{name}{state}, {when}, {}, {message}", each.author_text());
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, shown, &spoken));
    crate::widget::paint_row_fill(ui, rect, shown, &response);
    let (first, second) = (rect.top() + 12.0, rect.top() + 28.0);
    let painter = ui.painter();
    let font = typeface::mono_strong(12.0);
    painter.text(pos2(rect.left() + 12.0, first), Align2::LEFT_CENTER, &name, font, tokens.text_strong);
    let at = pos2(rect.left() + 52.0, first);
    painter.text(at, Align2::LEFT_CENTER, when, typeface::control(), tokens.text);
    let (who, color) = if each.current { ("current", tokens.accent) } else { (each.author_text(), tokens.text_weak) };
    let right = pos2(rect.right() - 12.0, first);
    painter.text(right, Align2::RIGHT_CENTER, who, typeface::control(), color);
    let mut x = rect.left() + 52.0;
    if each.rollback.is_some() {
        let at = pos2(x + 7.0, second);
        painter.text(at, Align2::CENTER_CENTER, icon::UNDO, typeface::icons(14.0), tokens.text_weak);
        x += 20.0;
    }
    let line = message.lines().next().unwrap_or_default();
    let room = rect.right() - 12.0 - x;
    text_clipped(ui, Align2::LEFT_CENTER, pos2(x, second), room, line, typeface::control(), tokens.text_weak);
    response.on_hover_text(spoken).clicked()
}
