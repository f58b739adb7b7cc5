//! What was decided of batches: held, skipped, released. Numbered, written once, never changed.
//!
//! The newest decision on a batch holds. Which batches silver leaves out is in its commits as well, so a lake that lost
//! this folder still knows.

use crate::LakeError;
use crate::ledger::registry::Ledger;
use serde::{Deserialize, Serialize};
use sluice_contract::{BatchAction, TableName};
use std::collections::{BTreeMap, BTreeSet};

/// A decision on a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchDecision {
    /// Number, from 1 without gaps.
    pub number: u64,
    /// The batch.
    pub batch: u64,
    /// What is done with it.
    pub action: BatchAction,
    /// Why, one sentence without a value of a row.
    pub because: String,
    /// Who decided.
    pub by: String,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// Of a batch that a guard of the contract held: the limits by which it did. By other limits it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guards: Option<String>,
}

/// All decisions on the batches of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BatchDecisions {
    all: Vec<BatchDecision>,
    newest: BTreeMap<u64, BatchDecision>,
}

impl BatchDecisions {
    /// Those of a list, in any order.
    #[must_use]
    pub fn new(mut all: Vec<BatchDecision>) -> Self {
        all.sort_by_key(|decision| decision.number);
        let newest = all.iter().map(|decision| (decision.batch, decision.clone())).collect();
        Self { all, newest }
    }

    /// The same with one more.
    pub fn add(&mut self, decision: BatchDecision) {
        self.newest.insert(decision.batch, decision.clone());
        self.all.push(decision);
    }

    /// Every decision on a batch, by number.
    pub fn of(&self, batch: u64) -> impl Iterator<Item = &BatchDecision> {
        self.all.iter().filter(move |decision| decision.batch == batch)
    }

    /// The decision on a batch that holds.
    #[must_use]
    pub fn newest(&self, batch: u64) -> Option<&BatchDecision> {
        self.newest.get(&batch)
    }

    /// Batches whose events silver is made without. `before`: those that silver is made without already, which are
    /// skipped as long as nobody decided anything about them.
    #[must_use]
    pub fn skipped(&self, before: &BTreeSet<u64>) -> BTreeSet<u64> {
        let skipped = self.newest.values().filter(|decision| decision.action == BatchAction::Skip);
        let undecided = before.iter().filter(|batch| !self.newest.contains_key(batch));
        skipped.map(|decision| decision.batch).chain(undecided.copied()).collect()
    }

    /// The decision because of which a batch waits. `guards`: the limits of the contract as it is now.
    #[must_use]
    pub fn holding(&self, batch: u64, guards: &str) -> Option<&BatchDecision> {
        let newest = self.newest(batch).filter(|decision| decision.action == BatchAction::Hold)?;
        newest.guards.as_ref().is_none_or(|limits| limits == guards).then_some(newest)
    }

    /// Whether the guards have nothing to say of a batch any more.
    #[must_use]
    pub fn is_released(&self, batch: u64) -> bool {
        self.newest(batch).is_some_and(|decision| decision.action == BatchAction::Release)
    }

    /// Number of the newest decision, 0 for none.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.all.last().map_or(0, |decision| decision.number)
    }
}

impl Ledger {
    /// All decisions on the batches of a table. A listing may lag behind, so the numbers after the last one and those
    /// between are asked for by name.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Read`], [`LakeError::Corrupt`].
    pub async fn batch_decisions(&self, table: &TableName) -> Result<BatchDecisions, LakeError> {
        Ok(BatchDecisions::new(self.read_all_numbered(&folder(table)).await?))
    }

    /// Keeps a decision under the next number that is free, and returns it with that.
    ///
    /// # Errors
    /// [`LakeError::Write`], those of [`Ledger::batch_decisions`].
    pub async fn put_batch_decision(
        &self,
        table: &TableName,
        decision: BatchDecision,
    ) -> Result<BatchDecision, LakeError> {
        let first = self.batch_decisions(table).await?.last() + 1;
        let numbered = |number| BatchDecision { number, ..decision.clone() };
        Ok(self.put_next(&folder(table), first, numbered).await?.1)
    }
}

/// Where the decisions on the batches of a table are.
pub(crate) fn folder(table: &TableName) -> String {
    format!("_sluice/batch_decisions/{}/{}", table.dataset, table.table)
}

#[cfg(test)]
mod tests {
    use super::{BatchDecision, BatchDecisions};
    use sluice_contract::BatchAction;
    use std::collections::BTreeSet;

    fn decision(number: u64, batch: u64, action: BatchAction, guards: Option<&str>) -> BatchDecision {
        let (because, by) = ("it is wrong".to_owned(), "ann".to_owned());
        BatchDecision { number, batch, action, because, by, at_ms: 5, guards: guards.map(str::to_owned) }
    }

    #[test]
    fn the_newest_decision_on_a_batch_holds() {
        let mut of = BatchDecisions::new(vec![
            decision(2, 7, BatchAction::Skip, None),
            decision(1, 7, BatchAction::Hold, None),
            decision(3, 9, BatchAction::Skip, None),
        ]);
        assert_eq!(of.skipped(&BTreeSet::new()), BTreeSet::from([7, 9]));
        assert_eq!((of.of(7).count(), of.holding(7, ""), of.last()), (2, None, 3));
        of.add(decision(4, 7, BatchAction::Release, None));
        assert!(of.is_released(7) && !of.is_released(9));
        assert_eq!(of.skipped(&BTreeSet::new()), BTreeSet::from([9]));
    }

    #[test]
    fn a_guard_holds_by_the_limits_that_it_had() {
        let of = BatchDecisions::new(vec![
            decision(1, 3, BatchAction::Hold, Some("20 %")),
            decision(2, 4, BatchAction::Hold, None),
        ]);
        assert!(of.holding(3, "20 %").is_some() && of.holding(3, "50 %").is_none());
        assert!(of.holding(4, "50 %").is_some(), "what a person holds does not depend on limits");
    }

    #[test]
    fn what_silver_leaves_out_is_skipped_until_somebody_decides() {
        let before = BTreeSet::from([2, 3]);
        let of = BatchDecisions::new(vec![decision(1, 3, BatchAction::Release, None)]);
        assert_eq!(of.skipped(&before), BTreeSet::from([2]));
    }
}
