//! Whether rows of one key lie in several folders, and whether they are one row then.

use super::{NewRow, Profile};
use std::collections::{BTreeMap, BTreeSet};

/// Keys in folders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeySpread {
    /// Folders in the sample.
    pub(crate) folders: usize,
    /// Keys in the sample.
    pub(crate) keys: u64,
    /// Keys of the folder, but the largest one, that has the fewest.
    pub(crate) fewest: u64,
    /// Keys that are in more than one folder.
    pub(crate) shared: u64,
    /// Values of these keys that were compared between two folders, in columns that tell rows apart, and those that were
    /// equal.
    pub(crate) compared: u64,
    pub(crate) equal: u64,
}

impl Profile {
    /// The number of the folders that a row's file lies in.
    pub(super) fn folder_group(&self, row: &NewRow) -> Option<u64> {
        self.folder_groups.get(usize::try_from(row.file).ok()?).copied()
    }

    /// How the rows of a key lie in folders; `order`: columns that change whenever a row does.
    pub(crate) fn key_spread(&self, key: &[String], order: &[String]) -> KeySpread {
        let positions: Vec<usize> = key.iter().filter_map(|name| self.positions.get(name).copied()).collect();
        let mut folders: BTreeMap<u64, u64> = BTreeMap::new();
        let mut rows_of: BTreeMap<Vec<u64>, BTreeMap<u64, &NewRow>> = BTreeMap::new();
        for row in self.new_rows.iter().filter(|row| !row.is_gone) {
            let Some(group) = self.folder_group(row) else { continue };
            let of_key: Option<Vec<u64>> = positions.iter().map(|position| row.values.get(position).copied()).collect();
            let Some(of_key) = of_key else { continue };
            if rows_of.entry(of_key).or_default().insert(group, row).is_none() {
                *folders.entry(group).or_default() += 1;
            }
        }
        let telling: Vec<usize> = (0..self.columns.len())
            .filter(|position| !positions.contains(position) && self.tells_rows_apart(*position, order))
            .collect();
        let mut spread = KeySpread {
            folders: folders.len(),
            keys: rows_of.len() as u64,
            fewest: folders.values().copied().min().unwrap_or(0),
            ..KeySpread::default()
        };
        for rows in rows_of.values().filter(|rows| rows.len() > 1) {
            spread.shared += 1;
            let mut rows = rows.values();
            let (Some(first), Some(second)) = (rows.next(), rows.next()) else { continue };
            for position in &telling {
                if let (Some(a), Some(b)) = (first.values.get(position), second.values.get(position)) {
                    spread.compared += 1;
                    spread.equal += u64::from(a == b);
                }
            }
        }
        spread
    }

    /// Whether a column has another value in most rows, so that equal values say that two rows are one.
    fn tells_rows_apart(&self, position: usize, order: &[String]) -> bool {
        self.columns.get(position).is_some_and(|column| {
            let keys: BTreeSet<&str> = order.iter().map(String::as_str).collect();
            let distinct = column.shape.distinct() as u64;
            !keys.contains(column.name.as_str()) && distinct > 1 && distinct * 2 >= column.shape.values()
        })
    }
}
