//! Where the cells of a grid come from.

use crate::cell::{CellText, masked, masked_record};
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

/// How the values of a column are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mask {
    /// As they are.
    #[default]
    Open,
    /// Personal data: enough to recognise, not enough to read.
    Value,
    /// Records as delivered: the values of these members are masked; `None` where nobody knows which are personal.
    Record(Option<Vec<String>>),
}

impl Mask {
    /// Of a column that holds personal data or not.
    #[must_use]
    pub fn of(is_personal: bool) -> Self {
        if is_personal { Self::Value } else { Self::Open }
    }

    /// The value as it is shown.
    #[must_use]
    pub fn shown(&self, cell: CellText) -> CellText {
        match self {
            _ if cell.is_null => cell,
            Self::Open => cell,
            Self::Value => CellText::value(masked(&cell.text)),
            Self::Record(names) => {
                let names: Option<Vec<&str>> = names.as_ref().map(|names| names.iter().map(String::as_str).collect());
                CellText::value(masked_record(&cell.text, names.as_deref()))
            }
        }
    }
}

/// Rows with personal data masked, for screen, accessible names and the clipboard.
pub struct MaskedRows<'a> {
    /// The rows as they are.
    pub rows: ResultRows<'a>,
    /// By column of the grid.
    pub masks: Vec<Mask>,
}

impl Rows for MaskedRows<'_> {
    fn cell(&mut self, row: u64, column: usize) -> Option<CellText> {
        let cell = self.rows.cell(row, column)?;
        Some(match self.masks.get(column) {
            Some(mask) => mask.shown(cell),
            None => cell,
        })
    }

    fn error(&mut self, row: u64) -> Option<String> {
        self.rows.error(row)
    }
}
