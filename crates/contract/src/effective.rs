//! The contract together with the inferred schema.

use crate::{Column, ColumnType, Contract, InferredSchema, RESCUED, folded_name, is_column_name, limits};
use std::collections::BTreeMap;

impl Contract {
    /// The contract by which silver is made: the declared columns, wider where the events need it and
    /// the mode allows it, then those that the events brought, by name, then [`RESCUED`] if the mode
    /// has it. Depends on the contract and the set of events only.
    #[must_use]
    pub fn with_inferred(&self, inferred: &InferredSchema) -> Self {
        let mut effective = self.clone();
        let Some(source) = &self.source else { return effective };
        effective.inferred = inferred.clone();
        let evolution = source.evolution;
        if evolution.adds() {
            let added = self.addable(inferred.added.iter().map(String::as_str));
            let room = limits::COLUMNS_MAX.saturating_sub(self.columns.len());
            effective.columns.extend(added.into_iter().take(room).map(|name| {
                let data_type = source.hints.get(name).cloned().unwrap_or(ColumnType::String);
                discovered(name, data_type)
            }));
        }
        if evolution.widens() {
            for column in &mut effective.columns {
                if let Some(wider) = inferred.widened.get(&column.name)
                    && wider.widens(&column.data_type)
                {
                    column.data_type = wider.clone();
                }
            }
        }
        if evolution == crate::Evolution::Rescue {
            effective.columns.push(discovered(RESCUED, ColumnType::Json));
        }
        effective
    }

    /// The contract for events before a position: columns that begin later ([`Column::since`]) are not filled from
    /// records, so that the name means what it meant then.
    #[must_use]
    pub fn before(&self, position: &str) -> Self {
        let mut before = self.clone();
        for column in &mut before.columns {
            column.unread = column.since.as_deref().is_some_and(|since| position <= since);
        }
        before
    }

    /// Positions at which columns begin, ascending; see [`Column::since`].
    #[must_use]
    pub fn column_starts(&self) -> Vec<&str> {
        let mut starts: Vec<&str> = self.columns.iter().filter_map(|column| column.since.as_deref()).collect();
        starts.sort_unstable();
        starts.dedup();
        starts
    }

    /// Whether the table has as many columns as it can have, so that a record with another one is no row of it.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.columns.len() >= limits::COLUMNS_MAX
    }

    /// Which of these names can become columns, sorted: names that the contract does not have, case
    /// and the form of accents left out; of names that differ in those only the first in byte order.
    #[must_use]
    pub fn addable<'n>(&self, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
        let known = |name: &str| {
            let folded = folded_name(name);
            let is = |other: &str| folded_name(other) == folded;
            self.columns.iter().any(|column| {
                is(&column.name)
                    || column.renamed_from.iter().any(|former| is(former))
                    || column.from.as_ref().is_some_and(|value| is(value.root()))
            }) || self.source.as_ref().is_some_and(|source| source.ignores(name))
        };
        let mut by_folded: BTreeMap<String, &'n str> = BTreeMap::new();
        for name in names.filter(|name| is_column_name(name) && !known(name)) {
            let first = by_folded.entry(folded_name(name)).or_insert(name);
            *first = (*first).min(name);
        }
        let mut names: Vec<&str> = by_folded.into_values().collect();
        names.sort_unstable();
        names
    }
}

fn discovered(name: &str, data_type: ColumnType) -> Column {
    Column { discovered: true, ..Column::named(name, data_type) }
}

#[cfg(test)]
mod tests {
    use crate::{Contract, InferredSchema};

    fn contract(mode: &str) -> Contract {
        let text = format!(
            "dataset: shop.orders\nsource: {{path: in, format: debezium_json, evolution: {mode}, hints: {{Qty: int}}}}\n\
             schema:\n- {{name: id, type: int, primary_key: true}}\n- {{name: total, type: 'decimal(8,2)'}}\n"
        );
        Contract::parse(&text, "orders.yaml").unwrap()
    }

    fn columns(mode: &str) -> Vec<String> {
        let mut inferred = InferredSchema::default();
        inferred.added.extend(["note", "Qty", "ID", "_own", "qty", "a b"].map(str::to_owned));
        inferred.widened.insert("total".to_owned(), "decimal(12,4)".parse().unwrap());
        inferred.widened.insert("id".to_owned(), "bigint".parse().unwrap());
        let effective = contract(mode).with_inferred(&inferred);
        effective.columns.iter().map(|column| format!("{} {}", column.name, column.data_type)).collect()
    }

    #[test]
    fn every_mode_has_its_columns() {
        assert_eq!(columns("none"), ["id int", "total decimal(8,2)"]);
        assert_eq!(columns("rescue"), ["id int", "total decimal(8,2)", "_rescued json"]);
        assert_eq!(columns("add_new_columns"), ["id int", "total decimal(8,2)", "Qty int", "note string"]);
        let wider = ["id bigint", "total decimal(12,4)", "Qty int", "note string"];
        assert_eq!(columns("add_new_columns_with_type_widening"), wider);
    }

    #[test]
    fn an_inferred_schema_is_a_join() {
        let of = |text: &str| {
            let mut inferred = InferredSchema::default();
            inferred.widened.insert("a".to_owned(), text.parse().unwrap());
            inferred
        };
        let joined = |first: &str, second: &str| {
            let mut inferred = of(first);
            inferred.join(&of(second));
            inferred.widened["a"].to_string()
        };
        assert_eq!(joined("decimal(12,2)", "decimal(10,4)"), "decimal(14,4)");
        assert_eq!(joined("decimal(10,4)", "decimal(12,2)"), "decimal(14,4)");
        assert_eq!(joined("bigint", "int"), "bigint");
    }

    #[test]
    fn a_hint_of_a_declared_column_is_a_problem() {
        let text = "dataset: a.b\nsource: {path: in, format: dms_csv, evolution: add, hints: {ID: int, x: money}}\n\
                    schema:\n- {name: id, type: int, primary_key: true}\n";
        let problems = Contract::parse(text, "b.yaml").unwrap_err();
        assert_eq!(problems.len(), 3, "{problems:?}");
    }
}
