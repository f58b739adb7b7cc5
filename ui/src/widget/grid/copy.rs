//! Cells as text on the clipboard: all that were chosen, or none. Rows that are not on screen are read first, page by
//! page, while the grid stays usable.

use super::copying::{Copying, Step, clean};
use super::state::GridState;
use super::{GridColumn, Rows};
use crate::widget::number;
use egui::Context;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Cells that one copy may take.
const CELLS_MAX: u64 = 2_000_000;
/// Time after which a copy that waits looks again, if nothing else draws a frame.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What came of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Copied {
    /// The text is on the clipboard.
    Cells {
        /// Rows of the text.
        rows: u64,
        /// Columns of the text.
        columns: usize,
    },
    /// Some rows are not here yet; they are being read, and the copy goes on by itself.
    Reading {
        /// Rows chosen.
        rows: u64,
    },
    /// A row cannot be read; nothing was copied.
    Failed {
        /// The row, from 0.
        row: u64,
    },
    /// More was chosen than a copy takes; nothing was copied.
    TooMany {
        /// Cells chosen.
        cells: u64,
    },
}

impl Copied {
    /// One line for the person, and whether it is a problem; one cell copied needs no word.
    #[must_use]
    pub fn words(&self) -> Option<(String, bool)> {
        match self {
            Self::Cells { rows: 0 | 1, columns: 1 } => None,
            Self::Cells { rows, .. } => Some((format!("{} copied", number::plural(*rows, "row")), false)),
            Self::Reading { rows } => Some((format!("Reading {} to copy them", number::plural(*rows, "row")), false)),
            Self::Failed { row } => {
                Some((format!("Nothing was copied, row {} could not be read", number::count(row + 1)), true))
            }
            Self::TooMany { cells } => {
                let most = number::count(CELLS_MAX);
                let cells = number::count(*cells);
                Some((format!("Nothing was copied, {cells} cells are more than {most}. Choose fewer rows"), true))
            }
        }
    }
}

/// Begins to copy the chosen cells; a copy under way is given up for it.
pub(super) fn copy(
    ctx: &Context,
    state: &mut GridState,
    columns: &[GridColumn],
    with_names: bool,
    source: &mut dyn Rows,
) -> Copied {
    let Some((rows, chosen)) = state.range() else { return Copied::Cells { rows: 0, columns: 0 } };
    let width = chosen.clone().count().max(1);
    let count = rows.end() - rows.start() + 1;
    let cells = count.saturating_mul(width as u64);
    if cells > CELLS_MAX {
        return Copied::TooMany { cells };
    }
    let names = chosen.clone().filter_map(|column| columns.get(column)).map(|column| clean(&column.name));
    let text = if with_names { names.collect::<Vec<_>>().join("\t") } else { String::new() };
    let copying = Copying { next: *rows.start(), rows, columns: chosen, text };
    state.copying = Some(Arc::new(Mutex::new(copying)));
    go_on(ctx, state, source).unwrap_or(Copied::Reading { rows: count })
}

/// Goes on with a copy under way; says what came of it at its end.
pub(super) fn go_on(ctx: &Context, state: &mut GridState, source: &mut dyn Rows) -> Option<Copied> {
    let copying = state.copying.clone()?;
    let mut copying = copying.lock().unwrap_or_else(PoisonError::into_inner);
    let came = match copying.go_on(source) {
        Step::More => {
            ctx.request_repaint();
            return None;
        }
        Step::Waits => {
            ctx.request_repaint_after(LOOK_AGAIN);
            return None;
        }
        Step::Failed(row) => Copied::Failed { row },
        Step::Done => {
            ctx.copy_text(std::mem::take(&mut copying.text));
            let rows = copying.rows.end() - copying.rows.start() + 1;
            Copied::Cells { rows, columns: copying.columns.clone().count() }
        }
    };
    state.copying = None;
    Some(came)
}
