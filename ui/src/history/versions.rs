//! The versions of a row: entries of a history joined with the batches of the table.

use crate::cell::{CellText, Page, masked};
use crate::state::{PAGE_ROWS, PageCache, PageState, Store};
use crate::widget::{BeforeAfter, Operation};
use sluice_api::{RowHistory, VersionView};

/// Entries that the verdict counts; of a longer history it counts none.
const COUNTED_MAX: u64 = 20_000;

/// A column of the row.
struct Column {
    at: usize,
    name: String,
    is_personal: bool,
}

/// The versions of a row, newest first.
pub(super) struct Versions<'a> {
    view: &'a RowHistory,
    batches: &'a [VersionView],
    columns: Vec<Column>,
}

/// One version of the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    /// The version of the table that it is in.
    pub(super) number: u64,
    /// When it was committed, as the host writes it, UTC.
    pub(super) time: String,
    /// Operation of the commit, in small letters; empty for the oldest version that can be read.
    pub(super) operation: String,
    /// What happened to the row.
    pub(super) kind: Operation,
    /// The batch that did it.
    pub(super) batch: Option<u64>,
}

/// How often each thing happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) found: u64,
    pub(super) inserted: u64,
    pub(super) updated: u64,
    pub(super) deleted: u64,
}

impl<'a> Versions<'a> {
    /// Of a history, with the versions of its table.
    pub(super) fn new(view: &'a RowHistory, batches: &'a [VersionView], store: &Store) -> Self {
        let columns = view.result.columns.iter().enumerate();
        let columns = columns
            .filter(|(_, column)| !is_of_sluice(&column.name))
            .map(|(at, column)| Column {
                at,
                name: column.name.clone(),
                is_personal: store.is_personal(&view.table, &column.name),
            })
            .collect();
        Self { view, batches, columns }
    }

    /// What the host answered.
    pub(super) fn view(&self) -> &'a RowHistory {
        self.view
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.view.result.rows
    }

    /// Number of columns of the row.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// Asks for all pages that the verdict needs.
    pub(super) fn ask(&self, pages: &mut PageCache) {
        if self.count() <= COUNTED_MAX {
            for row in (0..self.count()).step_by(PAGE_ROWS as usize) {
                let _ = pages.row(self.view.result.id, row);
            }
        }
    }

    /// Row of the result that a line shows; the host's order is oldest first.
    fn row(&self, line: u64) -> Option<u64> {
        self.count().checked_sub(line + 1)
    }

    /// The version on a line, 0 is the newest; `None` while its page is not here.
    pub(super) fn version(&self, pages: &mut PageCache, line: u64) -> Option<Version> {
        let row = self.row(line)?;
        let PageState::Ready(page, inside) = pages.row(self.view.result.id, row) else { return None };
        let number = self.named(page, inside, "_version").text.parse().ok()?;
        Some(Version {
            number,
            time: short_time(&self.named(page, inside, "_time").text),
            operation: self.named(page, inside, "_operation").text.to_lowercase(),
            kind: Operation::from_change(&self.named(page, inside, "_change").text).unwrap_or(Operation::Equal),
            batch: self.batches.iter().find(|each| each.version == number).and_then(|each| each.batch),
        })
    }

    /// Each column before and after the version on a line, as they may be shown; `None` while a page is not here.
    pub(super) fn cells(&self, pages: &mut PageCache, line: u64) -> Option<Vec<BeforeAfter>> {
        let kind = self.version(pages, line)?.kind;
        let new = self.values(pages, line)?;
        let old = if kind == Operation::Updated && line + 1 < self.count() {
            Some(self.values(pages, line + 1)?)
        } else {
            None
        };
        let cells = self.columns.iter().enumerate().map(|(at, column)| {
            let shown = |values: Option<&Vec<CellText>>| values.and_then(|values| values.get(at)).cloned();
            let (before, after) = match kind {
                Operation::Deleted => (shown(Some(&new)), None),
                Operation::Updated => (shown(old.as_ref()), shown(Some(&new))),
                Operation::Inserted | Operation::Equal | Operation::Superseded | Operation::Quarantined => {
                    (None, shown(Some(&new)))
                }
            };
            let changed = kind == Operation::Updated && old.is_some() && before != after;
            let text = |cell: Option<CellText>| cell.map_or_else(|| "–".to_owned(), |cell| column.shown(&cell));
            BeforeAfter { name: column.name.clone(), old: text(before), new: text(after), changed, ignored: false }
        });
        Some(cells.collect())
    }

    /// The values of the row on a line, not masked.
    fn values(&self, pages: &mut PageCache, line: u64) -> Option<Vec<CellText>> {
        let PageState::Ready(page, inside) = pages.row(self.view.result.id, self.row(line)?) else { return None };
        Some(self.columns.iter().map(|column| page.cell(inside, column.at)).collect())
    }

    /// How often each thing happened; `None` until every version is here.
    pub(super) fn counts(&self, pages: &mut PageCache) -> Option<Counts> {
        if self.count() > COUNTED_MAX {
            return None;
        }
        let mut counts = Counts::default();
        for line in 0..self.count() {
            match self.version(pages, line)?.kind {
                Operation::Inserted => counts.inserted += 1,
                Operation::Updated => counts.updated += 1,
                Operation::Deleted => counts.deleted += 1,
                Operation::Equal | Operation::Superseded | Operation::Quarantined => counts.found += 1,
            }
        }
        Some(counts)
    }

    fn named(&self, page: &Page, row: usize, name: &str) -> CellText {
        let at = self.view.result.columns.iter().position(|column| column.name == name);
        page.cell(row, at.unwrap_or(usize::MAX))
    }
}

impl Column {
    /// A value of the column as it may be shown.
    fn shown(&self, cell: &CellText) -> String {
        if self.is_personal && !cell.is_null { masked(&cell.text) } else { cell.text.clone() }
    }
}

/// Columns that Sluice writes for itself: sequences and the entries of the history. Validity (`__START_AT`) is the
/// table's own.
fn is_of_sluice(name: &str) -> bool {
    name.starts_with('_') && !name.starts_with("__")
}

/// Without the fraction of the second.
fn short_time(text: &str) -> String {
    text.split('.').next().unwrap_or_default().to_owned()
}
