//! Names of columns in a contract, from their names in the files.

use crate::formats::DOCUMENT;
use sluice_contract::{folded_name, is_column_name, plain_column_name};
use std::collections::{BTreeMap, BTreeSet};

/// Names of silver's columns by names in the files.
pub(crate) struct ColumnNames(BTreeMap<String, String>);

impl ColumnNames {
    /// A name as it is, but without `_` in front, which is kept for Sluice's own columns, unless another column has
    /// that name; and with `_` for letters that a Delta table cannot have in a name, numbered where it is taken.
    pub(crate) fn of<'n>(in_files: impl Iterator<Item = &'n str> + Clone) -> Self {
        let mut taken: BTreeSet<String> = in_files.clone().map(folded_name).collect();
        let mut names = BTreeMap::new();
        for name in in_files.clone().filter(|name| name.starts_with('_')) {
            let bare = name.trim_start_matches('_');
            // A path is called by its last name where nothing else is.
            let last = bare.rsplit('.').next().filter(|_| name.starts_with(DOCUMENT));
            let plain = plain_column_name(bare);
            let short =
                last.map(str::to_owned).filter(|last| is_column_name(last) && !taken.contains(&folded_name(last)));
            let plain = short.unwrap_or(plain);
            if !bare.is_empty() && taken.insert(folded_name(&plain)) {
                names.insert(name.to_owned(), plain);
            }
        }
        for name in in_files.filter(|name| !name.starts_with('_') && !is_column_name(name)) {
            let plain = plain_column_name(name);
            let numbered = (2_u64..).map(|number| format!("{plain}_{number}"));
            let mut free = std::iter::once(plain.clone()).chain(numbered);
            if let Some(free) = free.find(|name| taken.insert(folded_name(name))) {
                names.insert(name.to_owned(), free);
            }
        }
        Self(names)
    }

    /// The name in the contract.
    pub(crate) fn name_of(&self, in_files: &str) -> String {
        self.0.get(in_files).map_or(in_files, String::as_str).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::ColumnNames;

    #[test]
    fn names_that_are_free_lose_their_underscores() {
        let names = ColumnNames::of(["_id", "_Name", "name", "__", "_a", "__a", "b"].into_iter());
        let named = ["_id", "_Name", "name", "__", "_a", "__a", "b"].map(|name| names.name_of(name));
        assert_eq!(named, ["id", "_Name", "name", "__", "a", "__a", "b"]);
    }

    #[test]
    fn names_that_delta_cannot_have_get_one_of_their_own() {
        let names = ColumnNames::of(["order date", "order_date", "qty(kg)", "a.b", "100%", "a;b", "a,b"].into_iter());
        let named =
            ["order date", "order_date", "qty(kg)", "a.b", "100%", "a;b", "a,b"].map(|name| names.name_of(name));
        assert_eq!(named, ["order_date_2", "order_date", "qty_kg", "a.b", "100%", "a_b", "a_b_2"]);
    }
}
