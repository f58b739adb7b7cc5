//! The release in front, or what is about to be published: going back, or a plan that was proposed.

use super::audit::{Trace, current_for, owners, trail};
use super::state::{Attempt, Chosen, ReleasesScreen};
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::publish::changes::effect_text;
use crate::publish::confirm::Asked;
use crate::publish::plan::{release, short};
use crate::widget::{Button, Tone, badge, number, panel_header, rule, text_clipped, toggle};
use egui::{
    Align2, Frame, Label, Margin, Rect, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, accesskit::Role, pos2,
    vec2,
};
use sluice_api::{PlanDocument, ProposalView, PublishPlan, Reached, ReleaseList, ReleaseView, Request, UNKNOWN};

/// Width of the names of facts.
const LABEL: f32 = 88.0;
const CONFIRM: f32 = 244.0;

impl ReleasesScreen {
    /// Draws it.
    pub(super) fn inspector(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, list: &ReleaseList) {
        ui.spacing_mut().item_spacing.y = 0.0;
        match self.chosen.clone() {
            Some(Chosen::Rollback(to)) => self.plan_ui(ui, cx, &format!("Roll back to {}", release(to)), None),
            Some(Chosen::Proposal(plan)) => {
                match list.proposals.iter().find(|proposal| proposal.document.plan == plan) {
                    Some(proposal) => self.plan_ui(ui, cx, &format!("Plan {}", short(&plan)), Some(proposal)),
                    None => {
                        // It was published, or is gone.
                        self.chosen = None;
                    }
                }
            }
            Some(Chosen::Release(_)) | None => {
                let shown = self.shown(list);
                if let Some(view) = list.releases.iter().find(|each| Some(each.release) == shown) {
                    self.release_ui(ui, cx, list, view);
                }
            }
        }
    }

    fn release_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, list: &ReleaseList, view: &ReleaseView) {
        cx.want(Request::Release { release: view.release });
        let detail = cx.store.release(view.release).value;
        let tokens = ui.tokens();
        let mut back = false;
        let foot = foot(ui, 48.0);
        body(ui, foot, |ui| {
            ui.horizontal(|ui| {
                ui.label(typeface::text(release(view.release), typeface::title(), tokens.text_strong));
                if view.current {
                    badge(ui, Tone::Accent, None, "current");
                }
            });
            ui.add_space(4.0);
            let message = if view.message_text().is_empty() { "–" } else { view.message_text() };
            ui.add(Label::new(typeface::text(message, typeface::control(), tokens.text_weak)).wrap());
            ui.add_space(8.0);
            fact(ui, "Author", view.author_text());
            fact(ui, "Published", &format!("{} UTC", number::short_time(view.published_ms)));
            let current = current_for(list, view);
            fact(ui, "Current for", current.as_deref().unwrap_or(if view.current { "since then" } else { UNKNOWN }));
            fact(ui, "Made on", &view.base.map_or_else(|| "nothing".to_owned(), release));
            fact(ui, "Plan", view.plan.as_deref().map_or(UNKNOWN, short));
            fact(ui, "Engine", view.engine.as_deref().unwrap_or(UNKNOWN));
            fact(ui, "Hash", short(&view.hash));
            fact(ui, "Reached", &view.reached_text());
            for table in view.reached.iter().filter(|table| table.reached == Reached::Differs) {
                let first = table.first.as_ref().map(|first| format!("\n{first}")).unwrap_or_default();
                let text = format!("{}: {}{first}", table.table, table.note);
                ui.add(Label::new(typeface::text(text, typeface::control(), tokens.fail)).wrap());
            }
            ui.add_space(8.0);
            rule(ui);
            let changed = view.changed.as_deref();
            let count = changed.map_or_else(|| UNKNOWN.to_owned(), |changed| number::count(changed.len() as u64));
            panel_header(ui, "Tables changed", &count, |_| {});
            for table in changed.into_iter().flatten() {
                ui.label(typeface::text(table.to_string(), typeface::mono(12.0), tokens.text));
            }
            ui.add_space(8.0);
            rule(ui);
            let owners = detail.map(owners);
            let note = owners.as_ref().map_or_else(|| "…".to_owned(), |owners| number::count(owners.len() as u64));
            panel_header(ui, "Owners of these", &note, |_| {});
            for (owner, tables) in owners.iter().flatten() {
                let owner = owner.as_deref().unwrap_or("no owner named");
                two_ends(ui, owner, &tables.join(", "));
            }
            ui.add_space(8.0);
            rule(ui);
            panel_header(ui, "Audit", "UTC", |_| {});
            for line in trail(list, view) {
                trace(ui, &line);
            }
            ui.add_space(8.0);
            let text = "Silver is a function of the events and the contract, so the way back is a new release with its \
                        own plan.";
            ui.add(Label::new(typeface::text(text, typeface::caption(), tokens.text_faint)).wrap());
        });
        let mut child = ui.new_child(UiBuilder::new().max_rect(foot.shrink2(vec2(12.0, 8.0))).id_salt("release foot"));
        let label = format!("Roll back to {}…", release(view.release));
        let why = view.current.then_some("It is the current release");
        if Button::new(&label).icon(icon::UNDO).height(32.0).disabled(why).show(&mut child).clicked() {
            back = true;
        }
        if back {
            self.choose(Chosen::Rollback(view.release));
        }
    }

    /// A plan with its tables, and the name to type.
    fn plan_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, title: &str, proposal: Option<&ProposalView>) {
        let tokens = ui.tokens();
        let plan = self.scope(cx).and_then(|scope| cx.store.plan(&scope).value);
        // What was proposed is shown as it was proposed.
        let document = proposal.map(|proposal| &proposal.document).or(plan.map(|plan| &plan.document));
        let foot = foot(ui, CONFIRM);
        body(ui, foot, |ui| {
            ui.label(typeface::text(title, typeface::title(), tokens.text_strong));
            ui.add_space(4.0);
            if let Some(proposal) = proposal {
                proposal_facts(ui, proposal);
            } else {
                let text = "A new release with what the earlier one holds. The draft stays as it is.";
                ui.add(Label::new(typeface::text(text, typeface::control(), tokens.text_weak)).wrap());
            }
            ui.add_space(8.0);
            match document {
                Some(document) => plan_tables(ui, document, plan),
                None => {
                    ui.label(typeface::text("…", typeface::control(), tokens.text_weak));
                }
            }
        });
        let inner = foot.shrink2(vec2(12.0, 8.0));
        let mut child = ui.new_child(UiBuilder::new().max_rect(inner).id_salt("release confirm"));
        let Some(plan) = plan else { return };
        let why = self.blocked(cx, plan, proposal);
        let name = release(plan.next);
        let waits = proposal.is_none() && plan.waits_for_approval();
        let verb = match (waits, proposal) {
            (true, _) => "Propose",
            (false, Some(_)) => "Publish",
            (false, None) => "Roll back as",
        };
        let label = format!("{verb} {name}");
        let sentence = format!("Type {name}, the name of the new release, to confirm.");
        let asked = Asked { name: &name, label: &label, icon: icon::UNDO, foot: &sentence };
        let author = plan.author.as_deref();
        if self.confirm.show(&mut child, author, &asked, why.as_deref()) {
            self.act(cx);
        }
        child.horizontal(|ui| {
            if Button::new("Cancel").show(ui).clicked() {
                self.chosen = None;
            }
            if let Some(proposal) = proposal {
                let own = self.confirm.named_author().or_else(|| plan.author.clone());
                let own = own.is_some_and(|name| name.to_lowercase() == proposal.author.to_lowercase());
                let why = own.then_some("The author's own approval does not count; name who approves");
                if Button::new("Approve").icon(icon::CHECK).disabled(why).show(ui).clicked() {
                    let plan = proposal.document.plan.clone();
                    self.attempt = Some(Attempt::Approve(plan.clone()));
                    cx.send(Request::ApprovePlan { plan, author: self.confirm.named_author() });
                }
            } else if plan.lock.is_some() {
                toggle(ui, "During the incident", &mut self.during_incident);
                ui.label(typeface::text("During the incident", typeface::control(), tokens.text));
            }
        });
    }

    /// Why what is in front cannot be published now.
    fn blocked(&self, cx: &Cx<'_>, plan: &PublishPlan, proposal: Option<&ProposalView>) -> Option<String> {
        let next = release(plan.next);
        let is_rollback = plan.document.rollback.is_some();
        if self.is_pending(cx) {
            return Some(format!("{next} is under way"));
        }
        if plan.is_published() {
            return Some("The current release holds this already".to_owned());
        }
        if !plan.blockers.is_empty() {
            return Some(plan.blockers.join("; "));
        }
        if let Some(lock) = plan.lock.as_ref().filter(|_| !(is_rollback && self.during_incident)) {
            return Some(format!("{} locked publishing: {}", lock.by, lock.because));
        }
        if let Some(proposal) = proposal {
            if let Some(by) = proposal.overtaken_by {
                return Some(format!("The plan is stale, {} is current", release(by)));
            }
            if (proposal.approvals.len() as u64) < u64::from(proposal.approvals_needed) {
                let given = proposal.approvals.len();
                return Some(format!("It has {given} of {} approvals", proposal.approvals_needed));
            }
        } else if plan.waits_for_approval() && plan.proposal.is_some() {
            return Some("It is proposed, somebody other than the author has to approve it".to_owned());
        }
        (self.confirm.typed.trim() != next).then(|| format!("Type {next} to confirm"))
    }

    /// Publishes, or proposes, what is in front.
    pub(super) fn act(&mut self, cx: &mut Cx<'_>) {
        let Some(plan) = self.scope(cx).and_then(|scope| cx.store.plan(&scope).value) else { return };
        let list = cx.store.releases().value;
        let proposal = match &self.chosen {
            Some(Chosen::Proposal(hash)) => {
                list.and_then(|list| list.proposals.iter().find(|each| each.document.plan == *hash))
            }
            Some(Chosen::Release(_) | Chosen::Rollback(_)) | None => None,
        };
        if let Some(why) = self.blocked(cx, plan, proposal) {
            cx.notify(why, false);
            return;
        }
        let document = proposal.map_or(&plan.document, |proposal| &proposal.document);
        let (scope, message) = (document.scope.clone(), self.confirm.message.trim().to_owned());
        let (author, handed) = (self.confirm.named_author(), Some(Box::new(document.clone())));
        if proposal.is_none() && plan.waits_for_approval() {
            self.attempt = Some(Attempt::Propose(scope.clone()));
            cx.send(Request::ProposeRelease { scope, message, author, plan: handed });
            return;
        }
        // The author of what was proposed is who proposed it.
        let author = if proposal.is_some() { None } else { author };
        self.attempt = Some(Attempt::Publish(plan.next));
        cx.send(Request::Publish {
            release: plan.next,
            base: document.base,
            scope,
            message,
            author,
            plan: handed,
            during_incident: self.during_incident,
            canary: false,
            without_tests: None,
        });
    }
}

fn proposal_facts(ui: &mut Ui, proposal: &ProposalView) {
    let tokens = ui.tokens();
    let message = if proposal.message.is_empty() { "–" } else { &proposal.message };
    ui.add(Label::new(typeface::text(message, typeface::control(), tokens.text_weak)).wrap());
    ui.add_space(8.0);
    fact(ui, "Author", &format!("{}, own does not count", proposal.author));
    fact(ui, "Proposed", &format!("{} UTC", number::short_time(proposal.proposed_ms)));
    let given = format!("{} of {}", proposal.approvals.len(), proposal.approvals_needed);
    fact(ui, "Approvals", &given);
    for approval in &proposal.approvals {
        fact(ui, "", &format!("{} {}", approval.by, number::short_time(approval.at_ms)));
    }
}

/// What the runner does to each table.
fn plan_tables(ui: &mut Ui, document: &PlanDocument, plan: Option<&PublishPlan>) {
    let tokens = ui.tokens();
    fact(ui, "Made on", &document.base.map_or_else(|| "nothing".to_owned(), release));
    fact(ui, "Plan", short(&document.plan));
    fact(ui, "Engine", &document.engine);
    for blocker in plan.into_iter().flat_map(|plan| &plan.blockers) {
        ui.add(Label::new(typeface::text(blocker, typeface::control(), tokens.fail)).wrap());
    }
    ui.add_space(8.0);
    rule(ui);
    panel_header(ui, "What it does", &number::plural(document.tables.len() as u64, "table"), |_| {});
    for table in &document.tables {
        ui.label(typeface::text(table.reference().to_string(), typeface::mono(12.0), tokens.text_strong));
        ui.add(Label::new(typeface::text(effect_text(table), typeface::control(), tokens.text_weak)).wrap());
        ui.add_space(6.0);
    }
    if document.tables.is_empty() {
        ui.label(typeface::text("No table changes", typeface::control(), tokens.text_weak));
    }
}

/// The foot of the panel, `height` high, with a line above it.
fn foot(ui: &Ui, height: f32) -> Rect {
    let rect = ui.max_rect();
    let cut = rect.bottom() - height;
    ui.painter().hline(rect.x_range(), cut, Stroke::new(1.0, ui.tokens().line));
    Rect::from_min_max(pos2(rect.left(), cut), rect.max)
}

/// What stands above the foot.
fn body(ui: &mut Ui, foot: Rect, show: impl FnOnce(&mut Ui)) {
    let rect = Rect::from_min_max(ui.max_rect().min, foot.right_top());
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("release facts"));
    child.set_clip_rect(rect.intersect(ui.clip_rect()));
    ScrollArea::vertical().id_salt("release facts").auto_shrink(false).show(&mut child, |ui| {
        Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 10, bottom: 8 }).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            show(ui);
        });
    });
}

/// A line of the audit trail: when, what, who.
fn trace(ui: &mut Ui, line: &Trace) {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    let spoken = format!("{}, {}, {}", line.when, line.what, line.who);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
    let y = rect.center().y;
    let font = typeface::mono(11.0);
    ui.painter().text(pos2(rect.left(), y), Align2::LEFT_CENTER, &line.when, font, tokens.text_weak);
    let who = ui.painter().layout_no_wrap(line.who.clone(), typeface::control(), tokens.text_weak);
    let who_width = who.size().x.min(96.0);
    let at = pos2(rect.right() - who_width, y);
    text_clipped(ui, Align2::LEFT_CENTER, at, who_width, &line.who, typeface::control(), tokens.text_weak);
    let left = rect.left() + 92.0;
    let room = rect.right() - who_width - 8.0 - left;
    text_clipped(ui, Align2::LEFT_CENTER, pos2(left, y), room, &line.what, typeface::control(), tokens.text_strong);
    response.on_hover_text(spoken);
}

/// A line with something at each end, both cut where they would meet.
fn two_ends(ui: &mut Ui, left: &str, right: &str) {
    let tokens = ui.tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{left}, {right}")));
    let y = rect.center().y;
    let half = rect.width() / 2.0 - 4.0;
    text_clipped(ui, Align2::LEFT_CENTER, pos2(rect.left(), y), half, left, typeface::control(), tokens.text_strong);
    let at = pos2(rect.right(), y);
    text_clipped(ui, Align2::RIGHT_CENTER, at, half, right, typeface::mono(12.0), tokens.text_weak);
    response.on_hover_text(format!("{left}: {right}"));
}

fn fact(ui: &mut Ui, label: &str, value: &str) {
    let tokens = ui.tokens();
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(LABEL, 20.0), Sense::hover());
        let font = typeface::control();
        ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, label, font, tokens.text_weak);
        ui.label(typeface::text(value, typeface::mono(12.0), tokens.text_strong));
    });
}
