//! Display columns of a diff: keys, then one column for each pair of old and new.

use crate::cell::{CellText, Page, masked};
use crate::widget::Operation;
use sluice_api::{DiffView, ResultColumn};

/// Where the values of a display column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The kind of change.
    Change,
    /// A key column of the result.
    Key(usize),
    /// Columns before and after.
    Pair {
        /// Before.
        old: usize,
        /// After.
        new: usize,
    },
}

/// One display column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) numeric: bool,
    /// Updated rows in which it differs.
    pub(super) changed: u64,
    /// Added or dropped between the versions.
    pub(super) schema: Option<Operation>,
    /// Its values are personal data.
    pub(super) personal: bool,
}

impl Shown {
    /// A value of the column as it may be shown.
    pub(super) fn cell(&self, cell: CellText) -> CellText {
        if self.personal && !cell.is_null { CellText::value(masked(&cell.text)) } else { cell }
    }
}

/// All display columns: change, keys, then the others with the most changed first.
pub(super) fn all(view: &DiffView, personal: &dyn Fn(&str) -> bool) -> Vec<Shown> {
    let changed =
        |name: &str| view.columns.iter().find(|column| column.name == name).map_or(0, |column| column.changed);
    let schema = |name: &str| {
        let change = view.schema.iter().find(|change| change.column == name)?;
        Some(match (&change.before, &change.after) {
            (None, _) => Operation::Inserted,
            (_, None) => Operation::Deleted,
            _ => Operation::Updated,
        })
    };
    let shown = |name: &str, place, column: &ResultColumn| Shown {
        name: name.to_owned(),
        place,
        numeric: column.numeric,
        changed: changed(name),
        schema: schema(name),
        personal: place != Place::Change && personal(name),
    };
    let columns = &view.result.columns;
    let mut keys = Vec::new();
    let mut pairs = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        let after = columns.get(at + 1);
        match (at, column.name.strip_prefix("old."), after.and_then(|after| after.name.strip_prefix("new."))) {
            (0, ..) => keys.push(shown("", Place::Change, column)),
            (_, Some(name), Some(new)) if name == new => {
                pairs.push(shown(name, Place::Pair { old: at, new: at + 1 }, column));
            }
            _ => {
                let before = at.checked_sub(1).and_then(|before| columns.get(before));
                let is_second = column
                    .name
                    .strip_prefix("new.")
                    .is_some_and(|name| before.is_some_and(|before| before.name.strip_prefix("old.") == Some(name)));
                if !is_second {
                    keys.push(shown(&column.name, Place::Key(at), column));
                }
            }
        }
    }
    pairs.sort_by_key(|column| std::cmp::Reverse(column.changed));
    keys.extend(pairs);
    keys
}

/// Those to draw: not ignored, and with `changed_only` those that any row changed.
pub(super) fn visible(
    view: &DiffView,
    changed_only: bool,
    ignored: &[String],
    personal: &dyn Fn(&str) -> bool,
) -> Vec<Shown> {
    let changed_only = changed_only && view.updated > 0;
    all(view, personal)
        .into_iter()
        .filter(|column| match column.place {
            Place::Pair { .. } => {
                let differs = column.changed > 0 || column.schema.is_some();
                !ignored.contains(&column.name) && (differs || !changed_only)
            }
            Place::Change | Place::Key(_) => true,
        })
        .collect()
}

/// What happened to a row.
pub(super) fn operation(page: &Page, row: usize) -> Operation {
    Operation::from_change(&page.cell(row, 0).text).unwrap_or(Operation::Equal)
}

/// Whether the cell differs in a row.
pub(super) fn differs(page: &Page, row: usize, place: Place) -> bool {
    match place {
        Place::Pair { old, new } => page.cell(row, old) != page.cell(row, new),
        Place::Change | Place::Key(_) => false,
    }
}

/// Columns at which `]` and `[` stop in a row: changed cells, or the row's first cell if it came or went whole.
pub(super) fn stops(page: &Page, row: usize, columns: &[Shown]) -> Vec<usize> {
    match operation(page, row) {
        Operation::Updated => (0..columns.len())
            .filter(|at| columns.get(*at).is_some_and(|column| differs(page, row, column.place)))
            .collect(),
        _ => vec![1.min(columns.len().saturating_sub(1))],
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, all, visible};
    use crate::link::sample;
    use sluice_api::{Reply, Request};

    #[test]
    fn pairs_become_one_column_most_changed_first() {
        let table: sluice_api::TableRef = "silver.shop.orders".parse().unwrap();
        let Reply::Diff(view) = sample::reply(&Request::Diff { job: None, table, from: 41, to: 42 }) else {
            panic!("no diff")
        };
        let names: Vec<String> = all(&view, &|_| false).into_iter().take(4).map(|column| column.name).collect();
        assert_eq!(names, ["", "order_id", "status", "tracking_no"]);
        assert_eq!(all(&view, &|_| false).len(), 14);
        let shown = visible(&view, true, &["tracking_no".to_owned()], &|name| name == "status");
        assert!(shown.iter().all(|column| column.personal == (column.name == "status")));
        assert!(shown.iter().all(|column| column.name != "tracking_no" && column.name != "customer_id"));
        assert!(matches!(shown[2].place, Place::Pair { old, new } if new == old + 1));
    }
}
