//! Quality: what readers see now, each check with its outcome, failing rows, quarantine.

mod checks;
mod failing;
mod quarantine;
mod refused;
mod side;
mod verdict;

use crate::command::Command;
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::screen::Screen;
use crate::state::Selection;
use crate::widget::{Button, EmptyState, error_banner, loading_line, number, rule, segmented};
use egui::{Align, Layout, Rect, Ui, UiBuilder, pos2, vec2};
use sluice_api::{CheckState, CheckView, Layer, QualityView, Request, TableName, TableRef};

/// Height of the bar with the outcomes.
const BAR: f32 = 40.0;

/// Quality: checks and quarantine of a table.
pub struct QualityScreen {
    table: TableName,
    outcome: Option<CheckState>,
    /// Row under the cursor of the quarantined records.
    record: Option<u64>,
}

impl QualityScreen {
    /// The screen.
    #[must_use]
    pub fn new(table: TableName) -> Self {
        Self { table, outcome: None, record: None }
    }

    fn silver(&self) -> TableRef {
        TableRef { layer: Layer::Silver, name: self.table.clone() }
    }

    /// Checks that the filter lets through, failures first.
    fn checks<'a>(&self, view: &'a QualityView) -> Vec<&'a CheckView> {
        view.checks.iter().filter(|check| self.outcome.is_none_or(|outcome| check.state() == outcome)).collect()
    }

    /// The check that is selected, else the first one that deviates, else the first one.
    fn selected<'a>(&self, cx: &Cx<'_>, checks: &[&'a CheckView]) -> Option<&'a CheckView> {
        let chosen = match cx.selection() {
            Selection::Check { table, check } if *table == self.table => Some(*check),
            _ => None,
        };
        let find = |wanted: u32| checks.iter().find(|check| check.index == wanted);
        let deviates = || checks.iter().find(|check| matches!(check.state(), CheckState::Failed | CheckState::Warned));
        chosen.and_then(find).or_else(deviates).or_else(|| checks.first()).copied()
    }

    fn bar_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, view: Option<&QualityView>, pending: bool) {
        let tokens = ui.tokens();
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), BAR));
        let inner = rect.shrink2(vec2(12.0, 0.0));
        let layout = Layout::left_to_right(Align::Center);
        let mut bar = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("quality bar"));
        let checks = view.map_or(&[][..], |view| &view.checks);
        let count = |state: CheckState| checks.iter().filter(|check| check.state() == state).count();
        let mut labels = vec![(None, format!("All {}", checks.len()))];
        for state in [CheckState::Failed, CheckState::Warned, CheckState::Passed, CheckState::NotEvaluated] {
            labels.push((Some(state), format!("{} {}", verdict::word(state), count(state))));
        }
        let choices: Vec<(Option<CheckState>, &str)> =
            labels.iter().map(|(value, label)| (*value, label.as_str())).collect();
        segmented(&mut bar, "Checks", &mut self.outcome, &choices);
        let text = match view {
            Some(QualityView { version: Some(version), elapsed_ms, .. }) => {
                format!("silver.{} v{version}, checked in {}", self.table, number::elapsed(*elapsed_ms))
            }
            _ => format!("silver.{}", self.table),
        };
        bar.label(typeface::text(text, typeface::control(), tokens.text_weak));
        let layout = Layout::right_to_left(Align::Center);
        let mut right = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("check again"));
        let why = pending.then_some("The checks are running");
        if Button::new("Check again").icon(icon::REFRESH).disabled(why).show(&mut right).clicked() {
            cx.send(Request::Quality { table: self.table.clone() });
        }
        rule(ui);
        loading_line(ui, rect, pending);
    }

    fn checks_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, view: &QualityView) {
        if view.version.is_none() && view.refused_batch.is_none() {
            let text = format!("Replay {}, then its checks run on silver", self.table);
            let action = Some("Open replay");
            let empty = EmptyState { icon: icon::VERIFIED, title: "Nothing to check yet", text: &text, action };
            if empty.show(ui).is_some_and(|response| response.clicked()) {
                cx.run(Command::OpenTab(crate::state::Tab::Replay { table: self.table.clone() }));
            }
            return;
        }
        if view.checks.is_empty() {
            let text = format!("Write checks under `quality` in the contract of {}, then check again", self.table);
            EmptyState { icon: icon::RULE, title: "No checks yet", text: &text, action: None }.show(ui);
            return;
        }
        let rect = ui.available_rect_before_wrap();
        let shown = self.checks(view);
        let selected = self.selected(cx, &shown);
        let middle = (rect.top() + checks::height(shown.len())).min(rect.top() + (rect.height() * 0.58).round());
        let top = Rect::from_min_max(rect.min, pos2(rect.right(), middle));
        let mut child = ui.new_child(UiBuilder::new().max_rect(top).id_salt("checks"));
        if shown.is_empty() {
            let word = self.outcome.map_or("", verdict::word).to_lowercase();
            let title = format!("No check with outcome {word}");
            EmptyState { icon: icon::FILTER_LIST, title: &title, text: "", action: None }.show(&mut child);
            return;
        }
        if let Some(index) = checks::show(&mut child, &shown, selected) {
            cx.select(Selection::Check { table: self.table.clone(), check: index });
        }
        let below = Rect::from_min_max(pos2(rect.left(), middle), rect.max);
        let mut child = ui.new_child(UiBuilder::new().max_rect(below).id_salt("failing"));
        if let Some(check) = selected {
            failing::show(&mut child, cx, &self.table, check);
        }
    }
}

impl Screen for QualityScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        cx.want(Request::Quality { table: self.table.clone() });
        // Which columns are personal.
        cx.want(Request::Table { table: self.silver(), version: None });
        cx.want(Request::Lake);
        ui.spacing_mut().item_spacing.y = 0.0;
        let store = cx.store;
        let got = store.quality(&self.table);
        if let Some(view) = got.value {
            refused::show(ui, cx, view);
        }
        self.bar_ui(ui, cx, got.value, got.pending);
        if let Some(error) = got.error
            && error_banner(ui, error, "Silver is unchanged")
        {
            cx.send(Request::Quality { table: self.table.clone() });
        }
        if let Some(view) = got.value {
            self.checks_ui(ui, cx, view);
        }
    }

    fn has_side(&self, _cx: &Cx<'_>) -> bool {
        true
    }

    fn side_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        side::show(ui, cx, &self.table);
    }

    fn has_inspector(&self, _cx: &Cx<'_>) -> bool {
        true
    }

    fn inspector_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        quarantine::show(ui, cx, &self.table, &mut self.record);
    }
}

#[cfg(test)]
mod tests;
