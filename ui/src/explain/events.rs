//! Every event of the key, in the order of the source.

use super::state::ExplainScreen;
use super::words;
use crate::cell::CellText;
use crate::design::TokensExt;
use crate::widget::{CellLook, CellRef, Grid, GridColumn, GridState, Rows};
use egui::Ui;
use sluice_api::{EventOutcome, ExplainedEvent, Explanation};

/// Accessible name of the grid, and its id.
const NAME: &str = "Events of the row";
/// Position of the column with what became of an event.
const OUTCOME: usize = 6;

struct Lines<'a>(&'a [ExplainedEvent]);

impl Rows for Lines<'_> {
    fn cell(&mut self, row: u64, column: usize) -> Option<CellText> {
        let event = self.0.get(usize::try_from(row).ok()?)?;
        Some(CellText::value(match column {
            0 => event.number.to_string(),
            1 => event.operation.clone(),
            2 => {
                if event.position.is_empty() {
                    "–".to_owned()
                } else {
                    event.position.clone()
                }
            }
            3 => event.batch.to_string(),
            4 => file_name(&event.file).to_owned(),
            5 => event.record.to_string(),
            OUTCOME => words::outcome(&event.outcome),
            _ if event.columns.is_empty() => "–".to_owned(),
            _ => event.columns.join(", "),
        }))
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Draws them.
pub(super) fn show(screen: &mut ExplainScreen, ui: &mut Ui, view: &Explanation) {
    let tokens = ui.tokens();
    let id = Grid::id(ui, NAME);
    if !screen.begun {
        screen.begun = true;
        // What made the row is asked for first.
        let last = view.events.iter().rposition(|event| event.outcome == EventOutcome::Applied);
        GridState::go_to(ui.ctx(), id, last.unwrap_or(0) as u64, 0);
        ui.memory_mut(|memory| memory.request_focus(id));
    }
    let columns = columns(ui.available_width());
    let tone = |row: u64| {
        let event = usize::try_from(row).ok().and_then(|row| view.events.get(row));
        event.map(|event| words::tone(&event.outcome).text(tokens))
    };
    let mut look = |cell: &CellRef<'_>| match cell.column {
        0 => CellLook { strong: true, color: Some(tokens.text_strong), ..CellLook::default() },
        1 => {
            let event = usize::try_from(cell.row).ok().and_then(|row| view.events.get(row));
            let color = event.map(|event| words::operation(event).color(tokens));
            CellLook { color, ..CellLook::default() }
        }
        OUTCOME => CellLook { color: tone(cell.row), ..CellLook::default() },
        _ => CellLook::default(),
    };
    let count = view.events.len() as u64;
    let out = Grid::new(NAME, &columns, count).row_height(28.0).decorate(&mut look).show(ui, &mut Lines(&view.events));
    screen.line = out.cursor.and_then(|(row, _)| usize::try_from(row).ok());
}

/// The last column takes what is left.
fn columns(width: f32) -> Vec<GridColumn> {
    let fixed = [
        ("event", 56.0),
        ("operation", 104.0),
        ("position", 144.0),
        ("batch", 56.0),
        ("file", 152.0),
        ("record", 72.0),
        ("what became of it", 248.0),
    ];
    let used: f32 = fixed.iter().map(|(_, width)| width).sum();
    let rest = ("columns of it", (width - used - 12.0).max(160.0));
    let numeric = ["event", "batch", "record"];
    let columns = fixed.into_iter().chain([rest]);
    columns
        .map(|(name, width)| GridColumn {
            width: Some(width),
            numeric: numeric.contains(&name),
            ..GridColumn::new(name)
        })
        .collect()
}
