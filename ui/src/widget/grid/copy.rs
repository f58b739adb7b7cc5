//! Cells as text on the clipboard.

use super::state::GridState;
use super::{GridColumn, Rows};
use crate::state::PAGE_ROWS;
use crate::widget::number;
use egui::Context;
use std::ops::RangeInclusive;

/// Cells that one copy may take.
const CELLS_MAX: usize = 100_000;

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
    /// Some rows are not read yet; they were asked for and nothing was copied.
    NotRead {
        /// Rows chosen.
        rows: u64,
    },
    /// The rows of a copy that waited for them are read now.
    Read {
        /// Rows chosen.
        rows: u64,
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
            Self::NotRead { rows } => {
                let rows = number::plural(*rows, "row");
                Some((format!("Nothing was copied yet, {rows} are being read"), true))
            }
            Self::Read { rows } => Some((format!("{} are read, copy them again", number::plural(*rows, "row")), false)),
            Self::TooMany { cells } => {
                let most = number::count(CELLS_MAX as u64);
                Some((format!("Nothing was copied, {} cells are more than {most}", number::count(*cells)), true))
            }
        }
    }
}

/// Whether a row of each page of `rows` is here; the pages that are not are asked for.
fn are_read(rows: &RangeInclusive<u64>, column: usize, source: &mut dyn Rows) -> bool {
    let step = usize::try_from(PAGE_ROWS).unwrap_or(1);
    let of_pages = rows.clone().step_by(step).chain([*rows.end()]);
    of_pages.filter(|row| source.cell(*row, column).is_none() && source.error(*row).is_none()).count() == 0
}

/// Goes on asking for the rows of a copy; says so once when they are here.
pub(super) fn read_on(ctx: &Context, state: &mut GridState, source: &mut dyn Rows) -> Option<Copied> {
    let (rows, column) = state.reading.clone()?;
    if !are_read(&rows, column, source) {
        ctx.request_repaint();
        return None;
    }
    state.reading = None;
    Some(Copied::Read { rows: rows.end() - rows.start() + 1 })
}

/// Copies the chosen cells as tab separated text, null as nothing; all of them or none.
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
    if cells > CELLS_MAX as u64 {
        return Copied::TooMany { cells };
    }
    if !are_read(&rows, *chosen.start(), source) {
        state.reading = Some((rows, *chosen.start()));
        return Copied::NotRead { rows: count };
    }
    let clean = |text: String| text.replace(['\t', '\n', '\r'], " ");
    let mut lines = Vec::new();
    if with_names {
        let names = chosen.clone().filter_map(|column| columns.get(column));
        lines.push(names.map(|column| clean(column.name.clone())).collect::<Vec<_>>().join("\t"));
    }
    for row in rows {
        let mut line = Vec::with_capacity(width);
        for column in chosen.clone() {
            match source.cell(row, column) {
                Some(cell) if cell.is_null => line.push(String::new()),
                Some(cell) => line.push(clean(cell.text)),
                None => return Copied::NotRead { rows: count },
            }
        }
        lines.push(line.join("\t"));
    }
    ctx.copy_text(lines.join("\n"));
    Copied::Cells { rows: count, columns: width }
}
