//! The plan of one range, and the ledger of all.

use crate::error::EngineError;
use crate::events::KeyedChanges;
use crate::keys::KeyEncoder;
use crate::scd1::{Existing, Tombstones};
use crate::scd2::LateArrivalState;
use crate::silver_plan::{Remembered, SilverPlan, plan_silver};
use sluice_change::{ChangeBatch, RowLedger};
use sluice_contract::Contract;

/// Plans a table that has no rows and remembers nothing: what `changes`, a range of keys with all truncates, make.
///
/// # Errors
/// [`EngineError`] when the events are of another table, or the ledger does not balance.
pub fn plan_from_nothing(contract: &Contract, changes: &[ChangeBatch]) -> Result<SilverPlan, EngineError> {
    let keyed = KeyedChanges::new(&KeyEncoder::new(contract)?, changes)?;
    let existing = Existing { read: &[], unread: &[], rows: 0 };
    let (tombstones, history) = (Tombstones::default(), LateArrivalState::default());
    let remembered = Remembered { tombstones: &tombstones, history: &history };
    plan_silver(contract, existing, remembered, changes, &keyed, 0)
}

/// Adds up the ledgers of ranges.
#[derive(Clone, Debug, Default)]
pub struct RangesLedger {
    sum: RowLedger,
    /// What the truncates count by themselves, in every range the same.
    truncates: RowLedger,
    ranges: u64,
}

impl RangesLedger {
    /// For ranges that all have these truncates.
    ///
    /// # Errors
    /// As [`plan_from_nothing`].
    pub fn new(contract: &Contract, truncates: &[ChangeBatch]) -> Result<Self, EngineError> {
        let of_truncates = if truncates.is_empty() {
            RowLedger::default()
        } else {
            plan_from_nothing(contract, truncates)?.merge.ledger
        };
        Ok(Self { truncates: of_truncates, ..Self::default() })
    }

    /// Adds the ledger of a range.
    pub fn add(&mut self, range: RowLedger) {
        let more = if self.ranges == 0 { range } else { self.without_truncates(range) };
        let rows = self.sum.silver_after + more.silver_after;
        self.sum.add(&more);
        (self.sum.silver_before, self.sum.silver_after) = (0, rows);
        self.ranges += 1;
    }

    /// Truncates have no key, so they touch these counts only.
    fn without_truncates(&self, range: RowLedger) -> RowLedger {
        let counted = &self.truncates;
        RowLedger {
            rows_in: range.rows_in.saturating_sub(counted.rows_in),
            truncates: range.truncates.saturating_sub(counted.truncates),
            superseded: range.superseded.saturating_sub(counted.superseded),
            duplicate: range.duplicate.saturating_sub(counted.duplicate),
            delete_of_absent: range.delete_of_absent.saturating_sub(counted.delete_of_absent),
            ..range
        }
    }

    /// The ledger of all of them, with the records that are in quarantine.
    ///
    /// # Errors
    /// [`EngineError::Imbalance`].
    pub fn finish(self, quarantined: u64) -> Result<RowLedger, EngineError> {
        let mut ledger = self.sum;
        ledger.rows_in += quarantined;
        ledger.quarantined += quarantined;
        ledger.check()?;
        Ok(ledger)
    }
}
