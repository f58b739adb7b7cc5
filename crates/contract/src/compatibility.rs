//! What a new contract means for those who live with the old one.

use crate::{Column, Contract, TableName};
use serde::{Deserialize, Serialize};

/// How hard a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Nobody has to act.
    Info,
    /// Someone may notice.
    Warning,
    /// Someone has to act.
    Breaking,
}

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
    /// One sentence on the effect.
    pub effect: String,
}

/// All differences, hardest first. `None` stands for "no such contract".
#[must_use]
pub fn compare_contracts(old: Option<&Contract>, new: Option<&Contract>) -> Vec<ContractChange> {
    let mut changes = match (old, new) {
        (None, None) => Vec::new(),
        (None, Some(new)) => {
            let what = format!("{} columns, key {}", new.columns.len(), new.apply.key.join(", "));
            vec![change(new, "table", '+', what, Grade::Info, "The runner begins to load it")]
        }
        (Some(old), None) => {
            let effect = "The runner stops loading it; its tables stay";
            vec![change(old, "table", '-', "contract removed".to_owned(), Grade::Breaking, effect)]
        }
        (Some(old), Some(new)) => compare_both(old, new),
    };
    changes.sort_by(|a, b| b.grade.cmp(&a.grade).then_with(|| a.place.cmp(&b.place)));
    changes
}

fn change(of: &Contract, place: &str, kind: char, what: String, grade: Grade, effect: &str) -> ContractChange {
    ContractChange {
        table: of.name.clone(),
        place: place.to_owned(),
        kind,
        change: what,
        grade,
        effect: effect.to_owned(),
    }
}

fn compare_both(old: &Contract, new: &Contract) -> Vec<ContractChange> {
    let mut changes = Vec::new();
    let mut differs = |place: &str, before: String, after: String, grade: Grade, effect: &str| {
        if before != after {
            changes.push(change(new, place, '~', format!("{before} -> {after}"), grade, effect));
        }
    };
    let list = |names: &[String]| format!("[{}]", names.join(", "));
    differs("apply.key", list(&old.apply.key), list(&new.apply.key), Grade::Breaking, "Silver is rebuilt from bronze");
    differs(
        "apply.sequence",
        list(&old.sequence()),
        list(&new.sequence()),
        Grade::Breaking,
        "The order rule decides winners, so silver is rebuilt from bronze",
    );
    let seconds = |seconds: u64| format!("{seconds} s");
    let rules = |contract: &Contract| {
        let apply = &contract.apply;
        let none = || "none".to_owned();
        [
            ("apply.delete_when", apply.delete_when.as_ref().map_or_else(none, ToString::to_string)),
            ("apply.truncate_when", apply.truncate_when.as_ref().map_or_else(none, ToString::to_string)),
            ("apply.scd", apply.scd.as_str().to_owned()),
            ("apply.track_history", apply.track_history.to_string()),
            ("apply.tie_policy", apply.tie_policy.as_str().to_owned()),
            ("apply.null_updates", apply.ignore_nulls.as_ref().map_or_else(none, ToString::to_string)),
            ("apply.update_columns", apply.update_columns.clone().unwrap_or_else(none)),
            ("apply.delete_mode", apply.delete_mode.as_str().to_owned()),
            ("apply.key_change", apply.key_change.as_str().to_owned()),
            ("apply.tombstone_retention", apply.tombstone_retention.map_or_else(|| "forever".to_owned(), seconds)),
            ("apply.from_snapshot", apply.from_snapshot.as_ref().map_or_else(none, |rule| rule.files.to_string())),
        ]
    };
    for ((place, before), (_, after)) in rules(old).into_iter().zip(rules(new)) {
        let effect = match place {
            "apply.delete_when" | "apply.truncate_when" => {
                "Other events count as deletes, so silver is rebuilt from bronze"
            }
            "apply.scd" | "apply.delete_mode" => "Silver has other rows and columns and is rebuilt from bronze",
            "apply.track_history" => "Versions begin elsewhere, so silver is rebuilt from bronze",
            _ => "The same events make other values, so silver is rebuilt from bronze",
        };
        differs(place, before, after, Grade::Breaking, effect);
    }
    differs(
        "apply.quarantine_limit",
        format!("{} %", old.apply.quarantine_limit * 100.0),
        format!("{} %", new.apply.quarantine_limit * 100.0),
        Grade::Warning,
        "More or fewer rows may miss before the table stops",
    );
    differs(
        "apply.on_missing_base",
        old.apply.missing_base.as_str().to_owned(),
        new.apply.missing_base.as_str().to_owned(),
        Grade::Warning,
        "Batches wait for the events before them, or no longer do",
    );
    let source = |contract: &Contract| {
        contract.source.as_ref().map_or_else(|| "none".to_owned(), |s| format!("{} {}", s.format, s.path))
    };
    differs(
        "source",
        source(old),
        source(new),
        Grade::Warning,
        "New files are taken from there; files already ingested stay",
    );
    let backfills = |contract: &Contract| {
        list(&contract.backfills.iter().map(|backfill| backfill.name.clone()).collect::<Vec<_>>())
    };
    let effect = "A folder that was not taken under its name is taken once";
    differs("source.backfill", backfills(old), backfills(new), Grade::Info, effect);
    let evolution = |contract: &Contract| {
        let source = contract.source.as_ref();
        source.map_or_else(|| "none".to_owned(), |s| format!("{}, {}", s.evolution, s.schema_policy))
    };
    differs(
        "source.evolution",
        evolution(old),
        evolution(new),
        Grade::Warning,
        "Columns that the contract does not know and values that do not fit are treated differently",
    );
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    differs("owner", text(&old.owner), text(&new.owner), Grade::Info, "Someone else answers for the table");
    differs("sla", text(&old.sla), text(&new.sla), Grade::Info, "Lag is judged by the new limit");
    compare_columns(old, new, &mut changes);
    compare_checks(old, new, &mut changes);
    changes
}

fn compare_columns(old: &Contract, new: &Contract, changes: &mut Vec<ContractChange>) {
    for column in new.columns.iter().filter(|column| !column.is_system()) {
        let place = format!("schema.{}", column.name);
        let before = old
            .column(&column.name)
            .or_else(|| old.columns.iter().find(|before| column.renamed_from.contains(&before.name)));
        match before {
            None => {
                let (grade, effect) = if column.required && column.default.is_none() {
                    (Grade::Breaking, "Required and without default: older events go to quarantine")
                } else {
                    (Grade::Info, "New column; silver is rebuilt from bronze where older events have it")
                };
                changes.push(change(new, &place, '+', column.data_type.to_string(), grade, effect));
            }
            Some(before) => compare_column(before, column, new, &place, changes),
        }
    }
    for column in old.columns.iter().filter(|column| !column.is_system()) {
        let kept = new.columns.iter().any(|c| c.name == column.name || c.renamed_from.contains(&column.name));
        if !kept {
            let place = format!("schema.{}", column.name);
            let effect = "Readers lose the column; bronze keeps its values";
            changes.push(change(new, &place, '-', column.data_type.to_string(), Grade::Breaking, effect));
        }
    }
}

fn compare_column(before: &Column, after: &Column, new: &Contract, place: &str, changes: &mut Vec<ContractChange>) {
    let mut push = |what: String, grade: Grade, effect: &str| {
        changes.push(change(new, place, '~', what, grade, effect));
    };
    if before.name != after.name {
        push(format!("renamed from {}", before.name), Grade::Breaking, "Readers have to use the new name");
    }
    if before.data_type != after.data_type {
        let what = format!("{} -> {}", before.data_type, after.data_type);
        if after.data_type.widens(&before.data_type) {
            push(what, Grade::Warning, "A wider type; every value is kept");
        } else {
            push(what, Grade::Breaking, "Values that do not fit go to quarantine");
        }
    }
    match (before.required, after.required) {
        (false, true) => push("nullable -> required".to_owned(), Grade::Breaking, "Events with null go to quarantine"),
        (true, false) => push("required -> nullable".to_owned(), Grade::Warning, "Readers may see null"),
        _ => {}
    }
    if before.pii != after.pii {
        push(format!("pii {} -> {}", before.pii, after.pii), Grade::Warning, "Masking changes");
    }
    if before.default != after.default {
        push("default changed".to_owned(), Grade::Warning, "Older events stand for another value, silver is rebuilt");
    }
    if !before.removed && after.removed {
        push("removed at the source".to_owned(), Grade::Warning, "New events leave it null");
    }
}

fn compare_checks(old: &Contract, new: &Contract, changes: &mut Vec<ContractChange>) {
    let place = "quality";
    for rule in &new.checks {
        match old.checks.iter().find(|before| before.check == rule.check) {
            None => changes.push(change(new, place, '+', rule.check.to_string(), Grade::Info, "More is checked")),
            Some(before) if before.severity != rule.severity => {
                let what = format!("{}: {:?} -> {:?}", rule.check, before.severity, rule.severity);
                changes.push(change(new, place, '~', what, Grade::Warning, "A failing check acts differently"));
            }
            Some(_) => {}
        }
    }
    for rule in &old.checks {
        if !new.checks.iter().any(|after| after.check == rule.check) {
            changes.push(change(new, place, '-', rule.check.to_string(), Grade::Warning, "Less is checked"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Grade, compare_contracts};
    use crate::Contract;

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
    fn equal_contracts_have_no_changes() {
        let one = contract("");
        assert!(compare_contracts(Some(&one), Some(&one)).is_empty());
        assert_eq!(compare_contracts(Some(&one), None)[0].grade, Grade::Breaking);
    }
}
