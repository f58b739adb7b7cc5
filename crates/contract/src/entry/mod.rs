//! The entries of a contract, each declared once: its names, what it is, what holds where it is not written, the
//! text of its value, and what its change does to the table.
//!
//! The comparison of two contracts, the hash that decides whether silver is rebuilt, and the tables of
//! `docs/contract.md` all follow from these lists. The lists take the structs apart without `..`, so a field without
//! an entry does not compile.

mod apply;
mod column;
mod declaration;
mod effect;
mod grade;
mod guards;
mod quality;
mod source;
mod table;
pub(crate) mod text;

#[cfg(test)]
mod tests;

pub use declaration::{Entry, EntryValue};
pub use effect::Effect;
pub use grade::Grade;

use crate::{Backfill, Column, Contract};

impl Entry {
    /// Every entry that a contract can have, by section as in the file.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        let lists: [&'static [Self]; 8] = [
            source::SOURCE,
            table::TABLE,
            source::BACKFILL,
            apply::APPLY,
            apply::FROM_SNAPSHOT,
            guards::GUARDS,
            column::COLUMN,
            quality::CHECK,
        ];
        lists.into_iter().flatten()
    }
}

impl Contract {
    /// The entries of the contract but those of its columns and checks. Those of a section that is not written,
    /// such as `source`, are left out.
    #[must_use]
    pub fn entries(&self) -> Vec<EntryValue> {
        let mut values = table::texts(self, self);
        values.extend(self.source.iter().flat_map(|source| source::texts(source, self)));
        values.extend(apply::texts(&self.apply, self));
        values.extend(self.apply.from_snapshot.iter().flat_map(|rule| apply::from_snapshot_texts(rule, self)));
        values.extend(guards::texts(&self.guards, self));
        values
    }

    /// The entries of one of its sources.
    #[must_use]
    pub fn source_entries(&self, source: &crate::Source) -> Vec<EntryValue> {
        source::texts(source, self)
    }

    /// The entries of one of its columns.
    #[must_use]
    pub fn column_entries(&self, column: &Column) -> Vec<EntryValue> {
        column::texts(column, self)
    }

    /// The entries of one of its checks.
    pub(crate) fn check_entries(&self, check: &crate::CheckRule) -> Vec<EntryValue> {
        quality::texts(check, self)
    }

    /// The entries of one of its backfills.
    fn backfill_entries(&self, backfill: &Backfill) -> Vec<EntryValue> {
        source::backfill_texts(backfill, self)
    }
}
