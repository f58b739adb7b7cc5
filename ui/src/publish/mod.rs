//! Publish: what would change for the runner, then doing it.

pub(crate) mod changes;
pub(crate) mod confirm;
pub(crate) mod grade;
pub(crate) mod plan;
mod plan_file;
mod side;
#[cfg(test)]
mod tests;

use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::screen::Screen;
use crate::state::Got;
use crate::widget::{
    EmptyState, FilePrompt, Tone, banner, error_banner, icon_label, loading_line, number, segmented, toggle,
};
use confirm::{Asked, Confirm};
use egui::{Align, Layout, Rect, Stroke, Ui, UiBuilder, pos2, vec2};
use plan::{base, count, nothing_to_publish, release};
use sluice_api::{
    ApiError, Audience, CanaryTable, ErrorCode, Grade, LakeTestReport, PlanDocument, PublishPlan, PublishScope,
    PublishedTable, Request, TableName, TableRef,
};
use std::collections::{BTreeMap, BTreeSet};

const HEADER: f32 = 48.0;
const CONFIRM: f32 = 244.0;
/// Height of the row with the plan's files.
const FOOT: f32 = 40.0;
/// Width of the choice of whom a change reaches.
const AUDIENCES: f32 = 310.0;

/// Publish: what would change for the runner, then doing it.
#[derive(Default)]
pub struct PublishScreen {
    confirm: Confirm,
    /// What was asked for last; its outcome is shown.
    attempt: Option<Attempt>,
    folded: Vec<String>,
    /// Changed tables that are not published.
    left_out: BTreeSet<TableName>,
    /// Only changes that reach these are shown.
    only: Option<Audience>,
    /// The file that the plan is saved in.
    saved: FilePrompt,
    /// The file that a plan is read from.
    file: FilePrompt,
    waits_for_plan: bool,
    /// The plan of that file, which is in front.
    opened: Option<Box<PlanDocument>>,
}

/// What the button did.
#[derive(Clone)]
enum Attempt {
    /// A release was published.
    Publish(u64),
    /// A plan of this scope was proposed.
    Propose(PublishScope),
}

impl PublishScreen {
    /// The screen.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What is to be published; `None` if nothing is chosen.
    fn scope(&self, cx: &Cx<'_>) -> Option<PublishScope> {
        if let Some(document) = &self.opened {
            return Some(document.scope.clone());
        }
        match cx.store.plan(&PublishScope::Draft).value {
            Some(whole) => plan::scope(whole, &self.left_out),
            None => Some(PublishScope::Draft),
        }
    }

    /// The plan of it.
    fn plan<'a>(&self, cx: &Cx<'a>) -> Got<'a, PublishPlan> {
        cx.store.plan(&self.scope(cx).unwrap_or_default())
    }

    /// Why it cannot be published, or proposed, now.
    fn blocked(&self, cx: &Cx<'_>, plan: &PublishPlan) -> Option<String> {
        let next = release(plan.next);
        if self.is_pending(cx) {
            Some(format!("{next} is under way"))
        } else if let Some(error) = self.plan(cx).error {
            Some(error.message.clone())
        } else if plan.is_published() {
            Some(format!("The draft equals {}", base(plan)))
        } else if self.scope(cx).is_none() {
            Some("Choose at least one table".to_owned())
        } else if !plan.blockers.is_empty() {
            Some("Clear what stands in the way first".to_owned())
        } else if let Some(lock) = &plan.lock {
            Some(format!("{} locked publishing: {}", lock.by, lock.because))
        } else if plan.waits_for_approval() && plan.proposal.is_some() {
            Some("Somebody other than the author has to approve it, under Releases".to_owned())
        } else if plan.tests.as_ref().is_some_and(LakeTestReport::has_failures)
            && self.confirm.without_tests().is_none()
            && !plan.waits_for_approval()
        {
            Some("A test does not pass: Tests shows what differs, or say why it does not count".to_owned())
        } else if self.confirm.typed.trim() != next {
            Some(format!("Type {next} to confirm"))
        } else {
            None
        }
    }

    fn is_pending(&self, cx: &Cx<'_>) -> bool {
        self.attempt.as_ref().is_some_and(|attempt| match attempt {
            Attempt::Publish(release) => cx.store.published(*release).pending,
            Attempt::Propose(scope) => cx.store.proposed(scope).pending,
        })
    }

    /// Publishes the plan on screen, or proposes it where others have to approve it first.
    fn publish(&mut self, cx: &mut Cx<'_>) {
        let Some(plan) = self.plan(cx).value else { return };
        if let Some(why) = self.blocked(cx, plan) {
            cx.notify(why, false);
            return;
        }
        let message = self.confirm.message.trim().to_owned();
        let author = self.confirm.named_author();
        let scope = plan.document.scope.clone();
        let document = Some(self.opened.clone().unwrap_or_else(|| Box::new(plan.document.clone())));
        if plan.waits_for_approval() {
            self.attempt = Some(Attempt::Propose(scope.clone()));
            cx.send(Request::ProposeRelease { scope, message, author, plan: document });
            return;
        }
        self.attempt = Some(Attempt::Publish(plan.next));
        cx.send(Request::Publish {
            release: plan.next,
            base: plan.document.base,
            scope,
            message,
            author,
            plan: document,
            during_incident: false,
            canary: self.confirm.canary,
            without_tests: self.confirm.without_tests(),
        });
    }

    /// Reads the plan again and forgets the outcome on screen.
    fn look_again(&mut self, cx: &mut Cx<'_>) {
        self.attempt = None;
        self.opened = None;
        self.confirm.typed.clear();
        let scope = self.scope(cx).unwrap_or_default();
        if scope != PublishScope::Draft {
            cx.send(Request::PublishPlan { scope, plan: None });
        }
        cx.send(Request::PublishPlan { scope: PublishScope::Draft, plan: None });
    }

    fn confirm_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, plan: &PublishPlan) {
        let why = self.blocked(cx, plan);
        let name = release(plan.next);
        let verb = if plan.waits_for_approval() { "Propose" } else { "Publish" };
        let kept = plan.document.base.map(|base| format!(" {} is kept.", release(base))).unwrap_or_default();
        let asked = Asked {
            name: &name,
            label: &format!("{verb} {name}"),
            icon: icon::PUBLISH,
            foot: &format!("Type the release name to confirm.{kept}"),
        };
        self.confirm.despite_tests_ui(ui, plan);
        if self.confirm.show(ui, plan.author.as_deref(), &asked, why.as_deref()) {
            self.publish(cx);
        }
        ui.horizontal(|ui| {
            let hint = "It is built, checked and compared beside production, and published only if that went well";
            toggle(ui, "As a canary first", &mut self.confirm.canary).on_hover_text(hint);
            ui.label(typeface::text("As a canary first", typeface::control(), ui.tokens().text)).on_hover_text(hint);
        });
    }

    fn header(&mut self, ui: &mut Ui, rect: Rect, plan: &PublishPlan) {
        let tokens = ui.tokens();
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
        let inner = rect.shrink2(vec2(12.0, 0.0));
        let mut row = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center)));
        row.spacing_mut().item_spacing.x = 12.0;
        let title = match plan.document.base {
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
        let left = row.min_rect().right();
        let mut choices: Vec<(Option<Audience>, &str)> = vec![(None, "All")];
        choices.extend(Audience::ALL.map(|of| (Some(of), of.word())));
        let room = Rect::from_min_max(pos2(left + 12.0, inner.top()), inner.max);
        // Where there is no room for it every change is shown.
        if room.width() > AUDIENCES {
            let layout = Layout::right_to_left(Align::Center);
            let mut right = ui.new_child(UiBuilder::new().max_rect(room).layout(layout).id_salt("audience"));
            segmented(&mut right, "Whom it reaches", &mut self.only, &choices);
        } else {
            self.only = None;
        }
    }

    /// What came of the last attempt.
    fn outcome(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(attempt) = self.attempt.clone() else { return };
        let (error, done) = match &attempt {
            Attempt::Publish(number) => {
                let got = cx.store.published(*number);
                let done = got.value.map(|done| {
                    let mut text = format!("Written to {}. The runner takes it with its next run", done.location);
                    text.push_str(&of_tables(&done.canary, &done.tables));
                    (format!("{} is published", release(done.release.release)), text)
                });
                (got.error.filter(|_| !got.pending), done)
            }
            Attempt::Propose(scope) => {
                let got = cx.store.proposed(scope);
                let done = got.value.map(|done| {
                    let plan = plan::short(&done.document.plan);
                    let text = format!("Somebody other than {} approves it under Releases", done.author);
                    (format!("The plan {plan} is proposed"), text)
                });
                (got.error.filter(|_| !got.pending), done)
            }
        };
        if let Some(error) = error {
            self.failed(ui, cx, &attempt, error);
        } else if let Some((title, text)) = done
            && banner(ui, Tone::Ok, &title, &text, Some("Close"))
        {
            self.attempt = None;
        }
    }

    fn failed(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, attempt: &Attempt, error: &ApiError) {
        let what = match attempt {
            Attempt::Publish(number) => format!("{} was not published", release(*number)),
            Attempt::Propose(_) => "Nothing was proposed".to_owned(),
        };
        let moved = matches!(error.code, ErrorCode::Conflict | ErrorCode::Stale);
        let text = format!("{what}, the draft is as it was. {}", error.next);
        let action = if moved { "Look again" } else { "Try again" };
        if banner(ui, Tone::Fail, &error.message, &text, Some(action)) {
            if moved { self.look_again(cx) } else { self.publish(cx) }
        }
    }
}

impl Screen for PublishScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.spacing_mut().item_spacing.y = 0.0;
        let rect = ui.max_rect();
        cx.want(Request::PublishPlan { scope: PublishScope::Draft, plan: None });
        if let Some(scope) = self.scope(cx).filter(|scope| *scope != PublishScope::Draft) {
            cx.want(Request::PublishPlan { scope, plan: self.opened.clone() });
        }
        if cx.take(&Command::RunText) {
            self.publish(cx);
        }
        let got = self.plan(cx);
        let (_, head) = ui.allocate_space(vec2(rect.width(), HEADER));
        if let Some(plan) = got.value {
            self.header(ui, head, plan);
        }
        let pending = got.pending || self.is_pending(cx);
        loading_line(ui, head, pending);
        self.outcome(ui, cx);
        self.opened_ui(ui, cx);
        if let Some(error) = got.error
            && error_banner(ui, error, "Nothing was published")
        {
            self.look_again(cx);
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
                .document
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
        changes::show(&mut child, plan, self.only, &mut self.folded);
        if !inspector {
            let rect = Rect::from_min_max(table.left_bottom(), left.max);
            let mut child = ui.new_child(UiBuilder::new().max_rect(rect.shrink2(vec2(12.0, 8.0))).id_salt("confirm"));
            self.confirm_ui(&mut child, cx, plan);
        }
    }

    fn has_inspector(&self, cx: &Cx<'_>) -> bool {
        self.plan(cx).value.is_some_and(|plan| !nothing_to_publish(plan))
    }

    fn inspector_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(plan) = self.plan(cx).value else { return };
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
        cx.store.plan(&PublishScope::Draft).value.is_some()
    }

    fn side_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let whole = cx.store.plan(&PublishScope::Draft).value;
        if let (Some(whole), Some(plan)) = (whole, self.plan(cx).value.or(whole)) {
            let typed = self.confirm.typed.trim() == release(plan.next);
            let rect = ui.max_rect();
            let foot = Rect::from_min_max(pos2(rect.left(), rect.bottom() - FOOT), rect.max);
            let top = Rect::from_min_max(rect.min, foot.right_top());
            let mut child = ui.new_child(UiBuilder::new().max_rect(top).id_salt("publish side"));
            child.set_clip_rect(top.intersect(ui.clip_rect()));
            if side::show(&mut child, cx, plan, whole, &mut self.left_out, typed) {
                self.look_again(cx);
            }
            ui.painter().hline(foot.x_range(), foot.top(), Stroke::new(1.0, ui.tokens().line));
            let layout = Layout::left_to_right(Align::Center);
            let builder = UiBuilder::new().max_rect(foot.shrink2(vec2(8.0, 0.0))).layout(layout).id_salt("plan files");
            self.plan_files(&mut ui.new_child(builder), cx, plan);
        }
    }
}

/// What came of the tables of a release: a line each, begun with a line feed, whatever is said of it.
fn of_tables(canary: &[CanaryTable], tables: &[PublishedTable]) -> String {
    let mut said: BTreeMap<&TableRef, Vec<String>> = BTreeMap::new();
    for table in canary {
        let only_one = || "only one of the two has it".to_owned();
        let rows = |changed: [u64; 3]| number::plural(changed.iter().sum(), "changed row");
        said.entry(&table.table).or_default().push(table.changed.map_or_else(only_one, rows));
    }
    for table in tables {
        said.entry(&table.table).or_default().push(table.note.clone());
    }
    said.iter().map(|(table, said)| format!("\n{table}: {}", said.join(", "))).collect()
}
