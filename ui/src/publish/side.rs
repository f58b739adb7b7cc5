//! Steps towards the release, contracts changed, releases.

use super::changes::groups;
use super::grade;
use super::plan::{count, release};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{Tokens, TokensExt, icon, typeface};
use crate::state::Tab;
use crate::widget::{Button, ListRow, number, panel_header, rule, text_clipped};
use egui::{Align2, Color32, Frame, Margin, ScrollArea, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use sluice_api::{Grade, LakeTestState, PublishPlan, TableName};
use std::collections::BTreeSet;

/// A step.
struct Step {
    title: &'static str,
    note: String,
    mark: char,
    color: Color32,
}

fn steps(tokens: &Tokens, plan: &PublishPlan, typed: bool) -> Vec<Step> {
    let (breaking, warnings) = (count(plan, Grade::Breaking), count(plan, Grade::Warning));
    let done = (icon::CHECK_CIRCLE, tokens.ok);
    let (mark, color) = match (breaking, warnings) {
        (0, 0) => done,
        (0, _) => grade::look(tokens, Grade::Warning),
        _ => grade::look(tokens, Grade::Breaking),
    };
    let changes = Step {
        title: "Changes",
        note: format!("{}, {breaking} breaking", number::plural(plan.document.changes.len() as u64, "change")),
        mark,
        color,
    };
    let blockers = plan.blockers.len() as u64;
    let failing = plan.tests.as_ref().map_or(0, |tests| tests.tests.len() - tests.count(LakeTestState::Passed)) as u64;
    let (mark, color) = if blockers == 0 && failing == 0 { done } else { (icon::ERROR, tokens.fail) };
    let mut note = format!("{}, {}", number::plural(plan.contracts, "contract"), number::plural(blockers, "problem"));
    if failing > 0 {
        note.push_str(&format!(", {} not passed", number::plural(failing, "test")));
    }
    let contracts = Step { title: "Contracts and checks", note, mark, color };
    let built = plan.fingerprints.len() as u64;
    let (mark, color) = if built > 0 { done } else { (icon::INFO, tokens.text_weak) };
    let preview =
        Step { title: "Preview", note: format!("{} built", number::plural(built, "silver table")), mark, color };
    let (mark, color) = if typed { done } else { (icon::PLAY_CIRCLE, tokens.accent) };
    let confirm = Step { title: "Confirm", note: format!("type {}", release(plan.next)), mark, color };
    vec![changes, contracts, preview, confirm]
}

/// Draws the side panel. `whole` is the plan of the draft as a whole, `plan` that of what is chosen of it. True if the plan is to
/// be read again.
pub(super) fn show(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    plan: &PublishPlan,
    whole: &PublishPlan,
    left_out: &mut BTreeSet<TableName>,
    typed: bool,
) -> bool {
    let mut again_wanted = false;
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 0.0;
    let title = format!("Release {}", release(plan.next));
    let on = plan.document.base.map(|base| format!("on {}", release(base))).unwrap_or_default();
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        panel_header(ui, &title, &on, |ui| {
            let again = Button::icon_only(icon::REFRESH, "Read the plan again").key_of(&Command::Reload);
            if again.show(ui).clicked() {
                again_wanted = true;
            }
        });
    });
    ScrollArea::vertical().id_salt("publish side").auto_shrink(false).show(ui, |ui| {
        for (number, step) in (1..).zip(steps(tokens, plan, typed)) {
            step_row(ui, tokens, number, &step);
        }
        ui.add_space(8.0);
        rule(ui);
        let groups = groups(whole);
        header(ui, "Contracts changed", groups.len() as u64);
        for (name, changes) in &groups {
            let Some(table) = changes.first().map(|change| &change.table) else { continue };
            let chosen = !left_out.contains(table);
            let along = !chosen && plan.document.taken.iter().any(|taken| taken.name == *table);
            let (mark, color) = match (chosen, along) {
                (true, _) => (icon::CHECK_CIRCLE, tokens.accent),
                (false, true) => (icon::LINK, tokens.warn),
                (false, false) => (icon::REMOVE_CIRCLE, tokens.text_faint),
            };
            let state = match (chosen, along) {
                (true, _) => "in the release",
                (false, true) => "comes along, its inputs change",
                (false, false) => "left out",
            };
            let mut row = ListRow::new(name).mono().icon(mark, color);
            for kind in [Grade::Info, Grade::Warning, Grade::Breaking] {
                let found = changes.iter().filter(|change| change.grade == kind).count();
                if found > 0 {
                    let (_, color) = grade::look(tokens, kind);
                    let word = grade::word(kind).chars().next().unwrap_or(' ');
                    row = row.right(format!("{found}{}", word.to_lowercase()), color);
                }
            }
            let spoken = format!("{name}, {}, {state}", number::plural(changes.len() as u64, "change"));
            let tooltip = format!("{state}; a click takes it in or leaves it out");
            if row.name(spoken).show(ui).on_hover_text(tooltip).clicked() && !left_out.remove(table) {
                left_out.insert(table.clone());
            }
        }
        ui.add_space(8.0);
        rule(ui);
        header(ui, "Releases", plan.releases.len() as u64);
        for each in &plan.releases {
            let name = release(each.release);
            let when = number::short_time(each.published_ms);
            let mut row = ListRow::new(&name).mono().note(&when).selected(each.current);
            row = if each.current {
                row.right("current", tokens.accent)
            } else {
                row.right(each.author_text(), tokens.text_weak)
            };
            let state = if each.current { ", current" } else { "" };
            let spoken = format!(
                "{name}{state}, {when}, {}, {}",
                each.author_text(),
                number::plural(each.contracts, "contract")
            );
            let tooltip = format!("{spoken}\n{}", each.message_text());
            if row.name(spoken).show(ui).on_hover_text(tooltip).clicked() {
                cx.run(Command::OpenTab(Tab::Releases {}));
            }
        }
        if plan.releases.is_empty() {
            ListRow::new("Nothing published yet").color(tokens.text_weak).show(ui);
        }
    });
    again_wanted
}

fn header(ui: &mut Ui, title: &str, found: u64) {
    Frame::NONE.inner_margin(Margin::symmetric(12, 0)).show(ui, |ui| {
        panel_header(ui, title, &number::count(found), |_| {});
    });
}

fn step_row(ui: &mut Ui, tokens: &Tokens, number: u64, step: &Step) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), Sense::hover());
    response
        .widget_info(|| WidgetInfo::labeled(Role::ListItem, true, format!("{number} {}, {}", step.title, step.note)));
    let painter = ui.painter();
    let at = pos2(rect.left() + 20.0, rect.top() + 12.0);
    painter.text(at, Align2::CENTER_CENTER, step.mark, typeface::icons(16.0), step.color);
    let x = rect.left() + 36.0;
    let font = typeface::control_medium();
    painter.text(pos2(x, rect.top() + 12.0), Align2::LEFT_CENTER, step.title, font, tokens.text_strong);
    let right = pos2(rect.right() - 12.0, rect.top() + 12.0);
    painter.text(right, Align2::RIGHT_CENTER, number.to_string(), typeface::mono(11.0), tokens.text_weak);
    let at = pos2(x, rect.top() + 28.0);
    text_clipped(
        ui,
        Align2::LEFT_CENTER,
        at,
        rect.right() - 12.0 - x,
        &step.note,
        typeface::control(),
        tokens.text_weak,
    );
}
