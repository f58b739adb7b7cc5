//! Drawing the screen: the verdict, the findings, and the checks that found nothing or could not run.

use super::{inspector, side, words};
use crate::cx::Cx;
use crate::design::{TokensExt, icon, typeface};
use crate::screen::Screen;
use crate::widget::{Button, EmptyState, ListRow, banner, error_banner, loading_line, rule, segmented};
use egui::{Align, Layout, ScrollArea, Ui, UiBuilder, vec2};
use sluice_api::{DoctorReport, FEED_CHECKS, Finding, FindingCode, FindingSeverity, Request, TableName, ask};

const BAR: f32 = 40.0;

/// What is wrong with the feed of a table.
pub struct DoctorScreen {
    table: TableName,
    only: Option<FindingSeverity>,
    chosen: Option<FindingCode>,
    /// The lake itself is examined too.
    with_lake: bool,
}

impl DoctorScreen {
    /// The screen.
    #[must_use]
    pub fn new(table: TableName) -> Self {
        Self { table, only: None, chosen: None, with_lake: false }
    }

    fn request(&self) -> Request {
        Request::Doctor { source: self.table.to_string(), batch: None, with: None }
    }

    fn report<'a>(&self, cx: &Cx<'a>) -> Option<&'a DoctorReport> {
        cx.store.got::<ask::Doctor>(&(self.table.to_string(), None, None)).value?.first()
    }

    fn shown<'a>(&self, report: &'a DoctorReport) -> Vec<&'a Finding> {
        report.findings.iter().filter(|finding| self.only.is_none_or(|only| finding.severity == only)).collect()
    }

    fn chosen<'a>(&self, shown: &[&'a Finding]) -> Option<&'a Finding> {
        shown.iter().find(|finding| self.chosen == Some(finding.code)).or_else(|| shown.first()).copied()
    }

    fn bar(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, report: Option<&DoctorReport>, pending: bool) {
        let tokens = ui.tokens();
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), BAR));
        let inner = rect.shrink2(vec2(12.0, 0.0));
        let layout = Layout::left_to_right(Align::Center);
        let mut bar = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("doctor bar"));
        bar.spacing_mut().item_spacing.x = 12.0;
        let findings = report.map_or(&[][..], |report| &report.findings);
        let count = |of: FindingSeverity| findings.iter().filter(|finding| finding.severity == of).count();
        let mut labels = vec![(None, format!("All {}", findings.len()))];
        for (severity, word) in [
            (FindingSeverity::Error, "Errors"),
            (FindingSeverity::Warning, "Warnings"),
            (FindingSeverity::Info, "Notes"),
        ] {
            labels.push((Some(severity), format!("{word} {}", count(severity))));
        }
        let choices: Vec<(Option<FindingSeverity>, &str)> =
            labels.iter().map(|(value, label)| (*value, label.as_str())).collect();
        segmented(&mut bar, "Findings", &mut self.only, &choices);
        if let Some(report) = report {
            bar.label(typeface::text(words::read(report), typeface::control(), tokens.text_weak));
        }
        let layout = Layout::right_to_left(Align::Center);
        let mut right = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("examine again"));
        let why = pending.then_some("The feed is being read");
        if Button::new("Run again").icon(icon::REFRESH).disabled(why).show(&mut right).clicked() {
            cx.send(self.request());
        }
        rule(ui);
        loading_line(ui, rect, pending);
    }

    fn findings_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, report: &DoctorReport) {
        let tokens = ui.tokens();
        let shown = self.shown(report);
        let chosen = self.chosen(&shown).map(|finding| finding.code);
        let mut clicked = None;
        ScrollArea::vertical().id_salt("findings").auto_shrink(false).show(ui, |ui| {
            for finding in shown {
                let (mark, color) = words::mark(tokens, finding.severity);
                let counts = words::counts(report, finding);
                let row = ListRow::new(finding.code.as_str())
                    .mono()
                    .icon(mark, color)
                    .note(&finding.sentence)
                    .right(counts.clone(), color)
                    .selected(chosen == Some(finding.code))
                    .height(36.0)
                    .name(format!(
                        "{}, {}: {}, {counts}",
                        finding.severity.as_str(),
                        finding.code.as_str(),
                        finding.sentence
                    ));
                if row.show(ui).clicked() {
                    clicked = Some(finding.code);
                }
            }
            if !report.passed.is_empty() {
                let codes: Vec<String> = report.passed.iter().map(|check| words::check(*check)).collect();
                let count = report.passed.len();
                let text = format!("{count} {} found nothing", if count == 1 { "check" } else { "checks" });
                let row = ListRow::new(&text).icon(icon::CHECK, tokens.ok).color(tokens.text_weak);
                row.name(text.clone()).show(ui).on_hover_text(codes.join("\n"));
            }
            for (check, because) in &report.not_run {
                let text = format!("{} could not run", words::check(*check));
                let name = format!("{text}: {because}");
                let row = ListRow::new(&text).icon(icon::HELP, tokens.text_weak).note(because).color(tokens.text_weak);
                row.name(name).show(ui);
            }
        });
        if clicked.is_some() {
            self.chosen = clicked;
            cx.workspace.panels.show_inspector(true);
        }
    }
}

impl Screen for DoctorScreen {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.spacing_mut().item_spacing.y = 0.0;
        cx.want(self.request());
        let got = cx.store.got::<ask::Doctor>(&(self.table.to_string(), None, None));
        let report = got.value.and_then(|reports| reports.first());
        if let Some(report) = report {
            let next = match report.findings.first() {
                Some(finding) => finding.sentence.as_str(),
                None => "Whatever could not run is named below",
            };
            banner(ui, words::worst(report), &report.verdict, next, None);
        }
        self.bar(ui, cx, report, got.pending);
        if let Some(error) = got.error
            && error_banner(ui, error, "Nothing was changed")
        {
            cx.send(self.request());
        }
        match report {
            Some(report) => self.findings_ui(ui, cx, report),
            None if got.error.is_none() => {
                let text = format!("{FEED_CHECKS} checks, one pass over its files; nothing is changed");
                let title = format!("Reading the feed of {}", self.table);
                EmptyState { icon: icon::SYNC, title: &title, text: &text, action: None }.show(ui);
            }
            None => {}
        }
    }

    fn has_side(&self, _cx: &Cx<'_>) -> bool {
        true
    }

    fn side_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        side::show(ui, cx, &mut self.with_lake);
    }

    fn has_inspector(&self, cx: &Cx<'_>) -> bool {
        self.report(cx).is_some_and(|report| !report.findings.is_empty())
    }

    fn inspector_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(report) = self.report(cx) else { return };
        let shown = self.shown(report);
        if let Some(finding) = self.chosen(&shown) {
            inspector::show(ui, report, finding);
        }
    }
}
