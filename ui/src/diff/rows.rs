//! Cells of the changed rows, with their look: old struck through before new.

use super::model::{Place, Shown, differs, operation};
use crate::cell::CellText;
use crate::design::Tokens;
use crate::state::{PageCache, PageState};
use crate::widget::{CellLook, CellRef, Operation, Rows};
use sluice_api::ResultId;
use std::cell::RefCell;

/// Rows of the grid.
pub(super) struct DiffRows<'a, 'p> {
    pub(super) pages: &'a RefCell<&'p mut PageCache>,
    pub(super) result: ResultId,
    pub(super) columns: &'a [Shown],
}

impl Rows for DiffRows<'_, '_> {
    fn cell(&mut self, row: u64, column: usize) -> Option<CellText> {
        let column = self.columns.get(column)?;
        let mut pages = self.pages.borrow_mut();
        let PageState::Ready(page, inside) = pages.row(self.result, row) else { return None };
        Some(column.cell(match column.place {
            Place::Change => page.cell(inside, 0),
            Place::Key(at) => page.cell(inside, at),
            Place::Pair { old, new } => {
                let deleted = operation(page, inside) == Operation::Deleted;
                page.cell(inside, if deleted { old } else { new })
            }
        }))
    }

    fn error(&mut self, row: u64) -> Option<String> {
        match self.pages.borrow_mut().row(self.result, row) {
            PageState::Failed(error) => Some(error.message.clone()),
            PageState::Ready(..) | PageState::Pending => None,
        }
    }
}

/// The look of a cell.
pub(super) fn look(
    tokens: &Tokens,
    pages: &RefCell<&mut PageCache>,
    result: ResultId,
    columns: &[Shown],
    cell: &CellRef<'_>,
) -> CellLook {
    let pages = pages.borrow();
    let (Some((page, inside)), Some(column)) = (pages.peek(result, cell.row), columns.get(cell.column)) else {
        return CellLook::default();
    };
    let kind = operation(page, inside);
    let is_key = matches!(column.place, Place::Key(_));
    match kind {
        _ if column.place == Place::Change => {
            CellLook { text: Some(kind.word().to_owned()), fill: row_fill(tokens, kind), ..CellLook::default() }
        }
        Operation::Inserted => CellLook {
            fill: row_fill(tokens, kind),
            color: is_key.then_some(tokens.ok).or((!cell.is_null).then_some(tokens.text_strong)),
            meaning: Some("inserted"),
            ..CellLook::default()
        },
        Operation::Deleted => CellLook {
            fill: row_fill(tokens, kind),
            color: Some(if is_key { tokens.fail } else { tokens.text }),
            struck: !is_key && !cell.is_null,
            meaning: Some("deleted"),
            ..CellLook::default()
        },
        _ if differs(page, inside, column.place) => {
            let Place::Pair { old, .. } = column.place else { return CellLook::default() };
            CellLook {
                fill: Some(tokens.info_bg),
                before: Some(column.cell(page.cell(inside, old)).text),
                color: Some(tokens.text_strong),
                strong: true,
                meaning: Some("changed"),
                ..CellLook::default()
            }
        }
        _ if is_key => CellLook { color: Some(tokens.text_strong), ..CellLook::default() },
        _ => CellLook { color: Some(tokens.text_weak), ..CellLook::default() },
    }
}

fn row_fill(tokens: &Tokens, kind: Operation) -> Option<egui::Color32> {
    matches!(kind, Operation::Inserted | Operation::Deleted).then(|| kind.background(tokens))
}
