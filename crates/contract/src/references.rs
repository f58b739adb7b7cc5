//! Whether what the foreign keys of all contracts point to exists.

use crate::{CheckRule, ColumnType, Contract, Parent, ParentLayer, Problem, TableName};
use std::collections::{BTreeMap, BTreeSet};

/// Problems of foreign keys that no contract has by itself: the table or a column that is pointed to does
/// not exist, or has values of another kind. `contracts` are all contracts of a lake with the names of
/// their files, `models` its gold models, whose columns only their SQL knows.
#[must_use]
pub fn reference_problems<'a>(
    contracts: impl IntoIterator<Item = (&'a str, &'a Contract)>,
    models: &BTreeSet<TableName>,
) -> Vec<Problem> {
    let contracts: Vec<(&str, &Contract)> = contracts.into_iter().collect();
    let by_name: BTreeMap<&TableName, &Contract> = contracts.iter().map(|(_, of)| (&of.name, *of)).collect();
    let mut problems = Vec::new();
    for (file, child) in &contracts {
        for rule in &child.checks {
            let Some(parent) = rule.check.parent() else { continue };
            let name = parent.name(&child.name);
            let found = match parent.layer {
                ParentLayer::Gold if models.contains(&name) => Ok(()),
                ParentLayer::Gold => Err(no_model(&name, models)),
                ParentLayer::Silver => match by_name.get(&name) {
                    Some(of) => fits(child, rule, parent, of),
                    None => Err(no_contract(&name, by_name.keys())),
                },
            };
            if let Err((message, fix)) = found {
                let message = format!("`{}`: {message}", rule.check);
                problems.push(Problem { file: (*file).to_owned(), line: rule.line, column: 1, message, fix });
            }
        }
    }
    problems
}

/// What is wrong, and the fix.
type Mistake = (String, String);

fn no_model(name: &TableName, models: &BTreeSet<TableName>) -> Mistake {
    let fix = format!("Correct the name, or add models/{}/{}.sql", name.dataset, name.table);
    (format!("gold.{name} has no model{}", available(models.iter())), fix)
}

fn no_contract<'a>(name: &TableName, known: impl Iterator<Item = &'a &'a TableName>) -> Mistake {
    let message = format!("{name} has no valid contract in this lake{}", available(known));
    (message, format!("Correct the name, or onboard {name}"))
}

fn available(known: impl Iterator<Item = impl std::fmt::Display>) -> String {
    let known: Vec<String> = known.map(|name| name.to_string()).collect();
    if known.is_empty() { String::new() } else { format!(" (available: {})", known.join(", ")) }
}

/// Whether the parent has the columns, with values that can equal those of the child.
fn fits(child: &Contract, rule: &CheckRule, parent: &Parent, of: &Contract) -> Result<(), Mistake> {
    for (own, name) in rule.check.columns().into_iter().zip(&parent.columns) {
        let Some(column) = of.column(name) else {
            let names = of.columns.iter().filter(|column| !column.is_system()).map(|column| &column.name);
            let message = format!("{} has no column `{name}`{}", of.name, available(names));
            return Err((message, format!("Correct the name, or add the column to the contract of {}", of.name)));
        };
        // A column that the child lacks is a problem of its own contract.
        let Some(own) = child.column(own) else { continue };
        if !comparable(&own.data_type, &column.data_type) {
            let message = format!(
                "`{}` has type {} and `{name}` of {} has type {}; their values are never equal",
                own.name, own.data_type, of.name, column.data_type
            );
            return Err((message, "Give both columns the same type".to_owned()));
        }
    }
    Ok(())
}

/// Whether values of two types can equal each other.
fn comparable(one: &ColumnType, other: &ColumnType) -> bool {
    use ColumnType as T;
    // A `numeric` is stored as text.
    let number = |ty: &T| ty.is_numeric() && *ty != T::Numeric;
    let text = |ty: &T| matches!(ty, T::String | T::Uuid | T::Numeric | T::Json | T::Time);
    let moment = |ty: &T| matches!(ty, T::Date | T::Timestamp | T::TimestampNtz);
    let both = |kind: &dyn Fn(&T) -> bool| kind(one) && kind(other);
    one == other || both(&number) || both(&text) || both(&moment)
}

#[cfg(test)]
mod tests {
    use super::reference_problems;
    use crate::Contract;
    use std::collections::BTreeSet;

    fn contract(text: &str) -> Contract {
        Contract::parse(text, "test.yaml").unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    #[test]
    fn what_a_foreign_key_points_to_has_to_exist() {
        let customers = contract("dataset: shop.customers\nschema:\n- {name: id, type: int, primary_key: true}\n");
        let orders = |check: &str| {
            contract(&format!(
                "dataset: shop.orders\nquality:\n- check: \"foreign_key({check})\"\nschema:\n\
                 - {{name: id, type: bigint, primary_key: true}}\n- {{name: c, type: string}}\n- {{name: p, type: bigint}}\n"
            ))
        };
        let models = BTreeSet::from(["shop.days".parse().unwrap()]);
        let problems = |check: &str| -> Vec<(u32, String)> {
            let orders = orders(check);
            let all = [("orders.yaml", &orders), ("customers.yaml", &customers)];
            let found = reference_problems(all, &models).into_iter();
            found.map(|problem| (problem.line, format!("{} | {}", problem.message, problem.fix))).collect()
        };
        for fine in ["p, customers.id", "p, shop.customers.id", "p, orders.id", "c, gold.shop.days.day"] {
            assert_eq!(problems(fine), [], "{fine}");
        }
        for (wrong, says) in [
            ("p, customers.key", "shop.customers has no column `key` (available: id) | Correct the name"),
            (
                "p, crm.customers.id",
                "crm.customers has no valid contract in this lake (available: shop.customers, shop.orders)",
            ),
            (
                "p, gold.shop.hours.hour",
                "gold.shop.hours has no model (available: shop.days) | Correct the name, or add",
            ),
            ("c, customers.id", "`c` has type string and `id` of shop.customers has type int"),
        ] {
            let found = problems(wrong);
            assert_eq!(found.len(), 1, "{wrong}: {found:?}");
            assert!(found[0].1.contains(says), "{wrong}: {found:?}");
            assert_eq!(found[0].0, 3, "the line of the check");
        }
    }
}
