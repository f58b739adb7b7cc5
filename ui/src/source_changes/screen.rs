//! The list, and what was decided last.

use super::{inspector, words};
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::screen::Screen;
use crate::widget::{EmptyState, ListRow, Tone, banner, error_banner, loading_line, number, rule, segmented};
use egui::{Align, Layout, ScrollArea, Ui, UiBuilder, vec2};
use sluice_api::{Request, SourceChange, SourceChangeView, SourceChanges, SourceChoice};

const HEADER: f32 = 40.0;

/// Changes of sources: open ones first.
#[derive(Default)]
pub struct SourceChangesScreen {
    only: Option<SourceChange>,
    all: bool,
    chosen: Option<(String, u64)>,
    /// What was decided last.
    attempt: Option<Vec<SourceChoice>>,
}

impl SourceChangesScreen {
    /// The screen.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn request(&self) -> Request {
        Request::SourceChanges { tables: Vec::new(), all: self.all }
    }

    fn shown<'a>(&self, inbox: &'a SourceChanges) -> Vec<&'a SourceChangeView> {
        inbox.changes.iter().filter(|view| self.only.is_none_or(|only| view.change == only)).collect()
    }

    fn chosen<'a>(&self, shown: &[&'a SourceChangeView]) -> Option<&'a SourceChangeView> {
        let is_chosen = |view: &&&SourceChangeView| {
            self.chosen.as_ref().is_some_and(|(address, batch)| *address == view.address() && *batch == view.batch)
        };
        shown.iter().find(is_chosen).or_else(|| shown.first()).copied()
    }

    fn bar(&mut self, ui: &mut Ui, inbox: Option<&SourceChanges>, pending: bool) {
        let tokens = ui.tokens();
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), HEADER));
        let inner = rect.shrink2(vec2(12.0, 0.0));
        let layout = Layout::left_to_right(Align::Center);
        let mut bar = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("changes bar"));
        bar.spacing_mut().item_spacing.x = 12.0;
        let count = |of: Option<SourceChange>| {
            let changes = inbox.map_or(&[][..], |inbox| &inbox.changes);
            changes.iter().filter(|view| of.is_none_or(|of| view.change == of)).count()
        };
        let kinds = [
            (None, "All"),
            (Some(SourceChange::NewColumn), "New"),
            (Some(SourceChange::MissingColumn), "Gone"),
            (Some(SourceChange::Misfit), "Do not fit"),
            (Some(SourceChange::NameAgain), "Again"),
        ];
        let labels: Vec<(Option<SourceChange>, String)> =
            kinds.iter().map(|(of, word)| (*of, format!("{word} {}", count(*of)))).collect();
        let choices: Vec<(Option<SourceChange>, &str)> =
            labels.iter().map(|(of, label)| (*of, label.as_str())).collect();
        segmented(&mut bar, "Changes", &mut self.only, &choices);
        segmented(&mut bar, "Show", &mut self.all, &[(false, "Open"), (true, "Decided too")]);
        if let Some(inbox) = inbox {
            let open = inbox.changes.iter().filter(|view| view.is_open()).count() as u64;
            let text = match open {
                0 => "Nothing waits for a decision".to_owned(),
                open => format!("{} to decide", number::plural(open, "change")),
            };
            bar.label(typeface::text(text, typeface::control(), tokens.text_weak));
        }
        rule(ui);
        loading_line(ui, rect, pending);
    }

    fn outcome(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> bool {
        let Some(attempt) = self.attempt.clone() else { return false };
        let got = cx.store.decided(&attempt);
        let (mut closed, pending) = (false, got.pending);
        if let Some(error) = got.error {
            closed = error_banner(ui, error, "No contract was changed");
        } else if let Some(chosen) = got.value {
            let refused = chosen.iter().find_map(|one| one.refused.as_ref());
            let done = chosen.iter().filter(|one| one.says.is_some()).count() as u64;
            let title = match (refused, done) {
                (Some(_), 0) => "Nothing was decided".to_owned(),
                _ => format!("{} decided", number::plural(done, "change")),
            };
            let text =
                refused.map_or("The draft says it. Replay it, or publish it where production has a release", |s| s);
            let tone = if refused.is_some() { Tone::Warn } else { Tone::Ok };
            closed = banner(ui, tone, &title, text, Some("Close"));
        }
        if closed {
            self.attempt = None;
        }
        pending
    }
}

impl Screen for SourceChangesScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.spacing_mut().item_spacing.y = 0.0;
        cx.want(self.request());
        let got = cx.store.source_changes(self.all);
        let inbox = got.value;
        self.bar(ui, inbox, got.pending);
        self.outcome(ui, cx);
        if let Some(error) = got.error
            && error_banner(ui, error, "No contract was changed")
        {
            cx.send(self.request());
        }
        let Some(inbox) = inbox else { return };
        for problem in &inbox.problems {
            banner(ui, Tone::Warn, problem, "Its changes are not listed", None);
        }
        let shown = self.shown(inbox);
        if shown.is_empty() {
            let text = "New, missing and renamed columns of sources, and values that do not fit, are listed here";
            EmptyState { icon: icon::CHECK_CIRCLE, title: "No change waits", text, action: None }.show(ui);
            return;
        }
        let chosen = self.chosen(&shown).map(|view| (view.address(), view.batch));
        let tokens = ui.tokens();
        let mut clicked = None;
        ScrollArea::vertical().id_salt("source changes").auto_shrink(false).show(ui, |ui| {
            for view in shown {
                let address = view.address();
                let here = Some((address.clone(), view.batch));
                let proposed = view.proposal.as_ref().map(words::proposed).unwrap_or_default();
                let state = words::state(view);
                let (mark, color) = match view.is_open() {
                    true => (icon::WARNING, tokens.warn),
                    false => (icon::CHECK, tokens.text_weak),
                };
                let right = if view.is_open() { proposed.clone() } else { state.clone() };
                let name = format!("{address}, {}, {right}, {state}", words::change(view.change));
                let row = ListRow::new(&address)
                    .mono()
                    .icon(mark, color)
                    .note(words::change(view.change))
                    .right(right, tokens.text)
                    .selected(chosen == here)
                    .height(28.0)
                    .name(name);
                if row.show(ui).clicked() {
                    clicked = here;
                }
            }
        });
        if clicked.is_some() {
            self.chosen = clicked;
            cx.workspace.panels.show_inspector(true);
        }
    }

    fn has_inspector(&self, cx: &Cx<'_>) -> bool {
        cx.store.source_changes(self.all).value.is_some_and(|inbox| !inbox.changes.is_empty())
    }

    fn inspector_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(inbox) = cx.store.source_changes(self.all).value else { return };
        let shown = self.shown(inbox);
        let Some(view) = self.chosen(&shown) else { return };
        let pending = self.attempt.as_ref().is_some_and(|attempt| cx.store.decided(attempt).pending);
        let alike: Vec<&SourceChangeView> =
            inbox.changes.iter().filter(|other| other.is_open() && words::is_alike(view, other)).collect();
        if let Some(choices) = inspector::show(ui, view, &alike, pending) {
            cx.send(Request::DecideSourceChanges { choices: choices.clone(), author: None });
            self.attempt = Some(choices);
        }
    }
}
