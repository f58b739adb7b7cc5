//! A copy whose rows are being read.

use super::Rows;
use crate::state::PAGE_ROWS;
use std::ops::RangeInclusive;

/// Rows that one frame adds to the text, so that the window keeps answering.
const ROWS_OF_FRAME: u64 = 4_000;
/// Pages that are asked for before their turn.
const PAGES_AHEAD: u64 = 5;

/// A copy under way.
#[derive(Debug)]
pub(super) struct Copying {
    pub(super) rows: RangeInclusive<u64>,
    pub(super) columns: RangeInclusive<usize>,
    pub(super) next: u64,
    pub(super) text: String,
}

/// How far the rows of a frame brought it.
pub(super) enum Step {
    Done,
    /// The frame had enough to do.
    More,
    /// A page is not here yet.
    Waits,
    Failed(u64),
}

impl Copying {
    /// Adds the rows that are here.
    pub(super) fn go_on(&mut self, source: &mut dyn Rows) -> Step {
        let end = *self.rows.end();
        let stop = self.next.saturating_add(ROWS_OF_FRAME);
        while self.next <= end {
            if self.next >= stop {
                return Step::More;
            }
            let Some(line) = line(self.next, &self.columns, source) else {
                if source.error(self.next).is_some() {
                    return Step::Failed(self.next);
                }
                for page in 1..=PAGES_AHEAD {
                    let ahead = self.next.saturating_add(page * u64::from(PAGE_ROWS)).min(end);
                    let _ = source.cell(ahead, *self.columns.start());
                }
                return Step::Waits;
            };
            if !self.text.is_empty() {
                self.text.push('\n');
            }
            self.text.push_str(&line);
            self.next += 1;
        }
        Step::Done
    }
}

/// One row as tab separated text, null as nothing; `None` if a cell of it is not known.
fn line(row: u64, columns: &RangeInclusive<usize>, source: &mut dyn Rows) -> Option<String> {
    let mut line = String::new();
    for column in columns.clone() {
        if column > *columns.start() {
            line.push('\t');
        }
        let cell = source.cell(row, column)?;
        if !cell.is_null {
            line.push_str(&clean(&cell.text));
        }
    }
    Some(line)
}

/// A cell as one field of a line.
pub(super) fn clean(text: &str) -> String {
    text.replace(['\t', '\n', '\r'], " ")
}
