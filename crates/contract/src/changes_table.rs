//! The table of every change beside a replica.

use crate::{Contract, DeleteMode, Evolution, Guards, MissingBase, RESCUED, Scd, TableName};

impl Contract {
    /// What the table of changes of a table is called.
    #[must_use]
    pub fn changes_name(name: &TableName) -> TableName {
        TableName { dataset: name.dataset.clone(), table: format!("{}{CHANGES}", name.table) }
    }

    /// The contract of the table of every change (`apply.changes_table`), from the effective contract of the table: the
    /// same records, read in the same way, each a row. `None` if the contract asks for none.
    ///
    /// ```
    /// use sluice_contract::{Contract, Scd};
    ///
    /// let text = "dataset: shop.orders\nsource: {path: in, format: debezium_json}\napply: {changes_table: true}\n\
    ///             schema:\n- {name: id, type: int, primary_key: true}\n";
    /// let changes = Contract::parse(text, "orders.yaml").unwrap().changes_contract().unwrap();
    /// assert_eq!((changes.name.to_string().as_str(), changes.apply.scd), ("shop.orders_changes", Scd::Append));
    /// ```
    #[must_use]
    pub fn changes_contract(&self) -> Option<Self> {
        if !self.apply.changes_table {
            return None;
        }
        let mut changes = self.clone();
        changes.name = Self::changes_name(&self.name);
        changes.description = Some(format!("Every change of {}, in the order of its source", self.name));
        changes.checks = Vec::new();
        changes.columns.retain(|column| !column.is_system() || column.name == RESCUED);
        // Which columns there are is decided for the table.
        for source in changes.source.iter_mut().chain(&mut changes.sources) {
            source.evolution = Evolution::None;
            source.review_seconds = None;
        }
        changes.inferred = Default::default();
        let apply = &mut changes.apply;
        apply.changes_table = false;
        apply.scd = Scd::Append;
        apply.delete_mode = DeleteMode::default();
        apply.missing_base = MissingBase::InsertPartial;
        apply.tombstone_retention = None;
        // The batch was judged where the table took it.
        apply.quarantine_limit = 1.0;
        changes.guards = Guards::off();
        Some(changes)
    }

    /// The contract of the table of changes as others see it, which nothing is loaded by.
    #[must_use]
    pub fn changes_view(&self) -> Option<Self> {
        self.changes_contract().map(|changes| Self {
            source: None,
            sources: Vec::new(),
            backfills: Vec::new(),
            ..changes
        })
    }
}

const CHANGES: &str = "_changes";
