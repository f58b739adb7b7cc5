//! In which order models are refreshed, and which of them read each other in a circle.

use crate::contract_set::Model;
use sluice_contract::TableName;
use std::collections::{BTreeMap, BTreeSet};

/// A model in its turn.
pub(super) struct Step<'a> {
    pub(super) model: &'a Model,
    /// Models that it reads.
    pub(super) reads: BTreeSet<TableName>,
    /// All models of the circle that it is in; empty for none.
    pub(super) circle: BTreeSet<TableName>,
}

/// Every model once, those that it reads before it. `reads` names the gold tables that a model reads. Models of a
/// circle have no order among them.
pub(super) fn in_order<'a>(models: &'a [Model], reads: impl Fn(&Model) -> Vec<TableName>) -> Vec<Step<'a>> {
    let names: BTreeSet<&TableName> = models.iter().map(|model| &model.name).collect();
    let mut waiting: BTreeMap<&TableName, Step<'a>> = models
        .iter()
        .map(|model| {
            let reads = reads(model).into_iter().filter(|name| names.contains(name)).collect();
            (&model.name, Step { model, reads, circle: BTreeSet::new() })
        })
        .collect();
    let circles: Vec<(&TableName, BTreeSet<TableName>)> =
        waiting.keys().map(|name| (*name, circle_of(name, &waiting))).collect();
    for (name, circle) in circles {
        if let Some(step) = waiting.get_mut(name) {
            step.circle = circle;
        }
    }
    let mut ordered: Vec<Step<'a>> = Vec::new();
    let mut done: BTreeSet<TableName> = BTreeSet::new();
    while !waiting.is_empty() {
        let ready: Vec<&TableName> = waiting
            .iter()
            .filter(|(_, step)| step.reads.iter().all(|read| done.contains(read) || step.circle.contains(read)))
            .map(|(name, _)| *name)
            .collect();
        // Without the reads inside of circles what is left has an order, so something is always ready.
        if ready.is_empty() {
            ordered.extend(std::mem::take(&mut waiting).into_values());
        }
        for name in ready {
            done.insert(name.clone());
            ordered.extend(waiting.remove(name));
        }
    }
    ordered
}

/// The models that `name` reads, directly or through others, and that read it too; empty if none do.
fn circle_of(name: &TableName, steps: &BTreeMap<&TableName, Step<'_>>) -> BTreeSet<TableName> {
    let below = |of: &TableName| {
        let mut found: BTreeSet<TableName> = BTreeSet::new();
        let mut open: Vec<&TableName> = vec![of];
        while let Some(next) = open.pop() {
            for read in steps.get(next).into_iter().flat_map(|step| &step.reads) {
                if found.insert(read.clone()) {
                    open.push(read);
                }
            }
        }
        found
    };
    let reached = below(name);
    if !reached.contains(name) {
        return BTreeSet::new();
    }
    reached.into_iter().filter(|other| below(other).contains(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::in_order;
    use crate::contract_set::Model;
    use sluice_contract::TableName;

    /// Models `a < b c`: `a` reads `b` and `c`.
    fn ordered(texts: &[&str]) -> Vec<String> {
        let name = |text: &str| TableName::new("shop", text).unwrap();
        let models: Vec<Model> = texts
            .iter()
            .map(|text| {
                let (model, reads) = text.split_once('<').unwrap_or((text, ""));
                Model { name: name(model.trim()), sql: reads.trim().to_owned() }
            })
            .collect();
        let steps = in_order(&models, |model| model.sql.split_whitespace().map(name).collect());
        let circle = |names: &std::collections::BTreeSet<TableName>| {
            names.iter().map(|name| name.table.clone()).collect::<Vec<_>>().join(" ")
        };
        steps.iter().map(|step| format!("{}({})", step.model.name.table, circle(&step.circle))).collect()
    }

    #[test]
    fn what_is_read_comes_first_and_a_circle_keeps_nothing_else() {
        assert_eq!(ordered(&["a < b", "b < c", "c", "d < nothing"]), ["c()", "d()", "b()", "a()"]);
        assert_eq!(ordered(&["a < b", "b < a", "c < b", "d"]), ["a(a b)", "b(a b)", "d()", "c()"]);
        assert_eq!(ordered(&["a < a", "b < a"]), ["a(a)", "b()"]);
        assert_eq!(ordered(&["e < d", "d < c e", "c"]), ["c()", "e(d e)", "d(d e)"]);
    }
}
