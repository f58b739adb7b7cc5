//! The balance of rows.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Counts of one batch of one table. Two laws, checked before every commit:
///
/// `rows_in = applied + superseded + filtered + quarantined`, where
/// `applied = inserted + updated + deleted + delete_of_absent + unchanged + truncates
/// - truncated_rows - split_rows - filtered_rows`,
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
    /// Newest events of their key whose row `apply.keep` leaves out.
    #[serde(default)]
    pub filtered: u64,
    /// Rows that left silver by such an event; part of `deleted` (with history of `updated`, where a version is closed).
    #[serde(default)]
    pub filtered_rows: u64,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl fmt::Display for LedgerImbalance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows_in, accounted, expected, silver_after } = self;
        write!(
            f,
            "LEDGER_IMBALANCE: {rows_in} rows in, {accounted} accounted for; {expected} rows of silver expected, \
             {silver_after} found"
        )
    }
}

impl std::error::Error for LedgerImbalance {}

impl RowLedger {
    /// Events that took effect or were found to have none.
    #[must_use]
    pub fn applied(&self) -> u64 {
        // Ledgers are read from logs, too: one that is damaged does not balance and does no more harm.
        let took_effect =
            [self.inserted, self.updated, self.deleted, self.delete_of_absent, self.unchanged, self.truncates];
        let without_event = self.truncated_rows.saturating_add(self.split_rows).saturating_add(self.filtered_rows);
        took_effect.into_iter().fold(0, u64::saturating_add).saturating_sub(without_event)
    }

    /// Records that are accounted for: the right side of the first law.
    #[must_use]
    pub fn accounted(&self) -> u64 {
        [self.superseded, self.filtered, self.quarantined].into_iter().fold(self.applied(), u64::saturating_add)
    }

    /// Checks both laws.
    ///
    /// # Errors
    /// [`LedgerImbalance`] with both sides.
    pub fn check(&self) -> Result<(), LedgerImbalance> {
        let accounted = self.accounted();
        let expected = self.silver_before.saturating_add(self.inserted).saturating_sub(self.deleted);
        if self.rows_in == accounted && expected == self.silver_after && self.duplicate <= self.superseded {
            Ok(())
        } else {
            Err(LedgerImbalance { rows_in: self.rows_in, accounted, expected, silver_after: self.silver_after })
        }
    }

    /// Whether both laws hold.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.check().is_ok()
    }

    /// Adds another batch of the same table, later in time.
    pub fn add(&mut self, later: &Self) {
        // All fields by name: a new one has to say how it adds up.
        let Self {
            rows_in,
            inserted,
            updated,
            deleted,
            delete_of_absent,
            unchanged,
            superseded,
            duplicate,
            tombstone_blocked,
            filtered,
            filtered_rows,
            quarantined,
            ties,
            absent_filled,
            unresolved_columns,
            truncates,
            truncated_rows,
            split_rows,
            late_applied_to_history,
            reinserted,
            stale_ignored,
            silver_before,
            silver_after,
        } = later;
        if *self == Self::default() {
            // The first one. A batch without a record may still have done something: an empty snapshot deletes rows.
            self.silver_before = *silver_before;
        }
        self.rows_in += rows_in;
        self.inserted += inserted;
        self.updated += updated;
        self.deleted += deleted;
        self.delete_of_absent += delete_of_absent;
        self.unchanged += unchanged;
        self.superseded += superseded;
        self.duplicate += duplicate;
        self.tombstone_blocked += tombstone_blocked;
        self.filtered += filtered;
        self.filtered_rows += filtered_rows;
        self.quarantined += quarantined;
        self.ties += ties;
        self.absent_filled += absent_filled;
        self.unresolved_columns += unresolved_columns;
        self.truncates += truncates;
        self.truncated_rows += truncated_rows;
        self.split_rows += split_rows;
        self.late_applied_to_history += late_applied_to_history;
        self.reinserted += reinserted;
        self.stale_ignored += stale_ignored;
        self.silver_after = *silver_after;
    }
}

#[cfg(test)]
mod tests {
    use super::RowLedger;

    #[test]
    fn two_batches_that_balance_are_one_that_does() {
        let first = RowLedger { rows_in: 3, inserted: 2, superseded: 1, silver_after: 2, ..RowLedger::default() };
        let second = RowLedger {
            rows_in: 2,
            deleted: 1,
            quarantined: 1,
            silver_before: 2,
            silver_after: 1,
            ..RowLedger::default()
        };
        let mut sum = RowLedger::default();
        sum.add(&first);
        sum.add(&second);
        assert_eq!((sum.rows_in, sum.applied(), sum.silver_before, sum.silver_after), (5, 3, 0, 1));
        assert!(first.balances() && second.balances() && sum.balances());
    }

    #[test]
    fn a_batch_without_a_record_that_empties_the_table_counts() {
        let emptied = RowLedger { deleted: 3, split_rows: 3, silver_before: 3, ..RowLedger::default() };
        let filled = RowLedger { rows_in: 1, inserted: 1, silver_after: 1, ..RowLedger::default() };
        let mut sum = RowLedger::default();
        sum.add(&emptied);
        sum.add(&filled);
        assert_eq!((sum.silver_before, sum.silver_after), (3, 1));
        assert!(emptied.balances() && filled.balances() && sum.balances());
    }

    #[test]
    fn a_row_that_nobody_accounts_for_is_found() {
        let lost = RowLedger { rows_in: 2, inserted: 1, silver_after: 1, ..RowLedger::default() };
        assert!(lost.check().unwrap_err().to_string().starts_with("LEDGER_IMBALANCE: 2 rows in, 1 accounted for"));
    }
}
