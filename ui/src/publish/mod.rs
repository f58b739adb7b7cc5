//! Publish: what would change for the runner, then doing it.

mod changes;
mod confirm;
mod grade;
mod plan;
mod side;
#[cfg(test)]
mod tests;

use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::screen::Screen;
use crate::widget::{EmptyState, Tone, banner, error_banner, icon_label, loading_line, number};
use confirm::Confirm;
use egui::{Align, Layout, Rect, Stroke, Ui, UiBuilder, pos2, vec2};
use plan::{base, count, nothing_to_publish, release};
use sluice_api::{ErrorCode, Grade, PublishPlan, Request};

const HEADER: f32 = 48.0;
const CONFIRM: f32 = 168.0;

/// Publish: what would change for the runner, then doing it.
#[derive(Default)]
pub struct PublishScreen {
    confirm: Confirm,
    /// Release that was asked for last; its outcome is shown.
    attempt: Option<u64>,
    folded: Vec<String>,
}

impl PublishScreen {
    /// The screen.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Why it cannot be published now.
    fn blocked(&self, cx: &Cx<'_>, plan: &PublishPlan) -> Option<String> {
        let next = release(plan.next);
        if cx.store.published(plan.next).pending {
            Some(format!("{next} is being published"))
        } else if plan.is_published() {
            Some(format!("The draft equals {}", base(plan)))
        } else if !plan.blockers.is_empty() {
            Some("Clear what stands in the way first".to_owned())
        } else if self.confirm.typed.trim() != next {
            Some(format!("Type {next} to confirm"))
        } else {
            None
        }
    }

    fn publish(&mut self, cx: &mut Cx<'_>) {
        let store = cx.store;
        let Some(plan) = store.plan().value else { return };
        if let Some(why) = self.blocked(cx, plan) {
            cx.notify(why, false);
            return;
        }
        self.attempt = Some(plan.next);
        let note = self.confirm.note.trim().to_owned();
        cx.send(Request::Publish { release: plan.next, base: plan.base, note });
    }

    /// Reads the plan again and forgets the outcome on screen.
    fn look_again(&mut self, cx: &mut Cx<'_>) {
        self.attempt = None;
        self.confirm.typed.clear();
        cx.send(Request::PublishPlan);
    }

    fn confirm_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, plan: &PublishPlan) {
        let why = self.blocked(cx, plan);
        if self.confirm.show(ui, plan, why.as_deref()) {
            self.publish(cx);
        }
    }

    /// What came of the last attempt.
    fn outcome(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(attempt) = self.attempt else { return };
        let got = cx.store.published(attempt);
        let name = release(attempt);
        if let Some(error) = got.error.filter(|_| !got.pending) {
            let title = error.message.clone();
            let conflict = error.code == ErrorCode::Conflict;
            let text = format!("{name} was not published, the draft is as it was. {}", error.next);
            let action = if conflict { "Look again" } else { "Try again" };
            if banner(ui, Tone::Fail, &title, &text, Some(action)) {
                if conflict { self.look_again(cx) } else { self.publish(cx) }
            }
        } else if let Some(done) = got.value {
            let text = format!("Written to {}. The runner takes it with its next run", done.location);
            let title = format!("{} is published", release(done.release.release));
            if banner(ui, Tone::Ok, &title, &text, Some("Close")) {
                self.attempt = None;
            }
        }
    }
}

impl Screen for PublishScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.spacing_mut().item_spacing.y = 0.0;
        let rect = ui.max_rect();
        cx.want(Request::PublishPlan);
        if cx.take(&Command::RunText) {
            self.publish(cx);
        }
        let store = cx.store;
        let got = store.plan();
        let (_, head) = ui.allocate_space(vec2(rect.width(), HEADER));
        if let Some(plan) = got.value {
            header(ui, head, plan);
        }
        let pending = got.pending || self.attempt.is_some_and(|attempt| store.published(attempt).pending);
        loading_line(ui, head, pending);
        self.outcome(ui, cx);
        if let Some(error) = got.error
            && error_banner(ui, error, "Nothing was published")
        {
            cx.send(Request::PublishPlan);
        }
        let Some(plan) = got.value else {
            if got.error.is_none() {
                let text = "The draft is compared with the published release, table by table";
                EmptyState { icon: icon::SYNC, title: "Looking for changes", text, action: None }.show(ui);
            }
            return;
        };
        for blocker in &plan.blockers {
            let text = "Blocks publishing until it is fixed";
            banner(ui, Tone::Fail, blocker, text, None);
        }
        if nothing_to_publish(plan) {
            let title = plan
                .base
                .map_or_else(|| "The draft is empty".to_owned(), |base| format!("Draft equals {}", release(base)));
            let text = "Change or onboard a contract, then look here again";
            let action = Some("Onboard tables…");
            let pressed = EmptyState { icon: icon::PUBLISH, title: &title, text, action }.show(ui);
            if pressed.is_some_and(|response| response.clicked()) {
                cx.run(Command::OpenTab(crate::state::Tab::Onboard {}));
            }
            return;
        }
        let inspector = cx.workspace.panels.shows_inspector();
        let left = ui.available_rect_before_wrap();
        let below = if inspector { 0.0 } else { CONFIRM };
        let table = Rect::from_min_max(left.min, pos2(left.right(), left.bottom() - below));
        let mut child = ui.new_child(UiBuilder::new().max_rect(table).id_salt("changes"));
        child.set_clip_rect(table.intersect(ui.clip_rect()));
        changes::show(&mut child, plan, &mut self.folded);
        if !inspector {
            let rect = Rect::from_min_max(table.left_bottom(), left.max);
            let mut child = ui.new_child(UiBuilder::new().max_rect(rect.shrink2(vec2(12.0, 8.0))).id_salt("confirm"));
            self.confirm_ui(&mut child, cx, plan);
        }
    }

    fn has_inspector(&self, cx: &Cx<'_>) -> bool {
        cx.store.plan().value.is_some_and(|plan| !nothing_to_publish(plan))
    }

    fn inspector_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let store = cx.store;
        let Some(plan) = store.plan().value else { return };
        let rect = ui.max_rect();
        let cut = rect.bottom() - CONFIRM;
        let top = Rect::from_min_max(rect.min, pos2(rect.right(), cut));
        let mut child = ui.new_child(UiBuilder::new().max_rect(top).id_salt("before"));
        child.set_clip_rect(top.intersect(ui.clip_rect()));
        confirm::before(&mut child, plan);
        let bottom = Rect::from_min_max(pos2(rect.left() + 12.0, cut + 8.0), pos2(rect.right() - 12.0, rect.bottom()));
        ui.painter().hline(rect.x_range(), cut, Stroke::new(1.0, ui.tokens().line));
        let mut child = ui.new_child(UiBuilder::new().max_rect(bottom).id_salt("confirm"));
        self.confirm_ui(&mut child, cx, plan);
    }

    fn has_side(&self, cx: &Cx<'_>) -> bool {
        cx.store.plan().value.is_some()
    }

    fn side_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let store = cx.store;
        if let Some(plan) = store.plan().value {
            let typed = self.confirm.typed.trim() == release(plan.next);
            side::show(ui, cx, plan, typed);
        }
    }
}

fn header(ui: &mut Ui, rect: Rect, plan: &PublishPlan) {
    let tokens = ui.tokens();
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
    let inner = rect.shrink2(vec2(12.0, 0.0));
    let mut row = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center)));
    row.spacing_mut().item_spacing.x = 12.0;
    let title = match plan.base {
        Some(base) => format!("{} → {}", release(base), release(plan.next)),
        None => format!("First release, {}", release(plan.next)),
    };
    row.label(typeface::text(title, typeface::title(), tokens.text_strong));
    for (kind, one, many) in [
        (Grade::Breaking, "breaking", "breaking"),
        (Grade::Warning, "warning", "warnings"),
        (Grade::Info, "info", "info"),
    ] {
        let found = count(plan, kind);
        let (mark, color) = grade::look(tokens, kind);
        let color = if found == 0 { tokens.text_faint } else { color };
        let words = format!("{} {}", number::count(found), if found == 1 { one } else { many });
        icon_label(&mut row, mark, 16.0, color, &words, typeface::control_medium());
    }
}
