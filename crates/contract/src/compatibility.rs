//! What a new contract means for those who live with the old one.

use crate::{
    Column, ColumnType, Contract, DecimalText, Effect, Entry, EntryValue, Evolution, Grade, Scd, Source, TableName,
};
use serde::{Deserialize, Serialize};

/// One difference between two contracts of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractChange {
    /// Contract.
    pub table: TableName,
    /// Where, for example `schema.amount` or `apply.key`.
    pub place: String,
    /// `+`, `~` or `-`.
    pub kind: char,
    /// What, for example `decimal(8,2) -> decimal(10,2)`.
    pub change: String,
    /// Grade.
    pub grade: Grade,
    /// One sentence on what it does.
    #[serde(rename = "effect")]
    pub consequence: String,
    /// How much of the table it changes, at most: what is in the lake can spare a rebuild.
    #[serde(rename = "reach")]
    pub effect: Effect,
}

/// All differences, hardest first. `None` stands for "no such contract".
#[must_use]
pub fn compare_contracts(old: Option<&Contract>, new: Option<&Contract>) -> Vec<ContractChange> {
    let mut changes = match (old, new) {
        (None, None) => Vec::new(),
        (None, Some(new)) => {
            let what = format!("{} columns, key {}", new.columns.len(), new.apply.key.join(", "));
            let consequence = "The runner begins to load it";
            vec![change(new, "table", '+', what, (Grade::Info, Effect::NewBatchesOnly, consequence))]
        }
        (Some(old), None) => {
            let consequence = "The runner stops loading it; its tables stay";
            let what = "contract removed".to_owned();
            vec![change(old, "table", '-', what, (Grade::Breaking, Effect::NewBatchesOnly, consequence))]
        }
        (Some(old), Some(new)) => compare_both(old, new),
    };
    changes.sort_by(|a, b| b.grade.cmp(&a.grade).then_with(|| a.place.cmp(&b.place)));
    changes
}

/// Grade, effect and consequence of a change.
type Weight = (Grade, Effect, &'static str);

/// What the list of entries says of a change of an entry. A section as a whole decides what is loaded from now on.
fn weight(entry: &Entry) -> Weight {
    (entry.grade, entry.effect.unwrap_or(Effect::NewBatchesOnly), entry.consequence)
}

fn change(of: &Contract, place: &str, kind: char, what: String, weight: Weight) -> ContractChange {
    let (grade, effect, consequence) = weight;
    ContractChange {
        table: of.name.clone(),
        place: place.to_owned(),
        kind,
        change: what,
        grade,
        consequence: consequence.to_owned(),
        effect,
    }
}

/// Entries that both have and whose values differ, the former first.
fn differing(old: Vec<EntryValue>, new: Vec<EntryValue>) -> impl Iterator<Item = (EntryValue, EntryValue)> {
    new.into_iter().filter_map(move |after| {
        let before = old.iter().find(|before| before.entry == after.entry)?;
        (before.text != after.text).then(|| (before.clone(), after))
    })
}

fn compare_both(old: &Contract, new: &Contract) -> Vec<ContractChange> {
    let mut changes: Vec<ContractChange> = differing(old.entries(), new.entries())
        .map(|(before, after)| {
            let what = format!("{} -> {}", before.text, after.text);
            change(new, &after.entry.path(), '~', what, weight(after.entry))
        })
        .collect();
    compare_columns(old, new, &mut changes);
    compare_order(old, new, &mut changes);
    compare_checks(old, new, &mut changes);
    changes
}

/// The effect of columns that come, go or move, at most; versions of a table with history have to be rebuilt.
fn columns_effect(new: &Contract, columns_suffice: bool) -> Effect {
    if columns_suffice && new.apply.scd != Scd::Type2 { Effect::ColumnsOnly } else { Effect::Rebuild }
}

fn compare_columns(old: &Contract, new: &Contract, changes: &mut Vec<ContractChange>) {
    for column in new.columns.iter().filter(|column| !column.is_system()) {
        let place = format!("schema.{}", column.name);
        let before = old
            .column(&column.name)
            .or_else(|| old.columns.iter().find(|before| column.renamed_from.contains(&before.name)));
        match before {
            None => {
                let plain = !column.required && column.default.is_none() && column.renamed_from.is_empty();
                let effect = columns_effect(new, plain);
                let (grade, consequence) = if column.required && column.default.is_none() {
                    (Grade::Breaking, "Required and without default: older events go to quarantine")
                } else {
                    (Grade::Info, "New column; silver is rebuilt from bronze where older events have it")
                };
                changes.push(change(new, &place, '+', column.data_type.to_string(), (grade, effect, consequence)));
            }
            Some(before) => compare_column((old, before), (new, column), &place, changes),
        }
    }
    let evolution = new.source.as_ref().map_or(Evolution::None, |source| source.evolution);
    for column in old.columns.iter().filter(|column| !column.is_system()) {
        let kept = new.columns.iter().any(|c| c.name == column.name || c.renamed_from.contains(&column.name));
        if !kept {
            let place = format!("schema.{}", column.name);
            let effect = columns_effect(new, !evolution.adds() && evolution != Evolution::Rescue);
            let consequence = "Readers lose the column; bronze keeps its values";
            let weight = (Grade::Breaking, effect, consequence);
            changes.push(change(new, &place, '-', column.data_type.to_string(), weight));
        }
    }
}

/// What another scale does to a decimal of which records without schema carry the digits alone.
const OTHER_SCALE: &str =
    "Records without schema carry the digits alone: with another scale 6381.63 is read as 63.8163, silver is rebuilt";

/// Whether the contract's scale changes the values themselves: base64 holds the unscaled number, and where the
/// record has no schema nothing but the contract says how many of its digits are decimals.
fn scale_alone_gives_the_value(new: &Contract, before: &Column, after: &Column) -> bool {
    let scale = |column: &Column| match column.data_type {
        ColumnType::Decimal { scale, .. } => Some(scale),
        _ => None,
    };
    let unscaled = |source: &Source| source.format.is_json() && source.decimals == DecimalText::Base64;
    let scales = scale(before).zip(scale(after));
    new.source.as_ref().is_some_and(unscaled) && scales.is_some_and(|(before, after)| before != after)
}

fn compare_column(
    (old, before): (&Contract, &Column),
    (new, after): (&Contract, &Column),
    place: &str,
    changes: &mut Vec<ContractChange>,
) {
    let renamed = before.name != after.name;
    for (former, value) in differing(old.column_entries(before), new.column_entries(after)) {
        let entry = value.entry;
        let (what, weight) = match entry.names {
            ["name"] => {
                (format!("renamed from {}", before.name), (Grade::Breaking, Effect::Rebuild, entry.consequence))
            }
            // Said by the name already.
            ["renamed_from"] if renamed => continue,
            ["type"] => {
                let what = format!("{} -> {}", before.data_type, after.data_type);
                let wider = (Grade::Warning, Effect::Rebuild, "A wider type; every value is kept, silver is rebuilt");
                let weight = if scale_alone_gives_the_value(new, before, after) {
                    (Grade::Breaking, Effect::Rebuild, OTHER_SCALE)
                } else if after.data_type.widens(&before.data_type) {
                    wider
                } else {
                    weight(entry)
                };
                (what, weight)
            }
            ["required"] if after.required => ("nullable -> required".to_owned(), weight(entry)),
            ["required"] => {
                let consequence = "Readers may see null; silver is rebuilt from bronze";
                ("required -> nullable".to_owned(), (Grade::Warning, Effect::Rebuild, consequence))
            }
            names => {
                let name = names.first().copied().unwrap_or_default();
                (format!("{name}: {} -> {}", former.text, value.text), weight(entry))
            }
        };
        changes.push(change(new, place, '~', what, weight));
    }
}

fn compare_order(old: &Contract, new: &Contract, changes: &mut Vec<ContractChange>) {
    let order = |of: &Contract, other: &Contract| -> Vec<String> {
        let names = of.columns.iter().map(|column| &column.name);
        names.filter(|name| other.column(name).is_some()).cloned().collect()
    };
    let (before, after) = (order(old, new), order(new, old));
    if before != after {
        let consequence = "Readers see the columns in another order";
        let weight = (Grade::Info, columns_effect(new, true), consequence);
        changes.push(change(new, "schema", '~', "columns in another order".to_owned(), weight));
    }
}

fn compare_checks(old: &Contract, new: &Contract, changes: &mut Vec<ContractChange>) {
    let place = "quality";
    for rule in &new.checks {
        match old.checks.iter().find(|before| before.check == rule.check) {
            None => {
                let weight = match rule.quarantines {
                    true => {
                        let consequence = "Records that fail it leave silver, which is rebuilt from bronze";
                        (Grade::Warning, Effect::Rebuild, consequence)
                    }
                    false => (Grade::Info, Effect::ChecksOnly, "More is checked"),
                };
                changes.push(change(new, place, '+', rule.check.to_string(), weight));
            }
            Some(before) => {
                for (former, value) in differing(old.check_entries(before), new.check_entries(rule)) {
                    let what = format!("{}: {} -> {}", rule.check, former.text, value.text);
                    changes.push(change(new, place, '~', what, weight(value.entry)));
                }
            }
        }
    }
    for rule in &old.checks {
        if !new.checks.iter().any(|after| after.check == rule.check) {
            let weight = match rule.quarantines {
                true => {
                    let consequence = "Records that failed it come back to silver, which is rebuilt from bronze";
                    (Grade::Warning, Effect::Rebuild, consequence)
                }
                false => (Grade::Warning, Effect::ChecksOnly, "Less is checked"),
            };
            changes.push(change(new, place, '-', rule.check.to_string(), weight));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::compare_contracts;
    use crate::{Contract, Grade};

    fn contract(columns: &str) -> Contract {
        let text = format!("dataset: shop.orders\nschema:\n- {{name: id, type: int, primary_key: true}}\n{columns}");
        Contract::parse(&text, "orders.yaml").unwrap()
    }

    #[test]
    fn grades_are_direction_aware() {
        let old = contract("- {name: a, type: int}\n- {name: b, type: 'decimal(8,2)'}\n");
        let new = contract("- {name: a, type: bigint}\n- {name: b, type: 'decimal(6,2)'}\n- {name: c, type: string}\n");
        let changes = compare_contracts(Some(&old), Some(&new));
        let graded: Vec<(&str, Grade)> = changes.iter().map(|c| (c.place.as_str(), c.grade)).collect();
        assert_eq!(graded, [("schema.b", Grade::Breaking), ("schema.a", Grade::Warning), ("schema.c", Grade::Info)]);
    }

    #[test]
    fn another_scale_of_unscaled_decimals_breaks() {
        let with = |decimals: &str, data_type: &str| {
            let source = format!("source: {{path: in, format: debezium_json, decimals: {decimals}}}");
            contract(&format!("- {{name: a, type: '{data_type}'}}\n{source}\n"))
        };
        let grade = |decimals: &str, after: &str| {
            let changes = compare_contracts(Some(&with(decimals, "decimal(12,2)")), Some(&with(decimals, after)));
            changes[0].grade
        };
        assert_eq!(grade("base64", "decimal(14,4)"), Grade::Breaking);
        assert_eq!(grade("base64", "decimal(14,2)"), Grade::Warning);
        assert_eq!(grade("text", "decimal(14,4)"), Grade::Warning);
    }

    #[test]
    fn equal_contracts_have_no_changes() {
        let one = contract("");
        assert!(compare_contracts(Some(&one), Some(&one)).is_empty());
        assert_eq!(compare_contracts(Some(&one), None)[0].grade, Grade::Breaking);
    }
}
