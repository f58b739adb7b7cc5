//! What the plan says: names of its releases, how many changes of a grade, and what is to be published of it.

use crate::widget::number;
use sluice_api::{Grade, Layer, PublishPlan, PublishScope, TableDecisions, TableEffect, TableName};
use std::collections::BTreeSet;

/// `r15`.
pub(crate) fn release(number: u64) -> String {
    format!("r{number}")
}

/// The release that the draft is compared with, in words.
pub(super) fn base(plan: &PublishPlan) -> String {
    plan.document.base.map_or_else(|| "nothing".to_owned(), release)
}

/// Whether the draft is the current release, or empty.
pub(super) fn nothing_to_publish(plan: &PublishPlan) -> bool {
    plan.is_published() || (plan.document.base.is_none() && plan.contracts == 0)
}

/// How many changes are of this grade.
pub(super) fn count(plan: &PublishPlan, grade: Grade) -> u64 {
    plan.document.changes.iter().filter(|change| change.grade == grade).count() as u64
}

/// The decisions on single records that it brings into production, a line for each, and what they change.
pub(super) fn decided(plan: &PublishPlan) -> Vec<String> {
    let mut lines = Vec::new();
    for TableDecisions { table, decisions, .. } in &plan.document.records {
        for of in decisions {
            let records = number::plural(of.records, "record");
            lines.push(format!("{table}: {records} {} by {}: {}", of.action.done(), of.by, of.because));
        }
        let of_table = |effect: &&TableEffect| effect.layer == Layer::Silver && effect.table == *table;
        lines.extend(plan.document.tables.iter().find(of_table).map(|effect| match effect.recomputed_keys {
            Some(keys) => format!("{table}: {} recomputed, all other rows stay", number::plural(keys, "key")),
            None => format!("{table}: silver is rebuilt from bronze"),
        }));
        if let Some((_, [inserted, updated, deleted])) = plan.changed_rows.iter().find(|(name, _)| name == table) {
            let [inserted, updated, deleted] = [inserted, updated, deleted].map(|rows| number::count(*rows));
            lines.push(format!(
                "{table}: {inserted} rows inserted, {updated} updated, {deleted} deleted in the sandbox"
            ));
        }
    }
    for (table, records) in &plan.stay_decided {
        lines
            .push(format!("{table}: {} stay dropped or edited, Undo in a sandbox", number::plural(*records, "record")));
    }
    lines
}

/// The beginning of a hash, as it is shown and typed.
pub(crate) fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// What a release is made of, if some of the changed tables are left out; `None` if all of them are.
pub(super) fn scope(whole: &PublishPlan, left_out: &BTreeSet<TableName>) -> Option<PublishScope> {
    let changed: BTreeSet<&TableName> = whole.document.changes.iter().map(|change| &change.table).collect();
    if changed.iter().all(|table| !left_out.contains(*table)) {
        return Some(PublishScope::Draft);
    }
    let chosen: Vec<TableName> = changed.into_iter().filter(|table| !left_out.contains(*table)).cloned().collect();
    (!chosen.is_empty()).then_some(PublishScope::Tables(chosen))
}

#[cfg(test)]
mod tests {
    use super::scope;
    use crate::link::sample;
    use sluice_api::{PublishScope, Reply, Request};

    #[test]
    fn what_is_left_out_is_not_published() {
        let request = Request::PublishPlan { scope: PublishScope::Draft, plan: None };
        let Reply::PublishPlan(plan) = sample::reply(&request) else { panic!("no plan") };
        let name = |table: &str| table.parse().unwrap();
        assert_eq!(scope(&plan, &[].into()), Some(PublishScope::Draft));
        assert_eq!(scope(&plan, &[name("shop.unchanged")].into()), Some(PublishScope::Draft));
        let two = vec![name("shop.orders"), name("shop.refunds")];
        assert_eq!(scope(&plan, &[name("shop.payments")].into()), Some(PublishScope::Tables(two)));
        let all = [name("shop.orders"), name("shop.payments"), name("shop.refunds")].into();
        assert_eq!(scope(&plan, &all), None);
    }
}
