//! Of which tables of the source the records of a stream are.

use sluice_contract::SourceTable;
use std::collections::BTreeMap;

/// Tables that are counted by name; those after them are counted together.
const TABLES_MAX: usize = 1_000;
/// The name under which they are.
const OTHERS: &str = "others";

/// What a record says of its table: database, schema and table, as far as its source has them.
pub(crate) type TableParts<'a> = [Option<&'a str>; 3];

/// Whose row a record has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TableOf {
    /// The contract's, or the contract does not ask.
    Contract,
    /// Another table's.
    Other,
    /// The contract asks and the record does not say.
    Unsaid,
}

/// Counts records by their table.
#[derive(Debug, Default)]
pub(crate) struct SourceTables {
    only: Option<SourceTable>,
    known: Vec<Known>,
    /// Records mostly come in runs of one table.
    last: usize,
}

#[derive(Debug)]
struct Known {
    parts: [Option<String>; 3],
    name: String,
    is_other: bool,
    records: u64,
}

impl SourceTables {
    /// For records of `only`, or of any table.
    pub(crate) fn new(only: Option<SourceTable>) -> Self {
        Self { only, ..Self::default() }
    }

    /// Counts a record.
    pub(crate) fn note(&mut self, parts: TableParts<'_>) -> TableOf {
        if parts.iter().all(Option::is_none) {
            return if self.only.is_some() { TableOf::Unsaid } else { TableOf::Contract };
        }
        let is = |known: &Known| known.parts.iter().zip(parts).all(|(known, part)| known.as_deref() == part);
        if !self.known.get(self.last).is_some_and(is) {
            self.last = match self.known.iter().position(is) {
                Some(position) => position,
                None => self.add(parts),
            };
        }
        match self.known.get_mut(self.last) {
            Some(known) => {
                known.records += 1;
                if known.is_other { TableOf::Other } else { TableOf::Contract }
            }
            None => TableOf::Contract,
        }
    }

    fn add(&mut self, parts: TableParts<'_>) -> usize {
        let named: Vec<&str> = parts.into_iter().flatten().collect();
        let is_other = self.only.as_ref().is_some_and(|only| !only.is(&named));
        let name = if self.known.len() < TABLES_MAX { named.join(".") } else { OTHERS.to_owned() };
        self.known.push(Known { parts: parts.map(|part| part.map(str::to_owned)), name, is_other, records: 0 });
        self.known.len() - 1
    }

    /// Records by table, of the contract's and of others.
    pub(crate) fn counts(self) -> (BTreeMap<String, u64>, BTreeMap<String, u64>) {
        let (mut own, mut others) = (BTreeMap::new(), BTreeMap::new());
        for Known { name, is_other, records, parts: _ } in self.known {
            *if is_other { &mut others } else { &mut own }.entry(name).or_default() += records;
        }
        (own, others)
    }
}

#[cfg(test)]
mod tests {
    use super::{SourceTables, TableOf};
    use sluice_contract::SourceTable;

    #[test]
    fn records_of_other_tables_are_distinguished_and_counted() {
        let mut tables = SourceTables::new(Some(SourceTable::parse("public.orders").unwrap()));
        let mut note = |schema, table| tables.note([Some("shop"), Some(schema), Some(table)]);
        assert_eq!(note("public", "orders"), TableOf::Contract);
        assert_eq!(note("public", "customers"), TableOf::Other);
        assert_eq!(note("archive", "orders"), TableOf::Other);
        assert_eq!(note("public", "orders"), TableOf::Contract);
        assert_eq!(tables.note([None; 3]), TableOf::Unsaid);
        let (own, others) = tables.counts();
        assert_eq!(own.into_iter().collect::<Vec<_>>(), [("shop.public.orders".to_owned(), 2)]);
        assert_eq!(others.len(), 2);
    }

    #[test]
    fn without_a_name_every_record_is_counted_by_its_table() {
        let mut tables = SourceTables::new(None);
        assert_eq!(tables.note([Some("shop"), None, Some("orders")]), TableOf::Contract);
        assert_eq!(tables.note([None; 3]), TableOf::Contract);
        assert_eq!(tables.counts().0.into_keys().collect::<Vec<_>>(), ["shop.orders"]);
    }
}
