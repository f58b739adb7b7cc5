//! The law of conservation of rows.

use serde::{Deserialize, Serialize};

/// Counts of one batch of one table. Two laws, checked before every commit:
///
/// `rows_in = applied + superseded + quarantined`, where
/// `applied = inserted + updated + deleted + delete_of_absent + unchanged + truncates
/// - truncated_rows - split_rows`,
/// and `silver_after = silver_before + inserted - deleted`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowLedger {
    /// Records read.
    pub rows_in: u64,
    /// Keys new in silver.
    pub inserted: u64,
    /// Keys whose row changed.
    pub updated: u64,
    /// Keys removed from silver (by a truncate too).
    pub deleted: u64,
    /// Deletes and truncates that removed no row.
    pub delete_of_absent: u64,
    /// Winning events that changed nothing.
    pub unchanged: u64,
    /// Events that lost to another event of the same key.
    pub superseded: u64,
    /// Of the superseded, duplicates of an event.
    pub duplicate: u64,
    /// Of the superseded, late events stopped by a tombstone or a truncate.
    pub tombstone_blocked: u64,
    /// Records in quarantine.
    pub quarantined: u64,
    /// Events whose order was decided by the tie-breaker.
    pub ties: u64,
    /// Columns of partial events filled from an older event.
    pub absent_filled: u64,
    /// Columns of partial events that no event has filled yet; they are null.
    #[serde(rename = "absent_unfilled")]
    pub unresolved_columns: u64,
    /// Truncate events that took effect.
    pub truncates: u64,
    /// Rows that a truncate removed; part of `deleted`, but each is not an event of its own.
    pub truncated_rows: u64,
    /// Rows that changed, came or went without an event of their own: versions of a table with history
    /// that a late event or a truncate split or joined, rows in which a truncate took away what had
    /// filled a hole. Part of `inserted`, `updated` and `deleted`.
    #[serde(default)]
    pub split_rows: u64,
    /// Events of a table with history that are older than another of their key that was known.
    #[serde(default)]
    pub late_applied_to_history: u64,
    /// Keys that have a row again after a delete.
    #[serde(default, rename = "revived")]
    pub reinserted: u64,
    /// Of the superseded, events that are older than what their key has.
    #[serde(default)]
    pub stale_ignored: u64,
    /// Rows of silver before.
    pub silver_before: u64,
    /// Rows of silver after.
    pub silver_after: u64,
}

/// A ledger that does not balance: a bug in Sluice, the commit is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "LEDGER_IMBALANCE: {rows_in} rows in, {accounted} accounted for; {expected} rows of silver expected, {silver_after} found"
)]
pub struct LedgerImbalance {
    /// Records read.
    pub rows_in: u64,
    /// Sum of the right side of the first law.
    pub accounted: u64,
    /// Rows of silver by the second law.
    pub expected: u64,
    /// Rows of silver found.
    pub silver_after: u64,
}

impl RowLedger {
    /// Events that took effect or were found to have none.
    #[must_use]
    pub fn applied(&self) -> u64 {
        (self.inserted + self.updated + self.deleted + self.delete_of_absent + self.unchanged + self.truncates)
            .saturating_sub(self.truncated_rows + self.split_rows)
    }

    /// Checks both laws.
    ///
    /// # Errors
    /// [`LedgerImbalance`] with both sides.
    pub fn check(&self) -> Result<(), LedgerImbalance> {
        let accounted = self.applied() + self.superseded + self.quarantined;
        let expected = (self.silver_before + self.inserted).saturating_sub(self.deleted);
        if self.rows_in == accounted && expected == self.silver_after && self.duplicate <= self.superseded {
            Ok(())
        } else {
            Err(LedgerImbalance { rows_in: self.rows_in, accounted, expected, silver_after: self.silver_after })
        }
    }
}
