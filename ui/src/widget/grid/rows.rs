//! Where the cells of a grid come from.

use crate::cell::{CellText, masked};
use crate::state::{PageCache, PageState};
use sluice_api::ResultId;

/// Gives cells by row and column of the grid.
pub trait Rows {
    /// The cell, or `None` while it is not known; then it is asked for.
    fn cell(&mut self, row: u64, column: usize) -> Option<CellText>;

    /// Why the row cannot be read, if so.
    fn error(&mut self, _row: u64) -> Option<String> {
        None
    }
}

/// Cells of a result from the page cache.
pub struct ResultRows<'a> {
    /// The cache.
    pub pages: &'a mut PageCache,
    /// The result.
    pub result: ResultId,
    /// Column of the result for each column of the grid; `None` if they are the same.
    pub columns: Option<Vec<usize>>,
}

impl<'a> ResultRows<'a> {
    /// All columns of `result` in order.
    #[must_use]
    pub fn new(pages: &'a mut PageCache, result: ResultId) -> Self {
        Self { pages, result, columns: None }
    }
}

impl Rows for ResultRows<'_> {
    fn cell(&mut self, row: u64, column: usize) -> Option<CellText> {
        let column = match &self.columns {
            Some(columns) => *columns.get(column)?,
            None => column,
        };
        match self.pages.row(self.result, row) {
            PageState::Ready(page, inside) => Some(page.cell(inside, column)),
            PageState::Pending | PageState::Failed(_) => None,
        }
    }

    fn error(&mut self, row: u64) -> Option<String> {
        match self.pages.row(self.result, row) {
            PageState::Failed(error) => Some(error.message.clone()),
            PageState::Ready(..) | PageState::Pending => None,
        }
    }
}

/// Cells from a function, for lists that are in memory.
pub struct FnRows<F>(pub F);

impl<F: FnMut(u64, usize) -> Option<CellText>> Rows for FnRows<F> {
    fn cell(&mut self, row: u64, column: usize) -> Option<CellText> {
        (self.0)(row, column)
    }
}

/// Rows with personal data masked, for screen, accessible names and the clipboard.
pub struct MaskedRows<'a> {
    /// The rows as they are.
    pub rows: ResultRows<'a>,
    /// By column of the grid, whether it is masked.
    pub personal: Vec<bool>,
}

impl Rows for MaskedRows<'_> {
    fn cell(&mut self, row: u64, column: usize) -> Option<CellText> {
        let cell = self.rows.cell(row, column)?;
        if cell.is_null || !self.personal.get(column).copied().unwrap_or_default() {
            return Some(cell);
        }
        Some(CellText::value(masked(&cell.text)))
    }

    fn error(&mut self, row: u64) -> Option<String> {
        self.rows.error(row)
    }
}
