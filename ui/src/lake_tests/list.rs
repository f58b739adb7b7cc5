//! The tests, one line each; below one that does not pass, what differs.

use crate::design::{Tokens, TokensExt, icon, typeface};
use crate::widget::{ListRow, text_clipped};
use egui::{Align2, Color32, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};
use sluice_api::{CellDifference, LakeTestReport, LakeTestResult, LakeTestState, LakeTestView, RowDifference};

/// Height of the line of a test, of a failure and of a cell.
const TEST: f32 = 32.0;
const FAILURE: f32 = 24.0;
const CELL: f32 = 22.0;
/// Where failures and cells begin.
const INDENT: f32 = 34.0;

/// Draws them; the path of the one that was clicked. `only`: those that pass, or those that do not.
pub(super) fn show(
    ui: &mut Ui,
    views: &[LakeTestView],
    report: Option<&LakeTestReport>,
    only: Option<bool>,
    shown: Option<&str>,
) -> Option<String> {
    let tokens = ui.tokens();
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut clicked = None;
    for view in views {
        let result = report.and_then(|report| report.tests.iter().find(|test| test.path == view.path));
        let passed = result.map(|result| result.state == LakeTestState::Passed);
        if only.is_some() && passed != only {
            continue;
        }
        let (mark, color, word) = look(tokens, result.map(|result| result.state));
        let name = view.path.strip_prefix("tests/").unwrap_or(&view.path);
        let about = view.about.as_deref().unwrap_or_default();
        let mut row = ListRow::new(name).mono().icon(mark, color).note(about).height(TEST);
        row = row.selected(shown == Some(view.path.as_str())).name(format!("{word}, {name}. {about}"));
        if let Some(result) = result {
            row = row.right(format!("{} ms", result.elapsed_ms), tokens.text_weak);
        }
        if row.show(ui).on_hover_text(&view.path).clicked() {
            clicked = Some(view.path.clone());
        }
        if let Some(result) = result {
            details(ui, tokens, result);
        }
    }
    clicked
}

fn look(tokens: &Tokens, state: Option<LakeTestState>) -> (char, Color32, &'static str) {
    match state {
        None => (icon::HELP, tokens.text_weak, "not run"),
        Some(LakeTestState::Passed) => (icon::CHECK_CIRCLE, tokens.ok, "passed"),
        Some(LakeTestState::Failed) => (icon::ERROR, tokens.fail, "failed"),
        Some(LakeTestState::Invalid) => (icon::WARNING, tokens.warn, "cannot be run"),
    }
}

fn details(ui: &mut Ui, tokens: &Tokens, result: &LakeTestResult) {
    for problem in &result.problems {
        let words = format!("line {}: {}. {}", problem.line, problem.message, problem.fix);
        line(ui, &words, tokens.warn);
    }
    for failure in &result.failures {
        let words =
            format!("after batch {}, {}: {} (line {})", failure.batch, failure.what, failure.message, failure.line);
        line(ui, &words, tokens.text);
        for difference in &failure.cells {
            cell(ui, tokens, difference);
        }
    }
    if !result.problems.is_empty() || !result.failures.is_empty() {
        ui.add_space(6.0);
    }
}

fn line(ui: &mut Ui, words: &str, color: Color32) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), FAILURE), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    let at = pos2(rect.left() + INDENT, rect.center().y);
    let room = rect.right() - 12.0 - at.x;
    text_clipped(ui, Align2::LEFT_CENTER, at, room, words, typeface::control(), color);
    response.on_hover_text(words);
}

/// Row, column, what was expected, what is there.
fn cell(ui: &mut Ui, tokens: &Tokens, difference: &CellDifference) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), CELL), Sense::hover());
    let words = difference.to_string();
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    let y = rect.center().y;
    let color = match difference.row {
        RowDifference::Missing => tokens.fail,
        RowDifference::Surplus => tokens.ok,
        RowDifference::Changed => tokens.warn,
    };
    let font = || typeface::mono(12.0);
    let left = rect.left() + INDENT;
    ui.painter().text(pos2(left, y), Align2::LEFT_CENTER, difference.row.sign(), font(), color);
    let room = (rect.right() - 12.0 - left - 16.0).max(0.0);
    let (key, column, value) = (room * 0.28, room * 0.2, room * 0.26);
    let mut x = left + 16.0;
    let mut put = |width: f32, text: &str, color: Color32| {
        text_clipped(ui, Align2::LEFT_CENTER, pos2(x, y), width - 8.0, text, typeface::mono(12.0), color);
        x += width;
    };
    match difference.row {
        RowDifference::Changed => {
            put(key, &difference.key_text(), tokens.text_strong);
            put(column, &difference.column, tokens.text_weak);
            put(value, &format!("expected {}", difference.expected_text()), tokens.text);
            put(value, &format!("got {}", difference.got_text()), tokens.text_strong);
        }
        RowDifference::Missing => {
            put(key + column, &difference.key_text(), tokens.text_strong);
            put(2.0 * value, "expected, not there", tokens.text);
        }
        RowDifference::Surplus => {
            put(key + column, &difference.key_text(), tokens.text_strong);
            put(2.0 * value, "there, not expected", tokens.text);
        }
    }
    response.on_hover_text(words);
}
