//! The list of checks: outcome, expression, level, severity, what was measured, what is asked for, rows.

use super::verdict::{color, mark, word};
use crate::cell::CellText;
use crate::design::{TokensExt, typeface};
use crate::widget::{CellLook, CellRef, Grid, GridColumn, GridState, Rows, number};
use egui::{Align2, Rect, Ui, pos2};
use sluice_api::{CheckView, Severity, Verdict};

/// Accessible name of the list, and its id.
const NAME: &str = "Checks";
/// Widths of all columns but the expression.
const OTHERS: f32 = 92.0 + 56.0 + 80.0 + 120.0 + 96.0 + 84.0 + 14.0;

/// Height with all rows.
pub(super) fn height(checks: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a few checks")]
    let rows = checks.max(3) as f32;
    28.0 + rows * 28.0 + 1.0
}

struct CheckRows<'a>(&'a [&'a CheckView]);

impl Rows for CheckRows<'_> {
    fn cell(&mut self, row: u64, column: usize) -> Option<CellText> {
        let check = self.0.get(usize::try_from(row).ok()?)?;
        let none = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
        let text = match column {
            0 => word(check.verdict).to_owned(),
            1 => check.check.clone(),
            2 => check.level.clone(),
            3 => severity(check.severity).to_owned(),
            4 if check.verdict == Verdict::Skipped => "skipped".to_owned(),
            4 => none(&check.observed),
            5 => none(&check.limit),
            _ if check.verdict == Verdict::Skipped => "–".to_owned(),
            _ => number::count(check.failed),
        };
        Some(CellText { text, is_null: false })
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Warn => "warn",
        Severity::Fail => "fail",
    }
}

/// Draws it; returns the check that was chosen.
pub(super) fn show(ui: &mut Ui, checks: &[&CheckView], selected: Option<&CheckView>) -> Option<u32> {
    let tokens = ui.tokens();
    let room = (ui.available_width() - OTHERS).max(160.0);
    let column = |name: &str, width: f32, numeric: bool| {
        let mut column = GridColumn::new(name);
        column.width = Some(width);
        column.numeric = numeric;
        column
    };
    let columns = [
        column("Outcome", 92.0, false),
        column("Check", room, false),
        column("Level", 56.0, false),
        column("Severity", 80.0, false),
        column("Observed", 120.0, true),
        column("Limit", 96.0, true),
        column("Rows", 84.0, true),
    ];
    let id = Grid::id(ui, NAME);
    let position = checks.iter().position(|check| selected.is_some_and(|selected| selected.index == check.index));
    let row = position.and_then(|position| u64::try_from(position).ok());
    let state = GridState::load(ui.ctx(), id);
    if let Some(row) = row.filter(|row| state.cursor.map(|(row, _)| row) != Some(*row)) {
        GridState::go_to(ui.ctx(), id, row, state.cursor.map_or(1, |(_, column)| column));
    }
    let get = |row: u64| usize::try_from(row).ok().and_then(|row| checks.get(row));
    let out = Grid::new(NAME, &columns, checks.len() as u64)
        .row_height(28.0)
        .decorate(&mut |cell: &CellRef<'_>| {
            let Some(check) = get(cell.row) else { return CellLook::default() };
            let deviates = matches!(check.verdict, Verdict::Fail | Verdict::Warn);
            let color = match cell.column {
                4 if deviates => Some(color(tokens, check.verdict)),
                6 if check.verdict == Verdict::Fail && check.failed > 0 => Some(tokens.fail),
                6 if check.failed == 0 && row != Some(cell.row) => Some(tokens.text_faint),
                1 if check.verdict == Verdict::Skipped => Some(tokens.text_weak),
                _ => None,
            };
            CellLook { color, strong: cell.column == 4 && deviates, ..CellLook::default() }
        })
        .paint_cell(&mut |ui: &Ui, rect: Rect, cell: &CellRef<'_>| {
            let Some(check) = get(cell.row).filter(|_| cell.column == 0) else { return false };
            let color = color(tokens, check.verdict);
            let at = pos2(rect.left() + 20.0, rect.center().y);
            ui.painter().text(at, Align2::CENTER_CENTER, mark(check.verdict), typeface::icons(16.0), color);
            let deviates = matches!(check.verdict, Verdict::Fail | Verdict::Warn);
            let color = if deviates { color } else { tokens.text_weak };
            let at = pos2(rect.left() + 34.0, rect.center().y);
            ui.painter().text(at, Align2::LEFT_CENTER, word(check.verdict), typeface::control(), color);
            true
        })
        .show(ui, &mut CheckRows(checks));
    let moved = out.cursor.filter(|_| out.moved)?;
    get(moved.0).map(|check| check.index)
}
