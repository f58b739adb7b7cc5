//! Drawing the screen: releases at the side, what differs in the centre.

use super::state::{Asked, Attempt, Chosen, ReleasesScreen, View};
use super::{diff, side};
use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::publish::grade;
use crate::publish::plan::release;
use crate::screen::Screen;
use crate::widget::{
    Button, EmptyState, Tone, banner, dropdown, error_banner, icon_label, loading_line, number, segmented,
};
use egui::{Align, Layout, Rect, Stroke, Ui, UiBuilder, vec2};
use sluice_api::{Grade, IncidentLock, ReleaseDiff, ReleaseList, ReleaseSide, Request};

const HEADER: f32 = 48.0;
/// From this width on there is room for the choice of another release to compare with.
const COMPARES: f32 = 760.0;

impl ReleasesScreen {
    fn header(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, rect: Rect, list: &ReleaseList, diff: Option<&ReleaseDiff>) {
        let tokens = ui.tokens();
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.line));
        let inner = rect.shrink2(vec2(12.0, 0.0));
        let mut row = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center)));
        row.spacing_mut().item_spacing.x = 12.0;
        let Some((from, to)) = self.sides(list) else { return };
        let title = if from == to { to.to_string() } else { format!("{from} → {to}") };
        row.label(typeface::text(title, typeface::title(), tokens.text_strong));
        for (kind, one, many) in [
            (Grade::Breaking, "breaking", "breaking"),
            (Grade::Warning, "warning", "warnings"),
            (Grade::Info, "info", "info"),
        ] {
            let Some(diff) = diff else { continue };
            let changes = diff.tables.iter().flat_map(|table| table.changes.iter().flatten());
            let found = changes.filter(|change| change.grade == kind).count() as u64;
            let (mark, color) = grade::look(tokens, kind);
            let color = if found == 0 { tokens.text_faint } else { color };
            let words = format!("{} {}", number::count(found), if found == 1 { one } else { many });
            icon_label(&mut row, mark, 16.0, color, &words, typeface::control_medium());
        }
        let mut right = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)));
        right.spacing_mut().item_spacing.x = 8.0;
        self.actions(&mut right, cx, list);
        segmented(&mut right, "Show", &mut self.view, &[(View::Changes, "Changes"), (View::Texts, "Contracts")]);
        let is_fixed = matches!(self.chosen, Some(Chosen::Rollback(_))) || self.view == View::Texts;
        if is_fixed || rect.width() < COMPARES {
            return;
        }
        let mut choices: Vec<(Option<ReleaseSide>, String)> = vec![(None, "the release before".to_owned())];
        choices.push((Some(ReleaseSide::Draft), "draft".to_owned()));
        let numbers = list.releases.iter().map(|each| ReleaseSide::Release(each.release));
        choices.extend(numbers.map(|side| (Some(side), side.to_string())));
        dropdown(&mut right, "Compare with", &mut self.against, &choices);
    }

    /// Where the inspector is not on screen, what it would offer is here.
    fn actions(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, list: &ReleaseList) {
        if cx.workspace.panels.shows_inspector() {
            return;
        }
        if Button::new("Details").icon(icon::INFO).tooltip("Author, audit, owners  Ctrl I").show(ui).clicked() {
            cx.workspace.panels.show_inspector(true);
        }
        let Some(shown) = self.shown(list) else { return };
        let is_current = list.releases.iter().any(|each| each.release == shown && each.current);
        if is_current || !matches!(self.chosen, Some(Chosen::Release(_))) {
            return;
        }
        let label = format!("Roll back to {}…", release(shown));
        if Button::new(&label).icon(icon::UNDO).tooltip("The plan of it comes first").show(ui).clicked() {
            self.choose(Chosen::Rollback(shown));
            cx.workspace.panels.show_inspector(true);
        }
    }

    fn centre(&self, ui: &mut Ui, cx: &mut Cx<'_>, list: &ReleaseList) {
        let Some(shown) = self.shown(list) else { return };
        match self.view {
            View::Texts => {
                cx.want(Request::Release { release: shown });
                let got = cx.store.release(shown);
                match (got.value, got.error) {
                    (Some(detail), _) => diff::texts(ui, detail),
                    (None, Some(error)) => {
                        if error_banner(ui, error, "Nothing was changed") {
                            cx.send(Request::Release { release: shown });
                        }
                    }
                    (None, None) => {}
                }
            }
            View::Changes => {
                let Some((from, to)) = self.sides(list) else { return };
                let got = cx.store.release_diff(from, to);
                match (got.value, got.error) {
                    (Some(found), _) => diff::show(ui, found),
                    (None, Some(error)) => {
                        if error_banner(ui, error, "Nothing was changed") {
                            cx.send(Request::ReleaseDiff { from, to });
                        }
                    }
                    (None, None) => {}
                }
            }
        }
    }
}

impl Screen for ReleasesScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.spacing_mut().item_spacing.y = 0.0;
        let rect = ui.max_rect();
        cx.want(Request::Releases);
        if let Some(scope) = self.scope(cx) {
            cx.want(Request::PublishPlan { scope, plan: None });
        }
        if cx.take(&Command::RunText) {
            self.act(cx);
        }
        let got = cx.store.releases();
        let (_, head) = ui.allocate_space(vec2(rect.width(), HEADER));
        let sides = got.value.and_then(|list| self.sides(list));
        if let Some((from, to)) = sides {
            cx.want(Request::ReleaseDiff { from, to });
        }
        let diff = sides.map(|(from, to)| cx.store.release_diff(from, to));
        if let Some(list) = got.value {
            self.header(ui, cx, head, list, diff.as_ref().and_then(|got| got.value));
        }
        let pending = got.pending || self.is_pending(cx) || diff.is_some_and(|got| got.pending);
        loading_line(ui, head, pending);
        self.outcome(ui, cx);
        if let Some(error) = got.error
            && error_banner(ui, error, "Nothing was changed")
        {
            cx.send(Request::Releases);
        }
        let Some(list) = got.value else { return };
        if let Some(lock) = &list.lock {
            locked(ui, lock);
        }
        for problem in &list.problems {
            banner(ui, Tone::Warn, problem, "It is left out of the list", None);
        }
        if list.releases.is_empty() {
            let (title, text) = ("Nothing published yet", "A release appears here once the draft is published");
            let action = Some("Plan and publish…");
            let pressed = EmptyState { icon: icon::HISTORY, title, text, action }.show(ui);
            if pressed.is_some_and(|response| response.clicked()) {
                cx.run(Command::OpenTab(crate::state::Tab::Publish {}));
            }
            return;
        }
        self.centre(ui, cx, list);
    }

    fn has_inspector(&self, cx: &Cx<'_>) -> bool {
        cx.store.releases().value.is_some_and(|list| !list.releases.is_empty() || !list.proposals.is_empty())
    }

    fn inspector_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if let Some(list) = cx.store.releases().value {
            self.inspector(ui, cx, list);
        }
    }

    fn has_side(&self, cx: &Cx<'_>) -> bool {
        cx.store.releases().value.is_some()
    }

    fn side_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if let Some(list) = cx.store.releases().value {
            let shown = self.chosen.clone().or_else(|| self.shown(list).map(Chosen::Release));
            match side::show(ui, list, shown.as_ref(), &mut self.because) {
                Some(Asked::Show(chosen)) => {
                    if matches!(chosen, Chosen::Proposal(_)) {
                        // What can be done with a plan is in the inspector alone.
                        cx.workspace.panels.show_inspector(true);
                    }
                    self.choose(chosen);
                }
                Some(Asked::Lock(because)) => {
                    self.because.clear();
                    self.attempt = Some(Attempt::Lock(because.clone()));
                    cx.send(Request::LockReleases { because, author: None });
                }
                Some(Asked::Unlock) => {
                    self.attempt = Some(Attempt::Unlock);
                    cx.send(Request::UnlockReleases { author: None });
                }
                None => {}
            }
        }
    }
}

fn locked(ui: &mut Ui, lock: &IncidentLock) {
    let title = format!("{} locked publishing: {}", lock.by, lock.because);
    let since = number::short_time(lock.since_ms);
    let text = format!("Since {since} UTC nothing but a rollback is published. `sluice release unlock` ends it");
    banner(ui, Tone::Warn, &title, &text, None);
}
