//! What was decided of single records of batches: dropped, edited, as delivered again. Numbered, written once, never
//! changed; bronze keeps every record as it was delivered.
//!
//! The newest decision on a record holds. A decision has the record as bronze has it, so that its event is known wherever it
//! is delivered once more.

use crate::LakeError;
use crate::ledger::corrections::RecordPlace;
use crate::ledger::registry::Ledger;
use crate::store::objects::PutNew;
use serde::{Deserialize, Serialize};
use sluice_contract::{RecordAction, TableName};
use std::collections::BTreeMap;

/// A record that something is decided of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DecidedRecord {
    /// Where bronze has it.
    pub place: RecordPlace,
    /// Its text there.
    pub record: String,
    /// The text that counts in its place; `None` if nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A decision on records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordDecision {
    /// Number, from 1 without gaps.
    pub number: u64,
    /// What is done.
    pub action: RecordAction,
    /// With which records.
    pub records: Vec<DecidedRecord>,
    /// Why, one sentence without a value of a row.
    pub because: String,
    /// Who decided.
    pub by: String,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

/// All decisions on the records of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordDecisions {
    all: Vec<RecordDecision>,
}

impl RecordDecisions {
    /// Those of a list, in any order.
    #[must_use]
    pub fn new(mut all: Vec<RecordDecision>) -> Self {
        all.sort_by_key(|decision| decision.number);
        Self { all }
    }

    /// Every decision, by number.
    #[must_use]
    pub fn all(&self) -> &[RecordDecision] {
        &self.all
    }

    /// Those up to a number.
    #[must_use]
    pub fn up_to(&self, number: u64) -> Self {
        Self { all: self.all.iter().filter(|decision| decision.number <= number).cloned().collect() }
    }

    /// Those after a number.
    #[must_use]
    pub fn after(&self, number: u64) -> Self {
        Self { all: self.all.iter().filter(|decision| decision.number > number).cloned().collect() }
    }

    /// The same with more.
    #[must_use]
    pub fn with(&self, more: &[RecordDecision]) -> Self {
        Self::new(self.all.iter().chain(more).cloned().collect())
    }

    /// Number of the newest decision, 0 for none.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.all.last().map_or(0, |decision| decision.number)
    }

    /// The records that do not count as they were delivered, each with the decision that holds.
    #[must_use]
    pub fn in_force(&self) -> BTreeMap<&RecordPlace, (&DecidedRecord, &RecordDecision)> {
        let mut found = BTreeMap::new();
        for decision in &self.all {
            for record in &decision.records {
                match decision.action {
                    RecordAction::Drop | RecordAction::Edit => found.insert(&record.place, (record, decision)),
                    RecordAction::Undo => found.remove(&record.place),
                };
            }
        }
        found
    }

    /// Whether silver is the same by both.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        let texts = |of: &Self| -> BTreeMap<RecordPlace, Option<String>> {
            of.in_force().into_iter().map(|(place, (record, _))| (place.clone(), record.text.clone())).collect()
        };
        self.all == other.all || texts(self) == texts(other)
    }

    /// A hash of what silver is made with, hex; `None` if every record counts as it was delivered.
    #[must_use]
    pub fn fingerprint(&self) -> Option<String> {
        let in_force = self.in_force();
        if in_force.is_empty() {
            return None;
        }
        let mut hasher = blake3::Hasher::new();
        for (place, (record, _)) in in_force {
            let RecordPlace { batch, file, row, .. } = place;
            hasher.update(format!("{batch}\0{file}\0{row}\0{:?}\n", record.text).as_bytes());
        }
        Some(hasher.finalize().to_hex().to_string())
    }
}

impl Ledger {
    /// All decisions on the records of a table. A listing may lag behind, so the numbers after the last one and those
    /// between are asked for by name.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Read`], [`LakeError::Corrupt`].
    pub async fn record_decisions(&self, table: &TableName) -> Result<RecordDecisions, LakeError> {
        Ok(RecordDecisions::new(self.read_all_numbered(&folder(table)).await?))
    }

    /// Keeps a decision under the next number that is free, and returns it with that.
    ///
    /// # Errors
    /// [`LakeError::Write`], those of [`Ledger::record_decisions`].
    pub async fn put_record_decision(
        &self,
        table: &TableName,
        decision: RecordDecision,
    ) -> Result<RecordDecision, LakeError> {
        let first = self.record_decisions(table).await?.last() + 1;
        let numbered = |number| RecordDecision { number, ..decision.clone() };
        Ok(self.put_next(&folder(table), first, numbered).await?.1)
    }

    /// Keeps a decision under the number that it has; [`PutNew::Exists`] if there is one with that number.
    ///
    /// # Errors
    /// [`LakeError::Write`].
    pub async fn put_record_decision_as(
        &self,
        table: &TableName,
        decision: &RecordDecision,
    ) -> Result<PutNew, LakeError> {
        self.put_numbered(&folder(table), decision.number, decision).await
    }
}

/// Where the decisions on the records of a table are.
pub(crate) fn folder(table: &TableName) -> String {
    format!("_sluice/record_decisions/{}/{}", table.dataset, table.table)
}

#[cfg(test)]
mod tests {
    use super::{DecidedRecord, RecordDecision, RecordDecisions};
    use crate::RecordPlace;
    use sluice_contract::RecordAction;

    fn decision(number: u64, action: RecordAction, row: u64, text: Option<&str>) -> RecordDecision {
        let place = RecordPlace { batch: 2, file: "landing/a.json".to_owned(), row, offset: 0 };
        let record = DecidedRecord { place, record: "{}".to_owned(), text: text.map(str::to_owned) };
        let (because, by) = ("it is wrong".to_owned(), "ann".to_owned());
        RecordDecision { number, action, records: vec![record], because, by, at_ms: 5 }
    }

    #[test]
    fn the_newest_decision_on_a_record_holds() {
        let of = RecordDecisions::new(vec![
            decision(2, RecordAction::Edit, 1, Some("x")),
            decision(1, RecordAction::Drop, 1, None),
            decision(3, RecordAction::Drop, 4, None),
        ]);
        let texts: Vec<Option<&str>> = of.in_force().values().map(|(of, _)| of.text.as_deref()).collect();
        assert_eq!((texts, of.last()), (vec![Some("x"), None], 3));
        assert!(of.fingerprint().is_some() && of.fingerprint() != of.up_to(2).fingerprint());
        assert_eq!(of.after(2).all().len(), 1);
    }

    #[test]
    fn what_is_taken_back_leaves_nothing() {
        let mut all = vec![decision(1, RecordAction::Drop, 1, None)];
        let dropped = RecordDecisions::new(all.clone());
        all.push(decision(2, RecordAction::Undo, 1, None));
        let of = RecordDecisions::new(all);
        assert!(of.in_force().is_empty() && of.fingerprint().is_none());
        assert!(of.says_the_same(&RecordDecisions::default()) && !of.says_the_same(&dropped));
    }
}
