//! Which columns hold personal data.
//!
//! Silver has it by the contract (`pii: true`), bronze and the quarantine where they keep whole records of such a table,
//! gold and the results of SQL by what they are made of. A table without a valid contract has it everywhere: nobody
//! knows where not.

use crate::contract_set::ContractSet;
use sluice_api::{Layer, TableRef};
use sluice_contract::Contract;
use sluice_query::{PersonalColumns, QueryEngine};
use std::collections::BTreeSet;

/// Columns that keep records as they were delivered.
pub(crate) const RECORDS: [&str; 2] = ["record", "raw"];

/// The columns that a contract calls personal.
pub(crate) fn personal_columns(contract: &Contract) -> BTreeSet<String> {
    contract.columns.iter().filter(|column| column.pii).map(|column| column.name.clone()).collect()
}

/// What decides.
pub(crate) struct Personal<'a> {
    /// Contracts and models, those that count first; of a gold table every text of its model counts.
    pub(crate) sets: &'a [ContractSet],
    /// Reads SQL.
    pub(crate) engine: &'a QueryEngine,
}

impl Personal<'_> {
    /// The personal columns of a table.
    pub(crate) fn of_table(&self, table: &TableRef) -> PersonalColumns {
        self.table(table, &mut BTreeSet::new())
    }

    /// The personal columns of the result of a statement; `more` are personal in the tables that it reads.
    pub(crate) fn in_sql(&self, sql: &str, more: &PersonalColumns) -> PersonalColumns {
        self.sql(sql, more.clone(), &mut BTreeSet::new())
    }

    fn sql(&self, sql: &str, more: PersonalColumns, above: &mut BTreeSet<TableRef>) -> PersonalColumns {
        let mut read = more;
        for table in self.engine.tables_in(sql) {
            read.extend(self.table(&table, above));
        }
        self.engine.personal_outputs(sql, &read)
    }

    /// `above` are the models that lead here; a model that reads itself adds nothing.
    fn table(&self, table: &TableRef, above: &mut BTreeSet<TableRef>) -> PersonalColumns {
        if table.layer == Layer::Gold {
            return self.gold(table, above);
        }
        let Some(contract) = self.sets.iter().find_map(|set| set.silver(&table.name)) else {
            return PersonalColumns::all();
        };
        let personal = personal_columns(contract);
        match table.layer {
            Layer::Silver => PersonalColumns::named(personal.iter().map(String::as_str)),
            Layer::Bronze | Layer::Gold if personal.is_empty() => PersonalColumns::default(),
            Layer::Bronze | Layer::Gold => PersonalColumns::named(RECORDS),
        }
    }

    fn gold(&self, table: &TableRef, above: &mut BTreeSet<TableRef>) -> PersonalColumns {
        let models = self.sets.iter().flat_map(|set| &set.models).filter(|model| model.name == table.name);
        let texts: BTreeSet<&str> = models.map(|model| model.sql.as_str()).collect();
        if texts.is_empty() {
            return PersonalColumns::all();
        }
        let mut personal = PersonalColumns::default();
        if above.insert(table.clone()) {
            for sql in texts {
                personal.extend(self.sql(sql, PersonalColumns::default(), above));
            }
            above.remove(table);
        }
        personal
    }
}
