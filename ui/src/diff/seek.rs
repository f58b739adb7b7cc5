//! `]` and `[`: the next and the previous changed cell, across pages that are not here yet.

use super::model::{Shown, stops};
use crate::state::{PageCache, PageState};
use sluice_api::ResultId;

/// Rows looked at in one frame.
const ROWS_PER_FRAME: u64 = 2_000;

/// A search under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seek {
    /// Down or up.
    pub(super) forward: bool,
    /// Row to look at next.
    pub(super) row: u64,
    /// In that row, only columns after (before) this one.
    pub(super) column: Option<usize>,
}

/// How far a search came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// This cell.
    Cell(u64, usize),
    /// Not yet; go on in the next frame.
    Later(Seek),
    /// There is none.
    Nothing,
}

impl Seek {
    /// Looks at some rows.
    pub(super) fn run(self, pages: &mut PageCache, result: ResultId, rows: u64, columns: &[Shown]) -> Found {
        let mut at = self;
        for _ in 0..ROWS_PER_FRAME {
            if at.row >= rows {
                return Found::Nothing;
            }
            let PageState::Ready(page, inside) = pages.row(result, at.row) else { return Found::Later(at) };
            let stops = stops(page, inside, columns);
            let hit = match (at.forward, at.column) {
                (true, Some(column)) => stops.iter().find(|stop| **stop > column),
                (true, None) => stops.first(),
                (false, Some(column)) => stops.iter().rev().find(|stop| **stop < column),
                (false, None) => stops.last(),
            };
            if let Some(column) = hit {
                return Found::Cell(at.row, *column);
            }
            at.column = None;
            at.row = match (at.forward, at.row.checked_sub(1)) {
                (true, _) => at.row + 1,
                (false, Some(row)) => row,
                (false, None) => return Found::Nothing,
            };
        }
        Found::Later(at)
    }
}
