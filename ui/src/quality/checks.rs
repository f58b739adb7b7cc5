//! The list of checks: outcome, expression, level, severity, what was measured, what is asked for, rows.

use super::verdict::{color, mark, word};
use crate::cell::CellText;
use crate::design::{TokensExt, typeface};
use crate::widget::{CellLook, CellRef, Grid, GridColumn, GridState, Rows, number};
use egui::{Align2, Rect, Ui, pos2};
use sluice_api::{CheckState, CheckView};

/// Accessible name of the list, and its id.
const NAME: &str = "Checks";
/// Widths of all columns but the expression.
const OTHERS: f32 = 118.0 + 56.0 + 80.0 + 120.0 + 96.0 + 84.0 + 14.0;

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
            0 => word(check.state()).to_owned(),
            1 => check.check.clone(),
            2 => check.level.as_str().to_owned(),
            3 => check.severity.as_str().to_owned(),
            4 => none(&check.observed),
            5 => none(&check.limit),
            _ => check.outcome.failed.map_or_else(|| none(""), number::count),
        };
        Some(CellText { text, is_null: false })
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
        column("Outcome", 118.0, false),
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
            let state = check.state();
            let deviates = matches!(state, CheckState::Failed | CheckState::Warned);
            let some_fail = check.outcome.failed.is_some_and(|rows| rows > 0);
            let color = match cell.column {
                4 if deviates => Some(color(tokens, state)),
                6 if state == CheckState::Failed && some_fail => Some(tokens.fail),
                6 if !some_fail && row != Some(cell.row) => Some(tokens.text_faint),
                1 if state == CheckState::NotEvaluated => Some(tokens.text_weak),
                _ => None,
            };
            CellLook { color, strong: cell.column == 4 && deviates, ..CellLook::default() }
        })
        .paint_cell(&mut |ui: &Ui, rect: Rect, cell: &CellRef<'_>| {
            let Some(check) = get(cell.row).filter(|_| cell.column == 0) else { return false };
            let state = check.state();
            let color = color(tokens, state);
            let at = pos2(rect.left() + 20.0, rect.center().y);
            ui.painter().text(at, Align2::CENTER_CENTER, mark(state), typeface::icons(16.0), color);
            let deviates = matches!(state, CheckState::Failed | CheckState::Warned);
            let color = if deviates { color } else { tokens.text_weak };
            let at = pos2(rect.left() + 34.0, rect.center().y);
            ui.painter().text(at, Align2::LEFT_CENTER, word(state), typeface::control(), color);
            true
        })
        .show(ui, &mut CheckRows(checks));
    let moved = out.cursor.filter(|_| out.moved)?;
    get(moved.0).map(|check| check.index)
}
